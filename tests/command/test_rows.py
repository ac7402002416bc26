"""`secateur predict` reads rows as the training rows were read, with the same keys of `data`."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from secateur.arrays.encoding import Encoding, feature_names
from secateur.command import rows
from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.data import encoding, reading
from secateur.data.parameters import Data

TRAIN = """made by hand
price;share;zip;area;size;y
$1,250;35%;01234;EU;1.5;1
$2,750.5;5 %;98765;NA;2.5;2
$3;7%;01234;AS;3.5;3
$3.50;7%;98765;EU;4.5;4
"""
KEYS: dict[str, Any] = {
    **{"skip_lines": 1, "separator": ";", "thousands": ",", "numbers": ["price", "share"]},
    **{"categorical": ["zip"], "verbatim": ["area"], "missing": "impute", "standardize": False},
}


@pytest.fixture
def learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Encoding:
    """Learned from TRAIN; `params.yaml` says how it is written."""
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TRAIN)
    return learn(**KEYS)


def learn(**keys: Any) -> Encoding:
    section = {"source": "t.csv", **keys}
    with Path("params.yaml").open("w") as file:
        YAML().dump({"data": section}, file)
    data = validate(Data, section, "data")
    raw = reading.read(data, "regression")
    return encoding.learn(raw, np.arange(len(raw.target)), data, "regression")


def encoded(learned: Encoding, text: str) -> list[list[float]]:
    Path("new.csv").write_text(text)
    return rows.read(Path("new.csv"), learned).tolist()


def refusal(learned: Encoding, text: str) -> str:
    with pytest.raises(InputError) as refused:
        encoded(learned, text)
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("new.csv: ")
    return str(refused.value)


HEAD = "price;share;zip;area;size\n"
NAMES = ["price", "share", "zip=01234", "zip=98765", "area=AS", "area=EU", "area=NA", "size"]


def test_the_training_rows_are_read_as_they_were(learned: Encoding) -> None:
    assert feature_names(learned) == NAMES
    expected = [[1250, 35, 1, 0, 0, 1, 0, 1.5], [2750.5, 5, 0, 1, 0, 0, 1, 2.5],
                [3, 7, 1, 0, 1, 0, 0, 3.5], [3.5, 7, 0, 1, 0, 1, 0, 4.5]]  # fmt: skip
    assert encoded(learned, TRAIN) == expected
    below = TRAIN.split("\n", 1)[1]
    assert encoded(learned, below) == expected  # without the line above the header
    for i, line in enumerate(below.splitlines()[1:]):  # row by row
        assert encoded(learned, HEAD + line.rpartition(";")[0] + "\n") == [expected[i]]


def test_the_end_of_a_files_name_says_how_new_rows_are_written(
    learned: encoding.Encoding, tmp_path: Path
) -> None:
    expected = encoded(learned, TRAIN)
    Path("new.csv.gz").write_bytes(gzip.compress(TRAIN.encode()))
    assert rows.read(Path("new.csv.gz"), learned).tolist() == expected
    Path("new.tsv").write_text(TRAIN.replace(";", "\t"))
    assert rows.read(Path("new.tsv"), learned).tolist() == expected


def test_a_missing_cell_is_filled_in_and_a_word_is_not(learned: Encoding) -> None:
    [row] = encoded(learned, HEAD + "NA;;01234;;2\n")
    assert row == [626.75, 7, 1, 0, 0, 1, 0, 2]
    message = refusal(learned, HEAD + "$5;7%;01234;null;2\n")
    assert "'null'" in message
    assert "AS, EU, NA" in message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("5;7%;01234;EU;2", ["'price'", "no unit", "'$'"]),
        ("5 €;7%;01234;EU;2", ["'price'", "'€'", "'$'"]),
        ("$5;0.07;01234;EU;2", ["'share'", "no unit", "'%'"]),
        ("$5;7%;1234;EU;2", ["'zip'", "'1234'", "01234, 98765"]),
        ("$5;7%;01234;EU;big", ["'size'", "'big'", "must be numbers"]),
        ("$5;7%;01234;EU;2 kg", ["'size'", "'kg'", "no unit"]),
        ("$1,25;7%;01234;EU;2", ["'price'", "'$1,25'"]),
        ("$5;7%;01234;XX;2", ["'area'", "'XX'"]),
    ],
)
def test_what_the_models_did_not_learn_is_refused_without_keys_of_training(
    learned: Encoding, line: str, words: list[str]
) -> None:
    message = refusal(learned, HEAD + line + "\n")
    assert all(word in message for word in words), message
    assert "data." not in message


def test_a_file_without_a_header_has_the_names_of_the_training_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("1.5,red,3\n2.5,blue,4\n3.5,red,5\n")
    learned = learn(header=["a", "c", "y"], standardize=False)
    expected = [[7.5, 1, 0]]
    assert encoded(learned, "7.5,blue,3\n") == expected
    assert encoded(learned, "7.5,blue\n") == expected  # the target is to be predicted
    assert encoded(learned, "c,a\nblue,7.5\n") == expected
    assert "1 cells" in refusal_of(learned, "7.5\n")


def refusal_of(learned: Encoding, text: str) -> str:
    with pytest.raises(InputError) as refused:
        encoded(learned, text)
    return str(refused.value)


def test_codes_are_matched_digit_by_digit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    codes = ["12345678901234567890123", "12345678901234567890124"]
    Path("t.csv").write_text(f"a,y\n{codes[0]},1\n{codes[1]},2\n{codes[0]},3\n")
    learned = learn(categorical=["a"])
    assert encoded(learned, f"a\n{codes[1]}\n{codes[0]}\n") == [[0, 1], [1, 0]]
    assert "12345678901234567890125" in refusal(learned, "a\n12345678901234567890125\n")


def test_an_encoding_without_units_is_written_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a,b,y\n5,5%,1\n4,5%,2\n4,7%,2\n")
    plain, percent = learn(numbers=["b"]).model_dump()["columns"]
    assert list(plain) == ["type", "name", "mean", "std", "median"]
    assert percent["unit"] == "%"


@pytest.mark.parametrize("separator", [",", "\t", "|"])
def test_another_separator_is_named_with_that_of_the_training_rows(
    learned: Encoding, separator: str
) -> None:
    text = (HEAD + "$5;7%;01234;EU;2\n").replace(";", separator)
    message = refusal(learned, text)
    assert f"{separator!r}" in message
    assert "';' (data.separator)" in message
    assert "no such column" not in message


def test_a_column_that_is_not_there_is_still_named(learned: Encoding) -> None:
    assert "'size': no such column" in refusal(
        learned, "by hand\nprice;share;zip;area\n$5;7%;0;EU\n"
    )
