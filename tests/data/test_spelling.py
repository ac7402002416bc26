"""What looks like two things is refused, and each advised key, applied, gives the right values."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from secateur.core.errors import InputError
from secateur.data import numerals
from secateur.data.numerals import Style
from user_data import read, refusal

ROWS = 12


def table(cells: Iterable[str], separator: str = ";", **others: list[str]) -> str:
    """A CSV whose column `c` repeats the cells; `y` is a target."""
    given_cells = [*cells]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(["c", *others, "y"])
    for i in range(ROWS):
        more = [column[i % len(column)] for column in others.values()]
        writer.writerow([given_cells[i % len(given_cells)], *more, f"{i % 5}"])
    return text.getvalue()


def values(path: Path, **data: Any) -> list[float] | list[str]:
    """Numbers, or the level of each row, of column `c`."""
    raw = read(path, **data)
    assert isinstance(raw.inputs, dict)
    column = raw.inputs["c"]
    if column.levels is None:
        return [float(value) for value in column.values]
    return [column.levels[i] if i >= 0 else "(missing)" for i in column.values]


# Cells; parameters; words of the refusal; the advised keys, and what the cells are then.
NAMED: list[tuple[list[str], dict[str, Any], list[str], list[tuple[dict[str, Any], list[Any]]]]] = [
    # Thousands: every comma may be one.
    (["2,751", "693"], {}, ["'2,751'", "2751", "2.751"],
     [({"thousands": ","}, [2751, 693]), ({"decimal": ",", "thousands": "."}, [2.751, 693])]),
    (["2,751", "693"], {"decimal": ","}, ["'2,751'"],
     [({"decimal": ".", "thousands": ","}, [2751, 693]),
      ({"decimal": ",", "thousands": "."}, [2.751, 693])]),
    (["2,751", "693"], {"decimal": ",", "numbers": ["c"]}, ["'2,751'"],
     [({"decimal": ".", "thousands": ","}, [2751, 693]), ({"thousands": "."}, [2.751, 693])]),
    (["2,751", "3,238"], {"decimal": ","}, ["'2,751'"],
     [({"decimal": ".", "thousands": ","}, [2751, 3238]),
      ({"decimal": ",", "thousands": "."}, [2.751, 3.238])]),
    (["2.751", "693"], {}, ["'2.751'"],
     [({"decimal": "."}, [2.751, 693]), ({"decimal": ",", "thousands": "."}, [2751, 693])]),
    (["1,234,567", "12"], {}, ["'1,234,567'"], [({"thousands": ","}, [1234567, 12])]),
    (["1,234.5", "12"], {}, ["'1,234.5'"], [({"thousands": ","}, [1234.5, 12])]),
    (["1.234.567,8", "5"], {}, ["'1.234.567,8'"],
     [({"decimal": ",", "thousands": "."}, [1234567.8, 5])]),
    (["1 234", "-12"], {}, ["'1 234'"], [({"thousands": " "}, [1234, -12])]),
    (["1\u00a0234", "12"], {}, [], [({"thousands": " "}, [1234, 12])]),
    (["1\u202f234,5", "12"], {}, [], [({"decimal": ",", "thousands": " "}, [1234.5, 12])]),
    (["1\u2009234", "12"], {}, [], [({"thousands": " "}, [1234, 12])]),
    (["1'234", "12"], {}, [], [({"thousands": "'"}, [1234, 12])]),
    (["1’234.5", "12"], {}, [], [({"thousands": "'"}, [1234.5, 12])]),
    (["1,23,456", "12"], {}, ["'1,23,456'"], [({"thousands": ","}, [123456, 12])]),
    (["12,34,567.5", "1,250"], {}, [], [({"thousands": ","}, [1234567.5, 1250])]),
    (["2,751", "NA", "693"], {"missing": "impute"}, [],
     [({"thousands": ","}, [2751, np.nan, 693])]),
    # A true decimal comma.
    (["1,5", "2"], {}, ["'1,5'"], [({"decimal": ","}, [1.5, 2])]),
    (["0,264", "1,125"], {}, [], [({"decimal": ","}, [0.264, 1.125])]),
    (["12345,678", "1,125"], {}, [], [({"decimal": ","}, [12345.678, 1.125])]),
    # Currency, percent, units.
    (["$12.50", "$3"], {}, ["'$12.50'"], [({"numbers": ["c"]}, [12.5, 3])]),
    (["12,50 €", "3 €"], {}, [], [({"decimal": ",", "numbers": ["c"]}, [12.5, 3])]),
    (["£1,250.00", "£3.10"], {}, [], [({"thousands": ",", "numbers": ["c"]}, [1250, 3.1])]),
    (["USD 5", "USD 7.5"], {}, [], [({"numbers": ["c"]}, [5, 7.5])]),
    (["(5.00)", "7.00"], {}, [], [({"numbers": ["c"]}, [-5, 7])]),
    (["($5.00)", "$7.00"], {}, [], [({"numbers": ["c"]}, [-5, 7])]),
    (["35%", "4.5 %"], {}, ["'4.5 %'"], [({"numbers": ["c"]}, [35, 4.5])]),
    (["12kg", "5 kg"], {}, ["'kg'"], [({"numbers": ["c"]}, [12, 5])]),
    (["5 ms", "7 ms"], {}, ["'ms'"], [({"numbers": ["c"]}, [5, 7])]),
    (["−5", "+7"], {}, [], [({"numbers": ["c"]}, [-5, 7])]),
    (["$1,250", "$3"], {}, ["1250", "1.25"],
     [({"thousands": ",", "numbers": ["c"]}, [1250, 3]),
      ({"decimal": ",", "thousands": ".", "numbers": ["c"]}, [1.25, 3])]),
    # Codes.
    (["007", "12"], {}, ["'007'"],
     [({"categorical": ["c"]}, ["007", "12"]), ({"numbers": ["c"]}, [7, 12])]),
    (["01234", "98765"], {}, ["'01234'"], [({"categorical": ["c"]}, ["01234", "98765"])]),
    (["12345678901234567890123", "12345678901234567890124"], {}, ["'12345678901234567890123'"],
     [({"categorical": ["c"]}, ["12345678901234567890123", "12345678901234567890124"])]),
    (["0x10", "0x20"], {}, ["'0x10'"], [({"categorical": ["c"]}, ["0x10", "0x20"])]),
    # Words.
    (["EU", "NA", "AS"], {"missing": "impute"}, ["'NA'", "line 3"],
     [({"verbatim": ["c"]}, ["EU", "NA", "AS"]),
      ({"missing_values": ["NA"]}, ["EU", "(missing)", "AS"])]),
    (["full", "None", ""], {"missing": "impute"}, ["'None'"],
     [({"verbatim": ["c"]}, ["full", "None", "(missing)"]),
      ({"missing_values": ["None"]}, ["full", "(missing)", "(missing)"])]),
    (["full", "nan", "null", "?"], {"missing": "impute", "missing_values": ["?"]},
     ["'nan'", "'null'"],
     [({"missing_values": ["?", "nan", "null"]}, ["full", *["(missing)"] * 3])]),
    # A mistake among numbers.
    (["1.5", "2.5", "3.5", "4.5", "5.5", "6.5", "7.5", "?"], {"missing": "impute"},
     ["line 9", "'?'"],
     [({"missing_values": ["?"]}, [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, np.nan])]),
    # Numbers that are half of the cells.
    ([*(f"{i}.5" for i in range(10)), *["?"] * 10], {"missing": "impute"}, ["line 12", "'?'"],
     [({"missing_values": ["?"]}, [*(i + 0.5 for i in range(10)), *[np.nan] * 10])]),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "data", "words", "remedies"), NAMED, ids=str)
def test_a_spelling_is_named_and_the_advised_key_reads_it(
    tmp_path: Path,
    cells: list[str],
    data: dict[str, Any],
    words: list[str],
    remedies: list[tuple[dict[str, Any], list[Any]]],
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table(cells), encoding="utf-8")
    message = refusal(path, separator=";", **data)
    assert "column 'c'" in message
    assert "\n" not in message
    assert all(word in message for word in words), message
    for keys, expected in remedies:
        for key, value in keys.items():
            if value != data.get(key):
                lists = key if isinstance(value, list) else f"{key}: {value!r}"
                assert f"data.{lists}" in message
        found = values(path, **{"separator": ";", **data, **keys})
        cycle = [expected[i % len(expected)] for i in range(ROWS)]
        assert [*map(str, found)] == [
            str(v) if isinstance(v, str) else str(float(v)) for v in cycle
        ]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["2020-01-05", "2020-02-06"], ["2020-01-05", "data.drop"]),
        (["2020-01-05 10:00:00", "2020-02-06 11:00:00"], ["2020-01-05", "data.drop"]),
        (["2020-01-05T10:00:00Z", "2020-02-06T11:00:00Z"], ["2020-01-05", "data.drop"]),
        (["13/05/2020", "02/06/2020"], ["13/05/2020", "data.drop"]),
        (["03/04/2020", "02/06/2020"], ["03/04/2020", "data.drop"]),
        (["5.1.2020", "24.12.2021"], ["5.1.2020", "data.drop"]),
        (["5 Jan 2020", "24 Dec 2021"], ["5 Jan 2020", "data.drop"]),
        (["January 5, 2020", "May 6, 2021"], ["January 5, 2020", "data.drop"]),
        (["10:30", "11:45"], ["10:30", "data.drop"]),
        (["20200105", "20201231"], ["20200105", "data.drop"]),
        (["10:30:00", "11:45:10"], ["10:30", "data.drop"]),
        (["1:05 PM", "11:45 AM"], ["1:05 PM", "data.drop"]),
    ],
)  # fmt: skip
def test_dates_and_times_are_named(tmp_path: Path, cells: list[str], words: list[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table(cells, more=["5", "7", "7"]))
    message = refusal(path, separator=";")
    assert all(word in message for word in ["date", *words]), message
    assert values(path, separator=";", categorical=["c"])[:2] == cells
    raw = read(path, separator=";", drop=["c"])
    assert [*raw.inputs] == ["more"]
    target = refusal(path, "multiclass", separator=";", target="c")
    assert "date" in target
    assert "data.target" in target


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["5 kg", "300 g"], ["'5 kg' in line 2 (kg)", "'300 g' in line 3 (g)"]),
        (["35%", "0.35"], ["'35%' in line 2 (%)", "no unit"]),
        (["$5", "7 €"], ["($)", "(€)"]),
        (["1,23,456", "1,234,567", "12", "15", "17"], ["another way"]),
        (["$5", "$6", "$7", "$8", "free"], ["line 6", "'free'", "data.missing_values"]),
    ],
)
def test_one_column_has_one_unit_and_one_way(
    tmp_path: Path, cells: list[str], words: list[str]
) -> None:
    (tmp_path / "t.csv").write_text(table(cells))
    for numbers in ({}, {"numbers": ["c"]}):
        message = refusal(tmp_path / "t.csv", separator=";", **numbers)
        assert all(word in message for word in words), message


# Cells that are no trouble, and what they are.
PLAIN = [
    ["1-2", "3-4"], ["3+", "1"], ["1.2.3", "1.10.0"], ["A1", "B2"], ["1st", "2nd", "3rd"],
    ["10-19", "20-29"], ["1/2", "3/4"], ["3D", "2D"], ["1a", "2b"], ["4G", "5G"], ["4x4", "4x2"],
    ["Room 5", "Room 6"], ["5 widgets", "7 widgets"], ["none", "some"], ["n.a.", "yes"],
    ["<5", ">=5"], ["0-5", "6+"], ["+", "-"], ["Q1", "Q2"], ["2019-20", "2020-21"], ["a,b", "a"],
    ["192.168.0.1", "10.0.0.1"], ["v1", "v2"], ["May", "June"], ["Mon", "Tue"], ["(a)", "(b)"],
    ["12 Main St", "14 Main St"], ["M", "F"], ["€", "$"], ["%", "kg"], ["5kg", "box"],
    ["Smith, J.", "Doe, A."], ["é", "ü"], ["#1", "#2"], ["1.", "a."], ["E5", "E6"], ["5'", "x"],
]  # fmt: skip
NUMBERS: list[tuple[list[str], list[float]]] = [
    (["0", "1"], [0, 1]), (["1", "2", "3", "4", "5"], [1, 2, 3, 4, 5]),
    (["2019", "2019", "2020"], [2019, 2019, 2020]), (["0.125", "0.25"], [0.125, 0.25]),
    (["1.125", "2.375"], [1.125, 2.375]), (["12.345", "99.120"], [12.345, 99.12]),
    (["0.264", "-0.087"], [0.264, -0.087]), (["0", "2.751", "0.5"], [0, 2.751, 0.5]),
    (["1e5", "2e-3"], [1e5, 2e-3]), (["0", "10"], [0, 10]), (["0.0", "00.5"], [0, 0.5]),
    (["-1", "+0"], [-1, 0]), (["true", "false"], [1, 0]), (["98765", "12345"], [98765, 12345]),
    (["1.5", "NA"], [1.5, np.nan]), (["1.500", "1200.0"], [1.5, 1200]),
    (["5", "4", "4"], [5, 4, 4]), (["20200105", "20201331"], [20200105, 20201331]),
    (["1e30", "5"], [1e30, 5]), (["123456789012345", "1.5"], [123456789012345, 1.5]),
    (["1.1", "2.751", "693"], [1.1, 2.751, 693]),
]  # fmt: skip


@pytest.mark.parametrize("cells", PLAIN, ids=str)
def test_common_categories_stay_categories(tmp_path: Path, cells: list[str]) -> None:
    (tmp_path / "t.csv").write_text(table(cells), encoding="utf-8")
    assert values(tmp_path / "t.csv", separator=";")[: len(cells)] == cells
    y = [1.0, 2.0] * 3 * len(cells)
    for columns in (pa.array(cells * 6), pa.array(cells * 6).dictionary_encode()):
        pq.write_table(pa.table({"c": columns, "y": y}), tmp_path / "t.parquet")
        assert values(tmp_path / "t.parquet")[: len(cells)] == cells


@pytest.mark.parametrize(("cells", "expected"), NUMBERS, ids=str)
def test_common_numbers_stay_numbers(
    tmp_path: Path, cells: list[str], expected: list[float]
) -> None:
    (tmp_path / "t.csv").write_text(table(cells))
    found = values(tmp_path / "t.csv", separator=";", missing="impute")
    np.testing.assert_array_equal(found[: len(cells)], expected)


def test_text_of_a_parquet_file_is_read_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    for cells, keys, expected in (
        (["1.5", "2"], {}, [1.5, 2]),
        (["$5", "$6", None], {}, [5, 6, np.nan]),
        (["1,5", "2"], {"decimal": ","}, [1.5, 2]),
    ):
        pq.write_table(pa.table({"c": pa.array(cells * 6), "y": [1.0, 2.0] * 3 * len(cells)}), path)
        message = refusal(path, missing="impute")
        assert "data.numbers: ['c']" in message
        assert all(f"data.{key}: {value!r}" in message for key, value in keys.items())
        found = values(path, missing="impute", numbers=["c"], **keys)
        np.testing.assert_array_equal(found[: len(cells)], expected)


def test_a_target_is_read_like_an_input(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table(["5", "7", "7"], y2=["12,50 €", "3 €"]), encoding="utf-8")
    message = refusal(path, separator=";", target="y2", drop=["y"])
    assert "data.decimal: ','" in message
    assert "data.numbers: ['y2']" in message
    assert "categorical" not in message
    raw = read(path, separator=";", target="y2", drop=["y"], decimal=",", numbers=["y2"])
    assert raw.target[:2].tolist() == [12.5, 3]
    path.write_text(table(["5", "7", "7"], code=["007", "012"]))
    assert "data.categorical" in refusal(path, "binary", separator=";", target="code")
    found = read(path, "binary", separator=";", target="code", categorical=["code"])
    assert found.classes == ["007", "012"]
    path.write_text(table(["5", "7", "7"], area=["EU", "NA"]))
    assert "data.verbatim" in refusal(path, "binary", separator=";", target="area")
    found = read(path, "binary", separator=";", target="area", verbatim=["area"])
    assert found.classes == ["EU", "NA"]


def test_advice_that_would_spoil_another_column_is_not_given(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(table(["1,5", "2,5"], d=["0.5", "1.25"]))
    message = refusal(path, separator=";")
    assert "'d'" in message
    assert "set data.decimal" not in message
    path.write_text(table(["1.234.567", "12"], d=["1.250", "2.500"]))
    assert "data.decimal: ',' and data.thousands: '.'" in refusal(path, separator=";")
    raw = read(path, separator=";", decimal=",", thousands=".")
    assert raw.inputs["d"].values[:2].tolist() == [1250, 2500]


def written(number: float, decimals: int, style: Style, unit: str) -> str:
    """A number as a style writes it."""
    text = f"{abs(number):,.{decimals}f}".replace(".", "p").replace(",", "t")
    if style.indian:
        whole, *rest = text.replace("t", "").split("p")
        head, tail = whole[:-3], whole[-3:]
        pairs = [head[max(0, i - 2) : i] for i in range(len(head), 0, -2)][::-1]
        text = "p".join(["t".join([*pairs, tail]), *rest])
    text = text.replace("p", style.decimal).replace("t", style.thousands or "")
    sign = "-" if float(f"{number:.{decimals}f}") < 0 else ""
    return sign + (unit + text if unit == "$" else text + unit)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(st.floats(-2e6, 2e6), min_size=1, max_size=8),
    st.integers(0, 4),
    st.sampled_from(numerals.ALL),
    st.sampled_from(["", "$", "%", " kg"]),
)
def test_a_number_is_read_as_it_was_written(
    numbers: list[float], decimals: int, style: Style, unit: str
) -> None:
    texts = [written(number, decimals, style, unit) for number in numbers]
    expected = [float(f"{number:.{decimals}f}") for number in numbers]
    amounts = numerals.read(texts, style)
    assert [amount.number for amount in amounts if amount] == expected
    assert numerals.units(amounts) == [unit.strip()]


@settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.integers(-(10**7), 10**7) | st.integers(-999, 999), min_size=2, max_size=8),
    st.integers(0, 4),
    st.sampled_from(numerals.ALL[1:]),
    st.sampled_from([*numerals.ALL[:2], Style(",")]),
)
def test_marks_are_never_misread_without_a_word(
    tmp_path: Path, numbers: list[int], decimals: int, style: Style, keys: Style
) -> None:
    """Written one way and read by keys of another: right values, categories, or refused."""
    assume(not keys.thousands or style.decimal == keys.decimal)  # the user's own false word
    shown = [number / 10**decimals for number in numbers]
    path = tmp_path / "t.csv"
    path.write_text(table([written(x, decimals, style, "") for x in shown]), encoding="utf-8")
    more = {"thousands": keys.thousands} if keys.thousands else {}
    try:
        found = values(path, separator=";", **({"decimal": ","} if keys.decimal == "," else more))
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    if all(isinstance(value, float) for value in found):
        right = [shown[i % len(shown)] for i in range(ROWS)]
        # Points in every cell, three digits behind each, may be decimals: all by one factor.
        factor = 1000 if style.thousands == "." and keys.decimal == "." else 1
        same = np.allclose(found, right) or np.allclose(np.array(found) * factor, right)
        assert same, (found, right)


def test_a_header_in_the_middle_is_a_line_to_remove(tmp_path: Path) -> None:
    lines = [f"{i}.5;{i % 5}" for i in range(9)]
    (tmp_path / "t.csv").write_text("\n".join(["c;y", *lines, "c;y", *lines]))
    message = refusal(tmp_path / "t.csv", separator=";")
    assert "line 11 repeats the header" in message
    assert "missing_values" not in message


def test_a_column_of_too_many_values_is_not_advised_to_be_a_category(tmp_path: Path) -> None:
    cells = [f"${i}" for i in range(25)]
    text = "c;y\n" + "".join(f"{cell};{i % 7}\n" for i, cell in enumerate(cells))
    (tmp_path / "t.csv").write_text(text)
    message = refusal(tmp_path / "t.csv", separator=";")
    assert "data.numbers: ['c']" in message
    assert "categorical" not in message
