"""A first line that is a row, lines above the header, a line of units: told, and settable."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from user_data import read, refusal

NUMBERS = "0.1257,-0.1321,0.6404,0.5931\n1.3040,0.9471,-0.7037,2.2284\n-2.3,0.5,0.25,1\n"
FLOWERS = "5.1,3.5,setosa\n4.9,3.0,virginica\n4.7,3.2,setosa\n6.1,2.9,virginica\n"
GRID = "a,b,y\n5,0.5,1\n4,1.5,2\n4,2.5,3\n"


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        (NUMBERS, ["p", "q", "r", "y"], 3),
        (FLOWERS, ["p", "q", "y"], 4),
        ("63,1,145,233\n67,1,160,286\n67,1,120,229\n", ["p", "q", "r", "y"], 3),
        ("5,1,1,1,2\n5,4,4,5,7\n3,1,1,1,2\n", ["p", "q", "r", "s", "y"], 3),
        ("p,x,s\ne,x,s\np,b,s\ne,b,y\n", ["q", "r", "y"], 4),
        ("NA,3.5,1\n4.9,,2\n5.1,2,4\n", ["p", "q", "y"], 3),
        ("true,3.5,1\nfalse,2.5,2\ntrue,2,4\n", ["p", "q", "y"], 3),
        ("2020-01-05,3.5,1.5\n2020-01-06,2.5,2.5\n2020-01-07,2,4\n", ["p", "q", "y"], 3),
        ("2019,3.5\n2020,2.5\n2020,2\n", ["p", "y"], 3),
        ("Paris,2019\nRome,2020\nParis,2021\n", ["p", "y"], 3),
    ],
)
@pytest.mark.parametrize("target", ["y", "first"])
def test_a_first_line_that_is_a_row(
    tmp_path: Path, text: str, names: list[str], rows: int, target: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    taken = text.splitlines()[0].split(",")[-1] if target == "first" else "y"
    message = refusal(path, target=taken)
    assert "first line" in message
    assert f"{len(names)} columns in data.header: [" in message
    assert "data.header: true" in message
    task = "multiclass" if text.startswith(("5.1", "p")) else "regression"
    if task == "regression":
        raw = read(path, task, header=names, drop=["p"] if "2020-01" in text else [],
                   missing="impute", categorical=["p"] if "Paris" in text else [])  # fmt: skip
        assert len(raw.target) == rows
        last = [float(line.split(",")[-1]) for line in text.splitlines()]
        assert raw.target.tolist() == last
    assert "first line" not in refusal(path, target="no such", header=True)


@pytest.mark.parametrize(
    "text",
    [
        GRID,
        "0,1,2,3\n5,3,1,2\n3,3,4,4\n",  # pandas's names
        "1,2,3\n5,3,1\n3,3,4\n",
        "1100,1102,1104,y\n0.5,0.25,0.125,1\n0.5,0.5,0.5,2\n",
        "401.32,405.5,409.1,410.2,411.7\n0.5,0.25,0.125,1,2\n0.5,0.5,0.5,2,3\n",
        "2019,2020\n0.5,1.5\n0.25,3.5\n",
        "city,2020\nParis,0.5\nRome,1.5\nParis,2\n",
        "c,d,y\nred,x,u\nblue,z,v\nred,z,v\n",
        "a,y\n1,2\n2,4\n",
        "x1,x2,y\n1,1,1\n2,1,3\n",
        "5 %,95 %,y\n1.5,2.5,1\n2,1,3\n",
    ],
)  # fmt: skip
def test_names_are_no_row(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    target = text.splitlines()[0].split(",")[-1]
    task = "regression" if "red" not in text else "multiclass"
    if task == "regression":
        assert len(read(tmp_path / "t.csv", task, target=target).target) == text.count("\n") - 1
    else:
        assert "class" in refusal(tmp_path / "t.csv", task, target=target)  # too few rows


@pytest.mark.parametrize(
    ("above", "separator"),
    [
        (["Sales of 2020"], ","),
        (["# made by a tool", "# version 3"], ","),
        (["", "Sales of 2020"], ","),
        (["Sales, and more", "", "as of May"], ","),
        (["Sales,,"], ","),
        (["Sales,,", ",,"], ","),
        (["Sales of 2020"], ";"),
        (["﻿Sales; and more"], ";"),
    ],
)
def test_lines_above_the_header(tmp_path: Path, above: list[str], separator: str) -> None:
    path = tmp_path / "t.csv"
    text = "\n".join([*above, GRID.replace(",", separator)])
    path.write_text(text, encoding="utf-8")
    message = refusal(path)
    assert f"data.skip_lines: {len(above)}" in message
    assert ("data.separator" in message) == (separator == ";")
    raw = read(path, skip_lines=len(above), separator=separator)
    assert raw.target.tolist() == [1, 2, 3]
    assert list(raw.inputs) == ["a", "b"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_in_the_file(tmp_path: Path, end: str) -> None:
    path = tmp_path / "t.csv"
    text = end.join(["Sales", "", "a,b,y", "1,2,3", "4,5,6", "", "7,?,9", "1,2,3", "1,2,3", ""])
    path.write_bytes(text.encode())
    assert "line 7" in refusal(path, skip_lines=2)
    assert "skip_lines" in refusal(path, skip_lines=99)
    assert read(path, skip_lines=3, header=["p", "q", "y"], missing="drop",
                missing_values=["?"]).target.tolist() == [3, 6, 3, 3]  # fmt: skip
    assert "line 7" in refusal(path, skip_lines=3, header=["p", "q", "y"])
    assert "line 4: 3 cells, but data.header names 2" in refusal(
        path, skip_lines=3, header=["p", "y"]
    )


@pytest.mark.parametrize("units", ["m,kg,s", "m,,s", "(m),[kg],unit"])
def test_a_line_of_units_below_the_header(tmp_path: Path, units: str) -> None:
    path = tmp_path / "t.csv"
    header, *rows = GRID.splitlines()
    path.write_text("\n".join([header, units, *rows]))
    message = refusal(path)
    keys: dict[str, Any] = {"skip_lines": 2, "header": ["a", "b", "y"]}
    assert "line 2" in message
    assert "data.skip_lines: 2" in message
    assert "data.header: [a, b, y]" in message
    raw = read(path, **keys)
    np.testing.assert_array_equal(raw.inputs["b"].values, [0.5, 1.5, 2.5])


def test_a_wrong_separator_is_advised_only_if_it_cuts_every_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a;b;y\n1;2;3\n4;5\n")
    message = refusal(path)
    assert "set data.separator" not in message
    assert "line 3" in message
    path.write_text("a;b;y\n1;2;3\n4;5;6\n")
    assert 'set data.separator: ";"' in refusal(path)
