"""Parquet tables of named columns of numbers."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from secateur.core.errors import InputError, must_exist
from secateur.core.files import replacing


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
