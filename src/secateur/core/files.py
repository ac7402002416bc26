"""Writing outputs whole or not at all."""

import csv
import io
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write a file or a folder to; it becomes `path` only when all went well.

    Whatever stood at `path` stays there until then, so that a stage that is
    stopped half-way never leaves an output that looks finished.
    """
    # Another process that writes the same output must not write into this one's.
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    for leftover in path.parent.glob(f".{path.name}.*.partial"):
        remove(leftover)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield partial
        if partial.is_dir():
            remove(path)  # a folder cannot be renamed over another
        partial.replace(path)
    finally:
        remove(partial)


def remove(path: Path) -> None:
    """Delete a file or a folder, if there is one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8, with the same line ends on every system."""
    with replacing(path) as partial:
        partial.write_bytes(text.encode("utf-8"))


def write_json(path: Path, data: Any) -> None:
    """Write metrics: sorted keys; NaN and infinities, which JSON does not have, as null."""
    text = json.dumps(_finite(data), indent=2, sort_keys=True, allow_nan=False)
    write_text(path, text + "\n")


def write_csv(path: Path, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Write rows of one shape as a table; nine digits give a float32 back exactly."""
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
