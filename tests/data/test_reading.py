"""A user's own table: which columns are inputs, and which rows are used."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from user_data import GOOD, ROWS, Y, changed, read, refusal


@pytest.mark.parametrize("name", ["t.csv", "T.CSV", "t.Parquet"])
def test_reads_numbers_and_categories(tmp_path: Path, name: str) -> None:
    frame = pd.read_csv(io.StringIO(GOOD))
    if name.endswith("Parquet"):
        frame.astype({"color": "category"}).set_index(np.arange(ROWS) * 2).to_parquet(
            tmp_path / name
        )
    else:
        (tmp_path / name).write_text(GOOD)
    raw = read(tmp_path / name, drop=["b"])
    assert isinstance(raw.inputs, dict)
    assert list(raw.inputs) == ["a", "color"]
    np.testing.assert_array_equal(raw.inputs["a"].values, np.arange(ROWS) + 3)
    assert raw.inputs["color"].levels == ["blue", "green", "red"]
    assert raw.inputs["color"].values.tolist() == [2, 1, 0, 2] * 10
    np.testing.assert_array_equal(raw.target, Y)
    assert raw.classes is None
    assert raw.left_out == 0


@pytest.mark.parametrize(
    ("text", "data", "words"),
    [
        (GOOD.replace("b,", "a,", 1), {}, ["'a'"]),
        (GOOD.replace("a,", ",", 1), {}, ["column 1", "data.drop"]),
        (GOOD, {"target": "Y"}, ["data.target: 'Y'", "a, b, color, y"]),
        (GOOD, {"features": ["colour"]}, ["data.features", "'colour'", "did you mean 'color'"]),
        (GOOD, {"drop": ["z"]}, ["data.drop: 'z'", "a, b, color, y"]),
        (GOOD, {"categorical": ["z"]}, ["data.categorical: 'z'"]),
        (GOOD, {"drop": ["a", "b", "color"]}, ["data.target", "data.drop"]),
        (changed(17, "1,,red,1"), {}, ["'b' (1, first line 17)", "data.missing: drop", "impute"]),
        (changed(17, "1,2,,"), {}, ["'color' (1, first line 17), 'y' (1, first line 17)"]),
    ],
)
def test_refuses_a_table(tmp_path: Path, text: str, data: dict[str, Any], words: list[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    message = refusal(path, **data)
    assert all(word in message for word in [str(path), *words]), message
    assert "\n" not in message


def test_a_column_that_is_no_feature_may_hold_anything(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(GOOD.replace(".", "!"))
    raw = read(tmp_path / "t.csv", features=["a"])
    assert isinstance(raw.inputs, dict)
    assert list(raw.inputs) == ["a"]


def test_refuses_a_parquet_file_with_a_column_twice(tmp_path: Path) -> None:
    twice = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(twice, tmp_path / "t.parquet")
    assert "'a'" in refusal(tmp_path / "t.parquet")


def test_rows_with_missing_cells_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "1,x,0\n2,z,1\n" * 9 + "?,x,2\n3,,3\n4,x,NA\n")
    raw = read(path, missing="drop", missing_values=["?"])
    assert (raw.left_out, len(raw.target)) == (3, 18)
    raw = read(path, missing="impute", missing_values=["?"])
    assert (raw.left_out, len(raw.target)) == (1, 20)
    assert isinstance(raw.inputs, dict)
    assert [c.missing.sum() for c in raw.inputs.values()] == [1, 1]


def test_a_missing_target_can_only_be_left_out(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "a,y\n" + "\n".join(f"{i}.5,{i if i else ''}" for i in range(30))
    )
    message = refusal(tmp_path / "t.csv", target="y")
    assert "data.missing: drop" in message
    assert "impute" not in message


def test_many_columns_with_missing_cells_are_counted(tmp_path: Path) -> None:
    head = ",".join("abcdefg")
    (tmp_path / "t.csv").write_text(f"{head},y\n,,,,,,,1\n1,1,1,1,1,1,1,2\n")
    assert "2 more" in refusal(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"source": "s3://bucket/t.csv"}, ["s3://", "dvc import-url"]),
        ({"source": "file:///etc/passwd"}, ["file:///", "dvc import-url"]),
        ({"source": ""}, ["data.source"]),
        ({"separator": ",,"}, ["data.separator"]),
        ({"separator": '"'}, ["separator: "]),
        ({"separator": "é"}, ["separator", "ASCII"]),
        ({"decimal": ",", "thousands": ","}, ["thousands: ','", "decimal"]),
        ({"thousands": "_"}, ["data.thousands"]),
        ({"header": False}, ["header", "names", "[a, b, y]"]),
        ({"header": []}, ["header", "names"]),
        ({"header": ["a", "a"]}, ["header", "'a'"]),
        ({"skip_lines": -1}, ["data.skip_lines: -1"]),
        ({"numbers": ["x"], "categorical": ["x"]}, ["numbers: 'x'", "data.categorical"]),
        ({"numbers": ["x"], "verbatim": ["x"]}, ["numbers: 'x'", "data.verbatim"]),
        ({"drop": ["y"]}, ["drop: 'y'", "data.target"]),
        ({"features": ["x", "y"]}, ["features: 'y'", "data.target"]),
        ({"features": []}, ["data.features"]),
        ({"features": ["x", "x"]}, ["features", "'x'"]),
        ({"features": ["x"], "drop": ["x"]}, ["drop: 'x'", "features"]),
        ({"missing": "fill"}, ["data.missing", "'refuse', 'drop' or 'impute'"]),
        ({"standardise": True}, ["did you mean 'standardize'"]),
        ({"missing_values": [-999]}, ["missing_values.0", "-999", "string"]),
    ],
)
def test_refuses_parameters(data: dict[str, Any], words: list[str]) -> None:
    settings = {"source": "t.csv", **data}
    message = refusal(settings.pop("source"), **settings)
    assert all(word in message for word in ["params.yaml: data", *words]), message
