"""Finished seeds: what a stage has trained is kept until it, or a later run, has use for it.

A seed's result lies under the hash of everything that it follows from. So a stage that was killed,
or that gets a seed more, trains only what is missing. A seed that is not finished may have a
checkpoint there. The folder may be deleted at any time; a reproduction in a clone (`secateur
verify`) starts without it.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from secateur.core import files, under_way

FOLDER = Path(".dvc/tmp/seeds")
PACKAGES = ("tensorflow", "tf-keras", "tensorflow-model-optimization", "numpy", "h5py")
LARGEST = 1 << 31  # bytes in all; the oldest go
YOUNG = 24 * 3600  # seconds; younger ones stay all the same
BLOCK = 1 << 20


class Kept(NamedTuple):
    """A finished seed: its network's file, and a row for each epoch."""

    model: Path
    curves: list[dict[str, Any]]


def folder() -> Path | None:
    """Return where finished seeds are kept; None outside of a DVC project."""
    return under_way.place_of(FOLDER)


def digest(paths: Iterable[Path], settings: Any) -> str:
    """Return the hash of what the trainings of all seeds follow from.

    That is the code of Secateur that this process has loaded, the versions of the libraries, the
    files and folders at `paths`, and `settings`, which JSON can hold.
    """
    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    facts = [versions, platform.python_version(), platform.machine(), settings]
    found = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for path in [*_code(), *paths]:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                found.update(f"{file.name}\0{file.stat().st_size}\0".encode())
                _add(found, file)
    return found.hexdigest()


def _code() -> list[Path]:
    """Return the folders of the packages of Secateur whose modules are loaded."""
    own = [module for name, module in sys.modules.items() if name.startswith("secateur.")]
    places = {Path(str(module.__file__)).parent for module in own if module.__file__}
    top = Path(__file__).parents[1]
    return sorted(place for place in places if place != top)


def _add(found: Any, file: Path) -> None:
    with file.open("rb") as content:
        while block := content.read(BLOCK):
            found.update(block)


def key(common: str, facts: Any, *networks: Path) -> str:
    """Return the hash of one training: of its facts, as JSON, and of the networks in files."""
    found = hashlib.sha256(f"{common}\0{json.dumps(facts, sort_keys=True)}\0".encode())
    for network in networks:
        _add(found, network)
    return found.hexdigest()[:40]


def find(place: Path, name: str) -> Kept | None:
    """Return a finished seed by its key; a damaged one counts as none."""
    model, about = _files(place, name)
    try:
        content = json.loads(about.read_text(encoding="utf-8"))
        curves = [_numbers(row) for row in content["curves"]]
        if _sha256(model) != content["sha256"]:
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    os.utime(about)
    return Kept(model, curves)


def add(place: Path, name: str, model: bytes, curves: list[dict[str, Any]]) -> Kept:
    """Keep a finished seed; its figures come last, so that a half-written one is none."""
    file, about = _files(place, name)
    write(file, model)
    rows = [
        {key: value if isinstance(value, int) else float(value).hex() for key, value in row.items()}
        for row in curves
    ]
    sha256 = hashlib.sha256(model).hexdigest()
    write(about, json.dumps({"sha256": sha256, "curves": rows}).encode())
    checkpoint(place, name).unlink(missing_ok=True)
    return Kept(file, curves)


def checkpoint(place: Path, name: str) -> Path:
    """Return the file of the last checkpoint of a seed that is not finished, by its key."""
    return place / f"{name}.checkpoint"


def write(path: Path, content: bytes) -> None:
    """Write a file that is whole or not there, even after a power cut; raises OSError."""
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    files.remove_abandoned(path.parent, ".*.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _numbers(row: dict[str, Any]) -> dict[str, Any]:
    """Read a row's numbers as they were; JSON has no NaN, with which a divergence ends."""
    return {
        key: value if isinstance(value, int) else float.fromhex(value) for key, value in row.items()
    }


def _files(place: Path, name: str) -> tuple[Path, Path]:
    return place / f"{name}.h5", place / f"{name}.json"


def forget(place: Path) -> None:
    """Delete what was used least recently, beyond the folder's largest size.

    What was used within a day stays: another stage may be at work with it.
    """
    found = []  # when it was used, its size, its file
    for path in [*place.glob("*.h5"), *place.glob("*.checkpoint")]:
        with suppress(FileNotFoundError):  # another stage deletes some at the same time
            about, own = path.with_suffix(".json"), path.stat()
            used = about.stat() if about.exists() else own
            found.append((used.st_mtime, own.st_size, path))
    size = 0
    for used_at, bytes_of_it, path in sorted(found, reverse=True):
        size += bytes_of_it
        if size > LARGEST and time.time() - used_at > YOUNG:
            path.with_suffix(".json").unlink(missing_ok=True)
            path.unlink(missing_ok=True)
