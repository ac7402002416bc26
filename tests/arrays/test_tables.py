from pathlib import Path

import numpy as np
import pytest

from secateur.arrays import tables
from secateur.core.errors import InputError


def test_columns_of_one_and_of_several_numbers(tmp_path: Path) -> None:
    columns = {
        "one": np.array([1.0, np.nan, np.inf], np.float32),
        "of one": np.ones((3, 1)),
        "several": np.array([[1, 2], [3, np.nan], [5, 6]], np.float32),
        "turned": np.arange(6.0).reshape(2, 3).T,
    }
    tables.write_columns(tmp_path / "c.parquet", columns)
    read = tables.read_columns(tmp_path / "c.parquet")
    assert list(read) == list(columns)
    for name, values in columns.items():
        assert read[name].dtype == values.dtype
        np.testing.assert_array_equal(read[name], values)


def test_columns_that_are_missing_or_damaged_are_named(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    with pytest.raises(InputError, match=r"c\.parquet: not found"):
        tables.read_columns(path)
    path.write_text("a,b")
    with pytest.raises(InputError, match=r"c\.parquet: damaged"):
        tables.read_columns(path)
