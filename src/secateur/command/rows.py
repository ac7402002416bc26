"""Reading the rows that `secateur predict` is given."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from secateur.core import params
from secateur.core.errors import InputError
from secateur.data import csv_files, npz_files, sources
from secateur.data.encoding import Encoding
from secateur.data.inputs import Array, Category
from secateur.data.parameters import Data


def check(path: Path) -> None:
    """Raise InputError unless there is such a file, of a kind that `read` reads."""
    if path.suffix.lower() not in (".csv", ".parquet", ".npz"):
        raise InputError(f"{path}: must end in .csv, .parquet or .npz")
    if not path.is_file():
        raise InputError(f"{path}: not found")


def read(path: Path, encoding: Encoding) -> np.ndarray:
    """Read a CSV, Parquet or .npz file, and encode its rows as float32 (n, *shape).

    Raises:
        InputError: the file cannot be used; names it, and the column or array.
    """
    kind, array = path.suffix.lower(), isinstance(encoding.columns[0], Array)
    if array != (kind == ".npz"):
        wanted = "the array `x` of an .npz file" if array else "columns of a .csv or .parquet file"
        raise InputError(f"{path}: the models need {wanted}")
    frame: Any
    if kind == ".npz":
        (frame,) = npz_files.load(str(path), path, ["x"])
        if not len(frame):
            raise InputError(f"{path}: holds no row; needs at least 1")
    else:
        table = _csv(path, encoding) if kind == ".csv" else sources.parquet(str(path), path)
        frame = _by_name(path, table, encoding)
    try:
        return encoding.inputs(frame)
    except InputError as error:
        raise InputError(f"{path}{str(error).removeprefix('inputs')}") from None


def _csv(path: Path, encoding: Encoding) -> pa.Table:
    """Read as the training rows were, with their separator, decimal and missing values."""
    data: Data = params.read().section("data", Data)
    content = path.read_bytes()
    if not content:
        raise InputError(f"{path}: empty")
    # A category `01` must not become the number 1 because no row at hand holds a letter.
    text = [
        item.name
        for item in encoding.columns
        if isinstance(item, Category) and not all(_is_number(level) for level in item.levels)
    ]
    return csv_files.read(
        content, str(path), data.separator, data.decimal, data.missing_values, text
    )


def _is_number(level: str) -> bool:
    """Whether the level is written as that of a column of numbers: `3`, and not `3.0` or `03`."""
    try:
        number = float(level)
    except ValueError:
        return False
    return level == (str(int(level)) if number.is_integer() else repr(number))


def _by_name(path: Path, table: pa.Table, encoding: Encoding) -> dict[str, Any]:
    names = table.schema.names
    for item in encoding.columns:
        if names.count(item.name) > 1:
            raise InputError(f"{path}: two columns are named {item.name!r}; rename one")
    return {name: table.column(names.index(name)) for name in names}
