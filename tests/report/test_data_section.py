"""What the source holds, on the page: tables, small pictures, doubts; in Markdown one line."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from made_up_results import FOUND, MADE, results
from secateur.core.errors import InputError
from secateur.data import found
from secateur.data.found import Column, Findings, Level, Part
from secateur.report import data_section, page


def of_classes(counts: list[list[int]], names: str) -> Findings:
    parts = tuple(
        Part(name, sum(own), tuple(map(Level, names, own)), None)
        for name, own in zip(("train", "validation", "test"), counts, strict=True)
    )
    return replace(FOUND, parts=parts)


def test_the_page_has_columns_parts_rows_and_doubts() -> None:
    written = page.write(results([0.1] * 5), MADE, "report")
    section = written.html[written.html.index('<section id="data">') :]
    section = section[: section.index("</section>")]
    for name in ("data_parts", "data_columns", "data_before", "data_after"):
        assert f'id="table-{name}"' in section
    assert "equals the target &lt;i&gt;" in section
    assert "<code>data: {drop: [x0]}</code>" in section
    assert section.count("<svg") == 5  # of two columns and three parts
    for svg in re.findall("<svg.*?</svg>", section, re.DOTALL):
        ElementTree.fromstring(svg)
        assert "#0072b2" not in svg  # the page's own colours, light or dark


def test_markdown_has_one_line_and_the_folder_of_pictures_none() -> None:
    written = page.write(results([0.1] * 5), MADE, "report")
    assert written.markdown.count("data/t.csv") == 1
    assert not any(picture.name.startswith("data_") for picture in written.pictures)
    assert not any(name.startswith("data_") for name in written.tables)


def test_bars_are_as_high_as_their_counts() -> None:
    svg = data_section.bars("b", [2, 0, 4], "three <bins>").svg
    assert re.findall(r' height="([\d.]+)"/>', svg) == ["8.00", "16.00"]
    assert 'aria-label="three &lt;bins&gt;"' in svg


def test_a_class_has_its_rows_by_part_and_the_longest_bar_is_whole() -> None:
    section = data_section.section(of_classes([[60, 20], [20, 5], [20, 5]], "ab"))
    rows = [[cell.text for cell in row] for row in section["parts"].rows]
    assert rows == [["a", "60", "20", "20", "76.9%"], ["b", "20", "5", "5", "23.1%"],
                    ["all", "80", "25", "25", "100%"]]  # fmt: skip
    widths = [
        [float(width) for width in re.findall(r'y="2" width="([\d.]+)"', row[-1].picture.svg)]
        for row in section["parts"].rows[:2]
    ]
    assert [sum(own) for own in widths] == [160, pytest.approx(48)]


def test_numbers_keep_their_digits_and_many_columns_are_cut() -> None:
    column = FOUND.columns[1]
    assert column.numbers is not None
    numbers = replace(column.numbers, least=10115.0, median=10118.5, greatest=1234567.0)
    many = replace(FOUND, columns=(replace(column, numbers=numbers), *[column] * 60))
    section = data_section.section(many)
    assert section["more_columns"] == 61 - len(section["columns"].rows) > 0
    assert section["columns"].rows[0][6].text == "10115 to 1234567, median 10118.5"
    picture = Column("x", "input", "array", "uint8", (4, 4, 3), "", 0, (), None, None, (), None)
    section = data_section.section(replace(FOUND, columns=(picture,), inputs=(), encoded=()))
    assert section["columns"].rows[0][6].text == "4×4×3"
    assert [cell.text for cell in section["after"].head] == ["row", "1"]


def test_findings_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "data.json"
    path.write_text(found.to_json(FOUND), encoding="utf-8")
    assert found.read(path) == FOUND
    path.write_text("{}")
    with pytest.raises(InputError, match="damaged"):
        found.read(path)
