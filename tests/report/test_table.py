"""A table as Markdown."""

from secateur.report.svg import Picture
from secateur.report.table import Cell, Table, plain

PICTURE = Picture("name", "title", "what it shows", "<svg/>")


def test_pictures_need_a_folder_and_marks_are_escaped() -> None:
    head = [Cell("a|b"), Cell("every seed", picture=PICTURE), Cell("n")]
    table = Table("t", head, [[Cell("<i>"), Cell("", 1.0, PICTURE), Cell("1\xa0of\xa02")]])
    without = table.markdown()
    assert "every seed" not in without
    assert r"a\|b" in without
    assert "&lt;i&gt;" in without
    assert "1 of 2" in without
    assert "![what it shows](folder/name.svg)" in table.markdown("folder")


def test_numbers_stay_as_they_are_written() -> None:
    table = plain("t", ("name", "version"), [("numpy", "2.10"), ("x", 3)])
    assert [row.split("|")[2].strip() for row in table.markdown().splitlines()[2:]] == ["2.10", "3"]
