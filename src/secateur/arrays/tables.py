"""Parquet tables of inputs x0, x1, … and target y, checked when they are read."""

import json
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from secateur.core.errors import InputError, must_exist
from secateur.core.files import replacing

COLUMNS_AT_ONCE = 64  # limits the memory of a read


class Rows(NamedTuple):
    """A network's inputs (n, *shape), most often (n, features), and targets (n, 1)."""

    x: np.ndarray
    y: np.ndarray

    def of_inputs(self, inputs: list[int] | None) -> "Rows":
        """Keep the inputs with these numbers; None keeps all."""
        return self if inputs is None else Rows(self.x[:, inputs], self.y)


def write(path: Path, rows: Rows) -> None:
    """Write columns x0, x1, … and y in the arrays' dtype.

    Inputs (n, height, width, channels) become one column per value; the schema keeps the shape.
    """
    columns = [*rows.x.reshape(len(rows.x), -1).T, rows.y[:, 0]]
    table = pa.table(columns, names=_names(len(columns)))
    if rows.x.ndim > 2:
        table = table.replace_schema_metadata({"shape": json.dumps(rows.x.shape[1:])})
    with replacing(path) as partial:
        pq.write_table(table, partial)


def read(path: Path) -> Rows:
    """Read a table as float32 in the shape that was written; check that it is finite.

    It reads some columns at a time and needs little more memory than the float32 values.

    Raises:
        InputError: the file is missing, damaged or empty, or holds other columns, text,
            NaN or infinity.
    """
    must_exist(path)
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            if names != _names(len(names)) or len(names) < 2:
                raise InputError(f"{path}: columns {names}; must be x0, x1, … and then y")
            shape = _shape(path, file.schema_arrow.metadata or {}, len(names) - 1)
            values = np.empty((file.metadata.num_rows, len(names)), dtype=np.float32)
            for start in range(0, len(names), COLUMNS_AT_ONCE):
                part = file.read(names[start : start + COLUMNS_AT_ONCE])
                for i, name in enumerate(part.column_names, start):
                    values[:, i] = _column(f"{path}: column {name}", part.column(name))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: damaged or not a Parquet file: {error}") from None
    if not len(values):
        raise InputError(f"{path}: has no rows; must have at least 1")
    return Rows(values[:, :-1].reshape(-1, *shape), values[:, -1:])


def _shape(path: Path, metadata: dict[bytes, bytes], inputs: int) -> list[int]:
    """Return the shape of one row's inputs from the schema; a flat table has none."""
    text = metadata.get(b"shape", json.dumps([inputs]).encode())
    try:
        shape = json.loads(text)
        fits = all(type(size) is int and size > 0 for size in shape) and math.prod(shape) == inputs
    except (ValueError, TypeError):
        fits = False
    if not fits:
        raise InputError(f"{path}: shape {text!r} does not fit {inputs} inputs")
    return list(shape)


def _column(where: str, column: pa.ChunkedArray) -> np.ndarray:
    """Check and convert one column."""
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise InputError(f"{where}: {column.type}; must be numbers")
    # Checked as float32, which a network reads: 1e39 is infinite there.
    with np.errstate(over="ignore"):
        values = column.to_numpy().astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise InputError(
            f"{where}, row {bad[0]}: {column[int(bad[0])]}; must be finite in float32 "
            f"({bad.size} such cells in this column)"
        )
    return values


def _names(count: int) -> list[str]:
    """Name `count` columns; the last is the target."""
    return [*(f"x{i}" for i in range(count - 1)), "y"]


def write_columns(path: Path, columns: dict[str, np.ndarray]) -> None:
    """Write named columns (n,) or (n, k) of numbers, including NaN and infinity."""
    table = {
        name: values
        if values.ndim == 1
        else pa.FixedSizeListArray.from_arrays(values.reshape(-1), values.shape[1])
        for name, values in columns.items()
    }
    with replacing(path) as partial:
        pq.write_table(pa.table(table), partial)


def read_columns(path: Path) -> dict[str, np.ndarray]:
    """Read what `write_columns` wrote; raises InputError if it is missing or damaged."""
    must_exist(path)
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: damaged or not a Parquet file: {error}") from None
    return {name: _array(table.column(name)) for name in table.column_names}


def _array(column: pa.ChunkedArray) -> np.ndarray:
    if not pa.types.is_fixed_size_list(column.type):
        return column.to_numpy()
    flat = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(-1, column.type.list_size)
