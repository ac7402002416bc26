"""A column is numbers or categories; what is neither is refused with what to do."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from secateur.core.errors import InputError
from secateur.data import columns
from user_data import GOOD, ROWS, changed, read, refusal


def column(*cells: Any, **others: Any) -> pd.DataFrame:
    """A table of ROWS rows whose column `c` repeats the cells."""
    table = {"c": [cells[i % len(cells)] for i in range(ROWS)], "y": np.arange(ROWS)}
    return pd.DataFrame({**table, **others})


@pytest.mark.parametrize(
    ("table", "data", "words"),
    [
        (column(pd.Timestamp("2020-01-01")), {}, ["'c'", "timestamp", "data.drop"]),
        (column([1, 2]), {}, ["'c'", "list", "data.drop"]),
        (column(b"1"), {}, ["'c'", "binary", "data.drop"]),
        (column(None, np.nan), {"missing": "impute"}, ["data.drop"]),
        (column("1", "2"), {}, ["data.categorical"]),
        (column(*"1234567890?"), {}, ["row 10 (counted from 0)", "data.categorical"]),
        (column(*map(str, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN")), {},
         ["40 different values in 40 rows", "data.drop"]),
        (column(*range(ROWS)), {"categorical": ["c"]}, ["40", "data.drop"]),
    ],
)  # fmt: skip
def test_refuses_a_column_of_a_table(
    tmp_path: Path, table: pd.DataFrame, data: dict[str, Any], words: list[str]
) -> None:
    path = tmp_path / "t.parquet"
    table.to_parquet(path)
    message = refusal(path, **data)
    assert all(word in message for word in [str(path), *words]), message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (changed(17, "1,?,red,1"), ["'b'", "line 17", "'?'", "39 of 40", "data.missing_values"]),
        (changed(17, "1,inf,red,1"), ["'b', line 17", "inf", "float32"]),
        (changed(17, "1,-1e39,red,1"), ["'b', line 17", "-1e+39", "float32"]),
    ],
)
def test_a_cell_of_a_csv_is_named_by_its_line(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "t.csv").write_text(text)
    message = refusal(tmp_path / "t.csv")
    assert all(word in message for word in [str(tmp_path), *words]), message
    assert "\n" not in message


def test_dates_as_text_are_categories(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(GOOD.replace("red", "2020-01-01 10:00"))
    raw = read(tmp_path / "t.csv")
    assert isinstance(raw.inputs, dict)
    assert raw.inputs["color"].levels is None or len(raw.inputs["color"].levels) == 3


def test_refuses_too_many_levels(tmp_path: Path) -> None:
    many = np.repeat([f"w{i}" for i in range(1001)], 3)
    pd.DataFrame({"c": many, "y": np.arange(3003)}).to_parquet(tmp_path / "t.parquet")
    assert "1,001" in refusal(tmp_path / "t.parquet")


def test_numbers_with_a_comma_say_so(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a;y\n" + "1,5;2\n" * 9)
    message = refusal(tmp_path / "t.csv", separator=";")
    assert "'1,5'" in message
    assert "data.decimal: ','" in message


@pytest.mark.parametrize(
    ("cells", "categorical", "levels", "values"),
    [
        (pa.array([3, None, 1]), False, None, [3, np.nan, 1]),
        (pa.array([True, False]), False, None, [1, 0]),
        (pa.array([3.0, 2.5, None]), True, ["2.5", "3"], [1, 0, -1]),
        (pa.array([2**60 + 1, 2**60]), True, [str(2**60), str(2**60 + 1)], [1, 0]),
        (pa.array(["b", None, "a"]), False, ["a", "b"], [1, -1, 0]),
        (pa.array(["b", "a"]).dictionary_encode(), False, ["a", "b"], [1, 0]),
        (pa.array([10, 9]).dictionary_encode(), False, ["9", "10"], [1, 0]),
    ],
)
def test_arrow_types_become_numbers_or_levels(
    cells: Any, categorical: bool, levels: list[str] | None, values: list[float]
) -> None:
    found = columns.convert("c", cells, categorical)
    assert found.levels == levels
    np.testing.assert_array_equal(found.values, values)
    assert found.missing.tolist() == [value is None for value in cells.to_pylist()]


def test_floats_that_a_file_cannot_tell_apart_are_no_categories() -> None:
    with pytest.raises(InputError, match=r"c: .*2\^53"):
        columns.convert("c", pa.array([2.0**53, 1.0]), categorical=True)


def test_text_that_is_not_utf8_is_refused() -> None:
    bad = pa.array([b"\xff"], pa.binary()).view(pa.string())
    with pytest.raises(InputError, match="c: "):
        columns.convert("c", bad)


def test_names_are_listed_on_one_line_whatever_they_hold() -> None:
    assert columns.listed(["a", "b\n", ""]) == "a, 'b\\n', ''"
    assert columns.listed([str(i) for i in range(31)]).endswith("29, …")
