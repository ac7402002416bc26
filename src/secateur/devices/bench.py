"""Time the files of a kit on this device; `secateur bench-kit` packs it with its siblings.

    python bench.py NAME      # writes NAME.json into the current folder

It needs ai-edge-litert, which brings numpy; or else a `benchmark_model`, TensorFlow Lite's program.
Python 3.9 runs it.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
from collections.abc import Sequence
from importlib import util
from pathlib import Path

from secateur.devices import timing
from secateur.devices.turns import Turns

MANIFEST = "manifest.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
ROUNDS, ROUNDS_OF_PROGRAM = 60, 5  # a program loads its file in each round
SECONDS = 0.3  # of a file, with half as much before


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the kit in this script's folder; return the exit status."""
    parser = argparse.ArgumentParser(description="Time the files of this kit on this device.")
    parser.add_argument("name", help="of the device, such as pi4: letters, digits, - and _")
    parser.add_argument("--rounds", type=int, help="turns of each file")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each file [%(default)s]")
    parser.add_argument("--benchmark-model", metavar="FILE", help="in place of ai-edge-litert")
    given = parser.parse_args(arguments)
    program = given.benchmark_model
    if not program and not util.find_spec("ai_edge_litert"):
        program = shutil.which("benchmark_model")
        if not program:
            parser.error("needs `pip install ai-edge-litert`, or --benchmark-model FILE")
    rounds = given.rounds or (ROUNDS_OF_PROGRAM if program else ROUNDS)
    if not NAME.fullmatch(given.name):
        parser.error(f"{given.name!r}: must be letters, digits, - and _, at most 40")
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


def _measure(target: Path, how: Turns, program: str | None) -> None:
    folder = Path(__file__).resolve().parent
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    files = {key: folder / own["file"] for key, own in manifest["files"].items()}
    for key, own in manifest["files"].items():
        if timing.describe(files[key])["sha256"] != own["sha256"]:
            raise ValueError(f"{own['file']}: not the file that was packed; unpack the zip anew")
    baselines = {key: own["baseline"] for key, own in manifest["files"].items()}
    _say(f"{len(files)} files, with {timing.runtime(program)}")
    found = timing.measure(files, baselines, manifest["baseline"], how, program, _say)
    again = target.exists()
    partial = target.with_name(f".{target.name}.partial")
    text = json.dumps(found, indent=2, sort_keys=True, allow_nan=False)
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(target)
    _say(f"{target}: {'replaced' if again else 'written'}; copy it into metrics/devices/")


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
