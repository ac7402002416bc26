"""A line of units is told from a row that has mistakes, and from a row that misses cells."""

from pathlib import Path

import pytest

from user_data import read, refusal


@pytest.mark.parametrize("first", [",,", "?,2,3", "?,?,3", ",,?"])
def test_a_row_is_no_line_of_units(tmp_path: Path, first: str) -> None:
    (tmp_path / "t.csv").write_text(f"a,b,y\n{first}\n" + "1,2,3\n2,3,4\n" * 4)
    raw = read(tmp_path / "t.csv", missing="drop", missing_values=["?"])
    assert len(raw.target) == 8
    assert "skip_lines" not in refusal(tmp_path / "t.csv")


def test_names_are_quoted_where_yaml_needs_it(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('"a: b",c d,y\nm,kg,s\n1,2,3\n2,3,4\n')
    assert "data.header: ['a: b', c d, y]" in refusal(tmp_path / "t.csv")
