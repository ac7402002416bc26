"""Files that a run of the pipeline would replace or delete, and that nobody else has a copy of."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

PARTIAL = "*.partial"  # what a killed stage left half-written


def find(known: Collection[str] = ()) -> list[str]:
    """Return the files at outputs' paths that neither dvc.lock, DVC's cache nor Git has.

    The current folder must hold the `dvc.yaml`. `known` are MD5 sums of contents that may be
    replaced. A project that DVC cannot read has none: DVC itself says why it cannot. Paths are
    relative and sorted.
    """
    files = sorted({*_uncommitted(), *_in_git()})
    if not files:
        return []
    changed = set(_output("git", "diff", "--name-only", "--relative", "-z", "HEAD").split("\0"))
    committed = set(_output("git", "ls-files", "-z").split("\0")) - changed
    sums = {name: _md5(Path(name)) for name in files if name not in committed}
    own = {name: md5 for name, md5 in sums.items() if md5 not in known}
    cache = _cache() if own else None
    uncached = [
        name
        for name, md5 in own.items()
        if not (cache and (cache / "files/md5" / md5[:2] / md5[2:]).exists())
    ]
    return [*_not_in_git(uncached)]  # last: it asks Git twice about each file


def _uncommitted() -> Iterator[str]:
    """Yield what lies in cached outputs and is not in dvc.lock."""
    try:
        status = json.loads(_dvc("data", "status", "--granular", "--json"))
    except ValueError:  # DVC could not read the project
        return
    changes = status.get("uncommitted", {})
    names = [*changes.get("added", ()), *changes.get("modified", ()), *changes.get("unknown", ())]
    for name in names:
        yield from _files(Path(name))


def owner(path: Path) -> str | None:
    """Return the output of `dvc.yaml` that a path is, or lies in, as it stands there.

    A run removes what else is there. The current folder must hold the `dvc.yaml`; without one there
    is no output.
    """
    where = path.resolve()
    for out, _ in _outs():
        fixed, template, _ = out.partition("${")
        # Of a template's outputs it is the folder: stages read all that lies beside them, too.
        own = Path(f"{fixed}_").parent if template else Path(out)
        if own != Path() and where.is_relative_to(own.resolve()):
            return out
    return None


def _in_git() -> Iterator[str]:
    """Yield the files in outputs that DVC does not cache: `dvc data status` leaves them out."""
    for path, options in _outs():
        if options.get("cache") is False:
            yield from _files(Path(path))


def _outs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each output of each stage, as `dvc.yaml` has it, with its options."""
    for stage in _stages():
        for kind in ("outs", "metrics", "plots"):
            for out in stage.get(kind) or ():
                for path, options in out.items() if isinstance(out, dict) else [(out, None)]:
                    yield str(path), options if isinstance(options, dict) else {}


def _not_in_git(names: Collection[str]) -> Iterator[str]:
    """Yield the files whose content Git has in no commit or index; a half-merged one is no loss."""
    for name in names:
        path = Path(name)
        if path.is_symlink() or not path.is_file():
            yield name
            continue
        blob = _output("git", "hash-object", "--", name).strip()
        if blob and _succeeds("git", "cat-file", "-e", blob):
            continue
        with path.open("rb") as file:
            if not any(line.startswith(b"<<<<<<< ") for line in file):
                yield name


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _stages() -> Iterator[dict[str, Any]]:
    try:
        content = YAML(typ="safe", pure=True).load(Path("dvc.yaml").read_text(encoding="utf-8"))
        found = content["stages"].values()
    except (OSError, ValueError, YAMLError, KeyError, TypeError, AttributeError):
        return
    for stage in found:
        inner = stage.get("do", stage) if isinstance(stage, dict) else None
        if isinstance(inner, dict):
            yield inner


def _files(path: Path) -> Iterator[str]:
    """Yield a file, or the files below a folder, without what a killed stage left."""
    if path.match(PARTIAL):
        return
    if path.is_dir() and not path.is_symlink():
        for inner in sorted(path.iterdir()):
            yield from _files(inner)
    elif path.is_file() or path.is_symlink():
        yield path.as_posix()


def _md5(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    except OSError:  # a link to nowhere
        return ""


def _cache() -> Path | None:
    name = _dvc("cache", "dir").strip()
    return Path(name) if name else None


def _dvc(*arguments: str) -> str:
    return _output(sys.executable, "-m", "dvc", *arguments)


def _output(*command: str) -> str:
    """Return what a command prints; nothing if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    return done.stdout if done.returncode == 0 else ""
