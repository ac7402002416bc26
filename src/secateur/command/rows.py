"""Reading the rows that `secateur predict` is given."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from secateur.core import params
from secateur.core.errors import InputError, one_line
from secateur.data import csv_files, npz_files, sources
from secateur.data.columns import listed
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
        frame = _array(path)
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
    table = csv_files.read(content, str(path), data.separator, data.decimal, data.missing_values)
    names = table.schema.names
    text = [
        item.name
        for item in encoding.columns
        if isinstance(item, Category)
        and not all(_is_number(level) for level in item.levels)
        and names.count(item.name) == 1
        and not pa.types.is_string(table.schema.field(item.name).type)
    ]
    if text:
        again = _as_text(content, data, text)
        for name in text:
            table = table.set_column(names.index(name), name, again.column(name))
    return table


def _as_text(content: bytes, data: Data, names: list[str]) -> pa.Table:
    """Some columns of a CSV as text; Arrow infers other types where these rows allow it.

    A category `01` must not become the number 1 because no row at hand holds a letter.
    """
    missing = [*arrow_csv.ConvertOptions().null_values, "None", "<NA>", *data.missing_values]
    return arrow_csv.read_csv(
        pa.BufferReader(content),
        read_options=arrow_csv.ReadOptions(block_size=csv_files.BLOCK),
        parse_options=arrow_csv.ParseOptions(delimiter=data.separator, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(
            null_values=missing,
            strings_can_be_null=True,
            include_columns=names,
            column_types=dict.fromkeys(names, pa.string()),
        ),
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


def _array(path: Path) -> np.ndarray:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if not isinstance(arrays, np.lib.npyio.NpzFile):
                raise ValueError("one array without a name; write it with numpy.savez")
            if "x" not in arrays:
                found = listed(list(arrays)) or "none"
                raise InputError(f"{path}: has no array 'x'; found: {found}")
            x = np.asarray(arrays["x"])
    except InputError:
        raise
    except npz_files.UNREADABLE as error:
        raise InputError(f"{path}: damaged or not a .npz file: {one_line(error)}") from None
    if not len(x):
        raise InputError(f"{path}: holds no row; needs at least 1")
    return x
