"""Atomic writing: an output is complete or absent."""

import csv
import hashlib
import io
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

WRITTEN = Path(".dvc/tmp/written")  # MD5 sums of each output that a stage here has written


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path for a file or folder; rename it to `path` if the block succeeds.

    An earlier `path` stays until then. A stage that stops half-way never leaves an output that
    looks finished.
    """
    # Two processes that write the same output must not share a temporary file.
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    remove_abandoned(path.parent, f".{path.name}.*.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
        _note(partial, path)
        if partial.is_dir():
            remove(path)  # a folder cannot be renamed over another
        partial.replace(path)
    except OSError as error:
        if error.filename is None and error.errno:  # a full disk: Python does not say which file
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    finally:
        remove(partial)


def _note(partial: Path, path: Path) -> None:
    """Note the content, so that a later run knows what a killed one left from a user's file."""
    if not WRITTEN.parent.is_dir():  # not in the top folder of a DVC project
        return
    found = sorted(partial.rglob("*")) if partial.is_dir() else [partial]
    sums = [_md5(file) for file in found if file.is_file()]
    WRITTEN.mkdir(exist_ok=True)
    (WRITTEN / quote(path.as_posix(), safe="")).write_text("\n".join(sums), encoding="utf-8")


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def written() -> set[str]:
    """Return the MD5 sums of what stages have written here, whether or not DVC has recorded it."""
    notes = WRITTEN.iterdir() if WRITTEN.is_dir() else ()
    return {md5 for note in notes for md5 in note.read_text(encoding="utf-8").splitlines()}


def remove_abandoned(folder: Path, pattern: str) -> None:
    """Delete temporary paths that killed processes left; `pattern` is of `.name.PROCESS.partial`.

    Another process that still runs keeps its own.
    """
    for leftover in folder.glob(pattern):
        process = leftover.name.split(".")[-2]
        if not process.isdecimal() or int(process) == os.getpid() or not _runs(int(process)):
            remove(leftover)


def _runs(process: int) -> bool:
    """Whether a process of this machine runs, whoever owns it."""
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def remove(path: Path) -> None:
    """Delete a file or a folder, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 with the same line ends on every system."""
    with replacing(path) as partial:
        partial.write_bytes(text.encode("utf-8"))


def write_json(path: Path, data: Any) -> None:
    """Write metrics with sorted keys; NaN and infinity become null, because JSON has neither."""
    text = json.dumps(_finite(data), indent=2, sort_keys=True, allow_nan=False)
    write_text(path, text + "\n")


def write_csv(path: Path, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Write rows with the same keys as a table; nine digits restore a float32 exactly."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow(f"{v:.9g}" if isinstance(v, float) else v for v in row.values())
    write_text(path, text.getvalue())


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {str(key): _finite(value) for key, value in data.items()}
    if isinstance(data, float) and not math.isfinite(data):
        return None
    return data
