"""A CSV is read strictly, and an error names the line where an editor shows it."""

from pathlib import Path
from typing import Any

import pytest

from secateur.data import csv_files
from secateur.data.parameters import Data
from user_data import GOOD, changed, read, refusal

DATA = Data(source="t.csv")


def test_reads_what_spreadsheets_write(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    text = 'größe;"a;b";y\r\n' + "".join(f'{i},5;"x\r\ny";{i}\r\n' for i in range(9))
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    raw = read(path, separator=";", decimal=",")
    assert isinstance(raw.inputs, dict)
    assert raw.inputs["größe"].values[:2].tolist() == [0.5, 1.5]
    assert raw.inputs["a;b"].levels == ["x\r\ny"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("\n\n", []),
        ("a,y\n", []),
        ("a;b;y\n1,5;2;3\n", ["'a;b;y'", 'data.separator: ";"']),
        ("a\ty\n1\t2\n", ['data.separator: "\\t"']),
        (changed(17, "1,2,red"), ["line 17", "3 cells", "4 columns"]),
        (changed(3, "1,2,red,4,5"), ["line 3", "5 cells", "4 columns"]),
        ('a,y\n"1,2\n', ["line 2", "1 cells", "2 columns"]),  # a quote that never ends
        ("a" * 140_000 + ",y\n1,2\n", ["limit"]),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_refuses_what_is_no_table(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    message = refusal(path)
    assert all(word in message for word in [str(path), *words]), message
    assert "\n" not in message


@pytest.mark.parametrize("content", [b"a,y\n1,2\n3,\xff\n", b"\xff\xfea\x00,\x00y\x00\n\x00"])
def test_refuses_what_is_not_utf8(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    line = 3 if content.startswith(b"a") else 1
    message = refusal(tmp_path / "t.csv")
    assert f"t.csv, line {line}: " in message
    assert "UTF-8" in message


def test_says_which_line_is_not_utf8_where_a_block_ends_inside_a_character(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_files, "BLOCK", 16)
    good = b"a,y\n" + b"1,2\n" * 20
    for filler in range(16):
        content = good + b"1," + b"2" * filler + b"\n3,\xc3\n"
        with pytest.raises(csv_files.InputError, match=r"line 23: .*UTF-8"):
            csv_files.opened(content, "t.csv", DATA)
        right = csv_files.opened(content.replace(b"\xc3", "é".encode()), "t", DATA)
        assert csv_files.read(right).num_rows


@pytest.mark.parametrize(
    ("row", "place"), [(0, "line 2"), (1, "line 4"), (2, "line 6"), (9, "row 9 (counted from 0)")]
)
def test_a_row_is_found_by_its_last_line(row: int, place: str) -> None:
    text = 'a,y\n1,2\n"x\ny",3\n\n4,5\n'
    assert csv_files.place(csv_files.opened(text.encode(), "t", DATA), row) == place


def test_a_row_of_a_file_that_python_cannot_read_is_found_by_its_number() -> None:
    text = "a,y\n" + "1" * 140_000 + ",2\n"
    file = csv_files.opened(text.encode(), "t", DATA)
    assert csv_files.place(file, 0) == "row 0 (counted from 0)"


def test_the_words_that_pandas_takes_for_missing_are_missing_among_numbers(tmp_path: Path) -> None:
    words: list[Any] = ["", "NA", "NaN", "null", "None", "<NA>", "?", "5"]
    (tmp_path / "t.csv").write_text("a,y\n" + "".join(f"{w},{i}\n" for i, w in enumerate(words)))
    for categorical in ([], ["a"]):
        raw = read(tmp_path / "t.csv", missing="impute", missing_values=["?"],
                   categorical=categorical)  # fmt: skip
        assert isinstance(raw.inputs, dict)
        assert raw.inputs["a"].levels == (["5"] if categorical else None)
        assert raw.inputs["a"].missing.tolist() == [True] * 7 + [False]


def test_the_good_file_is_good(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(GOOD)
    assert len(read(tmp_path / "t.csv").target) == 40
