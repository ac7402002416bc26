from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from secateur import tables
from secateur.errors import InputError

GOOD = pd.DataFrame({"x0": [0.1, 0.2], "x1": [1, 2], "y": [3.0, 4.5]})


def test_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    rows = tables.Rows(np.array([[0.1, 1], [0.2, 2]]), np.array([[3.0], [4.5]]))
    tables.write(path, rows)
    pd.testing.assert_frame_equal(pd.read_parquet(path), GOOD.astype(float))
    read = tables.read(path)
    assert read.x.dtype == read.y.dtype == np.float32
    np.testing.assert_array_equal(read.x, rows.x.astype(np.float32))
    np.testing.assert_array_equal(read.y, rows.y.astype(np.float32))


def test_reads_what_pandas_writes(tmp_path: Path) -> None:
    GOOD.to_parquet(tmp_path / "t.parquet", index=False)
    assert tables.read(tmp_path / "t.parquet").y.tolist() == [[3.0], [4.5]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x0": ["a", "b"]}, ["column x0", "must be numbers"]),
        ({"x0": [True, False]}, ["column x0", "bool", "must be numbers"]),
        ({"x0": pd.to_datetime(["2020-01-01"] * 2)}, ["column x0", "must be numbers"]),
        ({"x1": [1.0, np.nan]}, ["column x1, row 1", "None", "finite"]),
        ({"x1": pd.array([1, None], dtype="Int64")}, ["column x1, row 1", "finite"]),
        ({"y": [np.inf, 1.0]}, ["column y, row 0", "inf", "finite"]),
        ({"y": [1.0, 1e39]}, ["column y, row 1", "1e+39", "float32"]),
        ({"z": [1, 2]}, ["columns", "'z'", "x0, x1, … and then y"]),
    ],
)
def test_refuses_cells_that_are_no_finite_numbers(
    tmp_path: Path, change: dict[str, Any], words: list[str]
) -> None:
    path = tmp_path / "t.parquet"
    GOOD.assign(**change).to_parquet(path, index=False)
    with pytest.raises(InputError) as refusal:
        tables.read(path)
    assert all(word in str(refusal.value) for word in [str(path), *words]), refusal.value


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (GOOD.drop(columns="y"), "columns"),
        (GOOD.rename(columns={"x1": "x2"}), "columns"),
        (GOOD[["y"]], "columns"),
        (GOOD.iloc[:0], "holds no row"),
    ],
)
def test_refuses_other_tables(tmp_path: Path, table: pd.DataFrame, words: str) -> None:
    table.to_parquet(tmp_path / "t.parquet", index=False)
    with pytest.raises(InputError, match=words):
        tables.read(tmp_path / "t.parquet")


def test_refuses_a_missing_a_truncated_and_a_foreign_file(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with pytest.raises(InputError, match="not found"):
        tables.read(path)
    GOOD.to_parquet(path, index=False)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="damaged or no Parquet"):
        tables.read(path)
    path.write_text("x0,y\n1,2\n")
    with pytest.raises(InputError, match="damaged or no Parquet"):
        tables.read(path)
