"""A column that decides a row's part is read, is no input, and is refused where it is unclear."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from secateur.core import params
from secateur.core.errors import InputError
from secateur.data import split_by
from secateur.data.parameters import Data
from user_data import X, Y, divide, parts_refused

PARTS = ["train", "Training", "val", "valid", "dev", "validation", " test ", "TESTING"]
EXPECTED = [0, 0, 1, 1, 1, 1, 2, 2]


def table(path: Path, values: list[Any], name: str = "t.csv") -> Path:
    lines = [f"{i / 8},{value},{(i * 7) % 5}" for i, value in enumerate(values)]
    (path / name).write_text("\n".join(["a,who,y", *lines]) + "\n")
    return path / name


def parquet(path: Path, values: Any) -> Path:
    rows = np.arange(len(values))
    pq.write_table(pa.table({"a": rows / 8, "who": values, "y": rows % 5}), path / "t.parquet")
    return path / "t.parquet"


def numbers(path: Path, data: dict[str, Any] | None = None, **how: Any) -> list[int]:
    raw, _ = divide(path, data=data, **how)
    assert raw.split_by is not None
    assert isinstance(raw.inputs, dict)
    assert [*raw.inputs] == ["a"]
    return raw.split_by.numbers.tolist()


@pytest.mark.parametrize("as_text", [True, False])
def test_words_name_parts(tmp_path: Path, as_text: bool) -> None:
    assert numbers(table(tmp_path, PARTS), column="who") == EXPECTED
    cells = pa.array(PARTS) if as_text else pa.array(PARTS).dictionary_encode()
    assert numbers(parquet(tmp_path, cells), column="who") == EXPECTED


@pytest.mark.parametrize("values", [[0, 1, 0, 1], ["train", "test", "holdout", "holdout"],
                                    ["true", "false", "true", "false"]])  # fmt: skip
def test_what_names_no_part_is_refused_with_its_line_and_all_values(
    tmp_path: Path, values: list[Any]
) -> None:
    message = parts_refused(table(tmp_path, values), column="who")
    wrong = next(i for i, value in enumerate(values) if value not in ("train", "test"))
    for word in ("split.column 'who'", f"line {wrong + 2}", "validation", *map(str, set(values))):
        assert word in message
    assert "row " in parts_refused(parquet(tmp_path, pa.array(values)), column="who")


def test_groups_are_told_apart_as_they_are_spelled(tmp_path: Path) -> None:
    values = ["007", "7", "07 ", "007 ", "b", "B"]
    assert numbers(table(tmp_path, values), group="who") == [0, 1, 2, 0, 3, 4]
    # 3.0 is no other group than 3 in one column of numbers; a date is a group as well as a text.
    for cells in (
        pa.array([3.0, 1.5, 2.0, 3.0]),
        pa.array([9, 8, 7, 9], pa.int32()).cast(pa.date32()),
    ):
        assert numbers(parquet(tmp_path, cells), group="who") == [0, 1, 2, 0]


@pytest.mark.parametrize(
    "values",
    [
        [3, 1, 2, 2], [0.3, -1, 0.25, 0.25],
        ["2020-03-01", "2019-12-31", "2020-02-28", "2020-02-28"],
        ["2020-01-01 10:00:01", "2020-01-01 09:59:00", "2020-01-01 10:00:00", "2020-01-01T10:00"],
        ["2020-01-01T10:00:00+02:00", "2020-01-01T07:00:00Z", "2020-01-01T09:30:00+02:00",
         "2020-01-01T07:30:00Z"],
    ],
)  # fmt: skip
def test_numbers_and_iso_dates_are_times(tmp_path: Path, values: list[Any]) -> None:
    expected = [2, 0, 1, 1]
    for path in (table(tmp_path, values), parquet(tmp_path, pa.array(values))):
        raw, _ = divide(path, time="who")
        assert raw.split_by is not None
        assert raw.split_by.numbers.tolist() == expected


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["2020-01-31", "31/01/2020", "2020-01-30"], ["line 3", "31/01/2020"]),
        (["2020-01-31T10:00", "2020-01-31T10:00Z", "x"], ["ISO"]),
        (["10:00", "11:00", "12:00"], ["time32"]),
        (["true", "false", "true"], ["bool"]),
        (["1.5", "2 h", "3"], ["line 2", "numbers or ISO"]),
    ],
)
def test_other_times_are_refused(tmp_path: Path, values: list[Any], words: list[str]) -> None:
    message = parts_refused(table(tmp_path, values), time="who")
    assert all(word in message for word in ["split.time 'who'", *words]), message


@pytest.mark.parametrize("key", ["column", "group", "time"])
def test_a_missing_cell_is_missing_data(tmp_path: Path, key: str) -> None:
    good = {"column": ["train"] * 11, "group": [*"abcdefghijk"], "time": [*range(11)]}[key]
    path = table(tmp_path, ["", *good])
    message = parts_refused(path, **{key: "who"})
    assert all(word in message for word in ("'who' (1, first line 2", "data.missing"))
    for missing in ("drop", "impute"):  # what decides is never filled in
        raw, divided = divide(path, data={"missing": missing}, **{key: "who"})
        assert raw.left_out == 1
        assert sorted(row for part in divided.parts for row in part) == [*range(11)]


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    message = parts_refused(table(tmp_path, PARTS), column="whom")
    assert "split.column: 'whom'" in message
    assert "'who'" in message


@pytest.mark.parametrize(
    ("key", "data"), [("target", {"target": "p"}), ("features", {"features": ["p"]})]
)
def test_no_input_and_no_target_decides(key: str, data: dict[str, Any]) -> None:
    settings = params.validate(Data, {"source": "t.csv", **data}, "data")
    how = divide_by(group="p")
    with pytest.raises(InputError) as refused:
        split_by.check(how, settings)
    assert all(word in str(refused.value) for word in (f"data.{key}", "split.group", "'p'"))


def divide_by(**how: Any) -> Any:
    from secateur.data.splitting import Split
    from user_data import SIZES

    return params.validate(Split, {**SIZES, **how}, "split")


@pytest.mark.parametrize("keys", [("column", "group"), ("column", "time"), ("group", "time")])
def test_one_key_excludes_the_others(keys: tuple[str, str]) -> None:
    with pytest.raises(InputError) as refused:
        divide_by(**dict.fromkeys(keys, "p"))
    assert all(key in str(refused.value) for key in keys)


def test_an_array_decides_for_arrays(tmp_path: Path) -> None:
    days = np.datetime64("2020-01-01") + np.arange(40)[::-1]
    np.savez(tmp_path / "t.npz", x=X, y=Y, day=days, who=(np.arange(40) // 4)[:, None])
    parts = divide(tmp_path / "t.npz", "multiclass", time="day")[1].parts
    assert parts[2].tolist() == [*range(9, -1, -1)]
    parts = divide(tmp_path / "t.npz", "multiclass", group="who")[1].parts
    groups = [set((part // 4).tolist()) for part in parts]
    assert not groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2]
    assert "'when'" in parts_refused(tmp_path / "t.npz", "multiclass", time="when")
    assert "x is uint8" in parts_refused(tmp_path / "t.npz", "multiclass", time="x")
