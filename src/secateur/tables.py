"""Tables of inputs x0, x1, … and target y, as Parquet, checked when read."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from secateur.errors import InputError, must_exist
from secateur.files import replacing


class Rows(NamedTuple):
    """What a network is fed: inputs (n, features) and targets (n, 1)."""

    x: np.ndarray
    y: np.ndarray

    def of_inputs(self, inputs: list[int]) -> "Rows":
        """The same rows with some of the inputs only."""
        return Rows(self.x[:, inputs], self.y)


def write(path: Path, rows: Rows) -> None:
    """Write columns x0, x1, … and y, in the type that the arrays have."""
    columns = [*rows.x.T, rows.y[:, 0]]
    with replacing(path) as partial:
        pq.write_table(pa.table(columns, names=_names(len(columns))), partial)


def read(path: Path) -> Rows:
    """Read a table as float32 and check that every cell is a finite number.

    A column at a time, so that a table takes no more memory than its float32 values.

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
            values = np.empty((file.metadata.num_rows, len(names)), dtype=np.float32)
            for i, name in enumerate(names):
                values[:, i] = _column(f"{path}: column {name}", file.read([name]).column(0))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: damaged or no Parquet file: {error}") from None
    if not len(values):
        raise InputError(f"{path}: holds no row; needs at least 1")
    return Rows(values[:, :-1], values[:, -1:])


def _column(where: str, column: pa.ChunkedArray) -> np.ndarray:
    """Check and convert one column."""
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise InputError(f"{where}: {column.type}; must be numbers")
    # Checked as float32, because that is what a network is fed: 1e39 is infinite there.
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
    """Of so many columns, the last of which is the target."""
    return [*(f"x{i}" for i in range(count - 1)), "y"]


def write_columns(path: Path, columns: dict[str, np.ndarray]) -> None:
    """Write named columns (n,) of any numbers, NaN and infinities too."""
    with replacing(path) as partial:
        pq.write_table(pa.table(columns), partial)


def read_columns(path: Path) -> dict[str, np.ndarray]:
    """Read what `write_columns` wrote; raises InputError if that is not there."""
    must_exist(path)
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: damaged or no Parquet file: {error}") from None
    return {name: table.column(name).to_numpy() for name in table.column_names}
