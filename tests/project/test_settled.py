"""What is doubtful in a source is settled by the keys that its doubts name."""

from pathlib import Path

import numpy as np
import pytest

import odd_table
from secateur.core.errors import InputError
from secateur.data.splitting import Split
from secateur.project import settled


def test_a_table_with_everything_odd_is_read_by_the_keys(tmp_path: Path) -> None:
    found = settled.settle(str(odd_table.write(tmp_path / "odd.csv")), "label", "binary")
    assert found.keys["separator"] == ";"
    assert found.keys["decimal"] == ","
    assert found.keys.get("thousands") != ","
    assert found.keys["categorical"] == ["zip"]
    assert found.keys["missing"] == "impute"
    assert set(found.keys["drop"]) == {"id", "date", "const", "copy"}
    why = dict(settled.left_out(found))
    assert set(why) == {"id", "date", "const", "copy"}
    assert "identifier" in why["id"]
    assert "7" in why["const"]
    assert "label" in why["copy"]
    kinds = {column.name: (column.role, column.kind) for column in found.findings.columns}
    assert kinds["size"] == kinds["weight"] == ("input", "number")
    assert kinds["label"] == ("target", "category")
    weight = found.findings.column("weight").numbers
    assert weight is not None
    assert 1 < weight.least < weight.greatest < 9


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("a;b\n1,5;2,5\n3;4\n", ";"),
        ("a,b\n1;5,2\n3,4\n", ","),
        ("a\tb\n1\t2\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ('a;b\n"x,y";2\n"z";3\n', ";"),
        ("a\n1\n2\n", ","),
        ('a,"b;c",d\n1,"2;3",4\n', ","),
    ],
)
def test_the_separator_gives_each_line_as_many_cells(
    tmp_path: Path, text: str, separator: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    assert settled.separator_of(str(path)) == separator


def test_a_plain_source_needs_no_key(tmp_path: Path) -> None:
    lines = [f"{i / 7},{i % 5 / 3},{i % 2}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,y", *lines]) + "\n")
    assert settled.settle(str(tmp_path / "t.csv"), "y").keys == {}
    draws = np.random.default_rng(0)
    np.savez(tmp_path / "a.npz", x=draws.normal(size=(30, 3)), y=np.arange(30) % 3)
    found = settled.settle(str(tmp_path / "a.npz"), "y")
    assert found.keys == {}
    assert found.findings.rows == 30


def test_what_no_key_settles_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((30, 3)), y=np.arange(30) % 3)
    with pytest.raises(InputError, match=r"a\.npz: column 'x': every number is 0"):
        settled.settle(str(tmp_path / "a.npz"), "y")


def test_a_column_that_is_left_out_is_nothing_else(tmp_path: Path) -> None:
    lines = [f"{10**25 + i * 7},{i / 7},{i % 2}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["big: #1,a,y", *lines]) + "\n")
    found = settled.settle(str(tmp_path / "t.csv"), "y", "binary")
    assert found.keys == {"drop": ["big: #1"]}
    assert {doubt.column for doubt in found.doubts} == {"big: #1"}
    assert all("#1'" not in why for _, why in settled.left_out(found))


def test_keys_that_are_given_stay_and_what_is_found_joins_their_lists(tmp_path: Path) -> None:
    source = str(odd_table.write(tmp_path / "odd.csv"))
    found = settled.settle(
        source, "label", "binary", {"drop": ["size"], "missing": "drop", "numbers": ["zip"]}
    )
    assert set(found.keys["drop"]) == {"size", "id", "date", "const", "copy"}
    assert found.keys["missing"] == "drop"
    assert found.keys["numbers"] == ["zip"]
    assert "categorical" not in found.keys
    assert dict(settled.left_out(found))["size"] == "as asked"


def test_a_column_that_splits_is_no_input_and_is_not_dropped(tmp_path: Path) -> None:
    source = str(odd_table.write(tmp_path / "odd.csv"))
    how = Split(test_size=0.2, validation_size=0.2, random_state=0, group="id")
    found = settled.settle(source, "label", "binary", how=how)
    assert "id" not in found.keys["drop"]
    assert found.findings.column("id").role == "split"


@pytest.mark.parametrize("missing", [False, True])
def test_decimal_commas_beside_points_between_thousands(tmp_path: Path, missing: bool) -> None:
    """`2.037` alone would be a number; beside `1,1` it is two thousand."""
    lines = []
    for i in range(40):
        second = "NA" if missing and i == 3 else f"{i % 9},5"
        price, label = f"{2 + i % 3}.{100 + i * 37 % 900}", "ja" if i % 2 else "nein"
        lines.append(f"{i},{i % 7};{second};{price};{label}")
    if missing:
        lines[5] = "1,1;;2.037;ja"
    (tmp_path / "t.csv").write_text("\n".join(["a;b;p;k", *lines]) + "\n")
    found = settled.settle(str(tmp_path / "t.csv"), "k", "binary")
    assert (found.keys["decimal"], found.keys["thousands"]) == (",", ".")
    assert "drop" not in found.keys
    assert found.keys.get("missing") == ("impute" if missing else None)
    price = found.findings.column("p").numbers
    assert price is not None
    assert price.least >= 2000
