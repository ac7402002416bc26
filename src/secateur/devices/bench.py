"""Time the files of a kit on this device; `secateur bench-kit` packs it with its siblings.

    python bench.py NAME      # writes NAME.json into the current folder

It needs ai-edge-litert, which brings numpy; or else a `benchmark_model`, TensorFlow Lite's program.
Python 3.9 runs it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib import util
from pathlib import Path
from typing import Any

try:
    from secateur.devices import loading, timing
    from secateur.devices.turns import Turns
except Exception as error:  # a sibling is missing or damaged, which may raise anything
    if __name__ != "__main__":
        raise
    where = traceback.extract_tb(error.__traceback__)[-1].filename
    where = f"{error.name}.py" if isinstance(error, ImportError) else where
    where = Path(getattr(error, "filename", None) or where).name
    sys.exit(f"error: {where}: missing or damaged ({error}); unpack the zip again")

MANIFEST = "manifest.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
ROUNDS, ROUNDS_OF_PROGRAM = 60, 5  # a program loads its file in each round
SECONDS = 0.3  # of a file, with half as much before
# Of a file of measured time; no other is replaced.
KEYS = {
    "processor", "system", "runtime", "threads", "rounds", "calls_at_once", "baseline", "files",
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the kit in this script's folder; return the exit status."""
    parser = argparse.ArgumentParser(description="Time the files of this kit on this device.")
    parser.add_argument("name", help="of the device, such as pi4: letters, digits, - and _")
    parser.add_argument("--rounds", type=int, help="turns of each file, 3 to 1000")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each file [%(default)s]")
    parser.add_argument("--benchmark-model", metavar="FILE", help="in place of ai-edge-litert")
    given = parser.parse_args(arguments)
    program = _program(parser, given.benchmark_model)
    rounds = (ROUNDS_OF_PROGRAM if program else ROUNDS) if given.rounds is None else given.rounds
    if not NAME.fullmatch(given.name):
        parser.error(f"{given.name!r}: must be letters, digits, - and _, at most 40")
    if f"{given.name.lower()}.json" == MANIFEST:
        parser.error(f"{given.name!r}: {MANIFEST} is the kit's own file; choose another name")
    if not (3 <= rounds <= 1000 and 0 < given.seconds <= 600):
        parser.error("--rounds must be from 3 to 1000, --seconds above 0 and at most 600")
    how = Turns(rounds, given.seconds, given.seconds / 2)
    try:
        _measure(Path(f"{given.name}.json"), how, program)
    except KeyboardInterrupt:
        print("\ninterrupted: nothing is written", file=sys.stderr)
        return 130
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _program(parser: argparse.ArgumentParser, given: str | None) -> str | None:
    """Return the path of the `benchmark_model` to time with; None for ai-edge-litert."""
    if given is None:
        if util.find_spec("ai_edge_litert"):
            return None
        found = shutil.which("benchmark_model")
        return found or parser.error(
            "needs `pip install ai-edge-litert`, or --benchmark-model FILE"
        )
    found = shutil.which(str(Path(given).resolve()))  # that very file, and not one on PATH
    if not found:
        parser.error(f"--benchmark-model {given!r}: must be a program, made so with `chmod +x`")
    return found


def _measure(target: Path, how: Turns, program: str | None) -> None:
    """Time the kit's files and write the result; all that can fail before is tried before."""
    files, baselines, baseline = _packed(Path(__file__).resolve().parent)
    path = Path(os.path.realpath(target)) if target.is_symlink() else target  # a link stays
    again = _may_write(path, target)
    why = None if program else loading.unusable()
    if why:
        raise ValueError(
            f"ai-edge-litert cannot be imported: {why}; install it anew, or give "
            "--benchmark-model FILE"
        )
    _say(f"{len(files)} files, each with XNNPACK and without, with {timing.runtime(program)}")
    found = timing.measure(files, baselines, baseline, how, program, _say)
    for line in _failed(found["files"]):
        _say(line)
    text = json.dumps(found, indent=2, sort_keys=True, allow_nan=False)
    _write(path, text + "\n")
    _say(f"{target}: {'replaced' if again else 'written'}; copy it into metrics/devices/")


def _packed(folder: Path) -> tuple[dict[str, Path], dict[str, str], str]:
    """Return the kit's files and their baselines by key, and its baseline.

    Raises:
        ValueError: a file of the kit is missing or damaged.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        listed = manifest["files"]
        files = {key: folder / own["file"] for key, own in listed.items()}
        hashes = {own["file"]: own["sha256"] for own in listed.values()}
        hashes.update(manifest["modules"])
        baselines = {key: str(own["baseline"]) for key, own in listed.items()}
        listed[manifest["baseline"]]  # its key must be one of theirs
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        why = f"{type(error).__name__}: {str(error)[:150]}"
        raise ValueError(f"{MANIFEST}: damaged ({why}); unpack the zip again") from None
    for name, sha256 in hashes.items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
            raise ValueError(f"{name}: not the file that was packed; unpack the zip again")
    return files, baselines, manifest["baseline"]


def _may_write(path: Path, named: Path) -> bool:
    """Return whether there is an earlier result; raises ValueError or OSError if none can be."""
    if path.is_dir():
        raise ValueError(f"{named}: is a folder; choose another name, or move it away")
    again = path.exists()
    if again and not _is_measured(path):
        raise ValueError(
            f"{named}: holds something else than measured time, and it stays; choose another name"
        )
    partial = _partial(path)
    if partial.is_dir():
        raise ValueError(f"{partial}: is a folder, where the result is first written; move it away")
    try:
        partial.write_text("", encoding="utf-8")
    except OSError as error:
        raise ValueError(
            f"{path.parent}: cannot be written to ({error.strerror}); run this in another folder"
        ) from None
    partial.unlink()
    return again


def _is_measured(path: Path) -> bool:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.keys() >= KEYS


def _failed(files: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each reason that files could not run; raises ValueError if none could."""
    reasons: dict[tuple[str, str], int] = {}
    for own in files.values():
        for kernels in timing.KERNELS:
            if "why" in own[kernels]:
                reason = kernels, own[kernels]["why"]
                reasons[reason] = reasons.get(reason, 0) + 1
    if sum(reasons.values()) == len(files) * len(timing.KERNELS):
        (_, first), *_ = reasons
        raise ValueError(f"no file could be timed, and nothing is written: {first}")
    for (kernels, why), count in sorted(reasons.items()):
        how = "with" if kernels == "xnnpack" else "without"
        yield f"{count} of {len(files)} files could not run {how} XNNPACK: {why}"


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")


def _write(path: Path, text: str) -> None:
    """Write a file that is whole or not there."""
    partial = _partial(path)
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        if partial.exists():
            partial.unlink()


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
