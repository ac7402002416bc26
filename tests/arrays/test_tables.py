from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from secateur.arrays import tables
from secateur.core.errors import InputError

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
        ({"x0": ["a", "b"]}, ["column x0", "numbers"]),
        ({"x0": [True, False]}, ["column x0", "bool", "numbers"]),
        ({"x0": pd.to_datetime(["2020-01-01"] * 2)}, ["column x0", "numbers"]),
        ({"x1": [1.0, np.nan]}, ["column x1, row 1", "None", "finite"]),
        ({"x1": pd.array([1, None], dtype="Int64")}, ["column x1, row 1", "finite"]),
        ({"y": [np.inf, 1.0]}, ["column y, row 0", "inf", "finite"]),
        ({"y": [1.0, 1e39]}, ["column y, row 1", "1e+39", "float32"]),
        ({"z": [1, 2]}, ["columns", "'z'"]),
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
        (GOOD.iloc[:0], r"t\.parquet: "),
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
    with pytest.raises(InputError, match="damaged"):
        tables.read(path)
    path.write_text("x0,y\n1,2\n")
    with pytest.raises(InputError, match="damaged"):
        tables.read(path)


def test_gives_back_a_shape_and_leaves_flat_tables_without_one(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    rows = tables.Rows(np.arange(5 * 24, dtype=np.float32).reshape(5, 2, 3, 4), np.ones((5, 1)))
    tables.write(path, rows)
    np.testing.assert_array_equal(tables.read(path).x, rows.x)
    assert pd.read_parquet(path).shape == (5, 25)
    tables.write(path, tables.Rows(rows.x.reshape(5, -1), rows.y))
    assert tables.read(path).x.shape == (5, 24)
    assert pq.read_schema(path).metadata is None


@pytest.mark.parametrize("shape", ["[2, 2]", "[-1, -2]", "[2.0]", "2", "{", "[true, 2]"])
def test_refuses_a_shape_that_does_not_fit(tmp_path: Path, shape: str) -> None:
    table = pa.Table.from_pandas(GOOD, preserve_index=False)
    pq.write_table(table.replace_schema_metadata({"shape": shape}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"t\.parquet: shape .*2 inputs"):
        tables.read(tmp_path / "t.parquet")


def test_rows_of_some_inputs() -> None:
    rows = tables.Rows(np.arange(6.0).reshape(2, 3), np.ones((2, 1)))
    assert rows.of_inputs([2, 0]).x.tolist() == [[2, 0], [5, 3]]
    assert rows.of_inputs(None) is rows


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
