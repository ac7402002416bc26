"""Figures over the seeds in few words."""

import math
import re
from html import unescape

import pytest
from markdown_it import MarkdownIt

from secateur.report import formatting
from secateur.report.formatting import Comparison, compare


def test_models_are_compared_seed_by_seed() -> None:
    found = compare({"0": 1.0, "1": 2.0, "2": 5.0}, {"0": 2.0, "1": 2.0, "2": 1.0})
    assert found == Comparison(lower=1, higher=1, seeds=3, median=0.0)


def test_what_is_not_finite_is_higher_than_anything_and_has_no_difference() -> None:
    found = compare({"0": None, "1": 1.0}, {"0": 9.0, "1": None})
    assert (found.lower, found.higher) == (1, 1)
    assert math.isnan(found.median)
    assert formatting.difference(found).startswith("not finite")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (Comparison(0, 0, 5, 0.0), "the same"),
        (Comparison(4, 1, 5, -0.01234), "-0.0123, lower in 4 of 5"),
        (Comparison(0, 1, 5, 1.0), "+1, lower in 0 of 5"),
    ],
)
def test_a_difference_fits_a_cell(found: Comparison, text: str) -> None:
    assert formatting.difference(found).replace("\xa0", " ") == text


def test_a_spread_is_median_and_range_and_of_one_seed_the_figure() -> None:
    figure = {"median": 0.12345, "seeds": {"0": 0.1, "1": 2}}
    assert formatting.spread(figure).replace("\xa0", " ") == "0.123 (0.1 to 2)"
    lost = {"median": None, "seeds": {"0": 0.1, "1": None}}
    assert formatting.spread(lost).replace("\xa0", " ") == "not finite (not finite to not finite)"
    assert formatting.spread(figure, digits=4).startswith("0.1235 ")
    assert formatting.spread({**figure, "seeds": {"0": 1}}) == "0.123"


@pytest.mark.parametrize("figure", [None, math.nan, math.inf, -math.inf])
def test_a_figure_that_is_not_finite_is_said(figure: float | None) -> None:
    assert formatting.number(figure) == "not finite"


def test_a_long_name_keeps_both_its_ends() -> None:
    assert formatting.shorten("a" * 16) == "a" * 16
    short = formatting.shorten("the_beginning_and_the_end")
    assert len(short) == 16
    assert short.startswith("the_begi")
    assert short.endswith("the_end")


def test_numbers_in_words_and_seeds() -> None:
    assert [formatting.count(n) for n in (0, 1, 10, 11)] == ["no", "one", "ten", "11"]
    assert [formatting.seeds(n) for n in (1, 2)] == ["1 seed", "2 seeds"]


def test_a_users_name_is_readable_on_one_line() -> None:
    assert formatting.printable("a\nb`c\x00 é") == "a?b`c? é"
    assert formatting.printable("a\u202eb") == "a?b"  # would turn round all that follows


NASTY = [
    "*bold*", "<b>b</b>", "a|b", "`code`", "[link](http://example.org)", "![i](x.svg)", "__init__",
    "_a_", "a_b", "# head", "$x$", "~~gone~~", "back\\slash", "&lt;", "&amp;amp;", "&#65;", "שלום",
    "<!-- -->", "- item", "1. item", "x" * 200, "]", "\\|", "```",
]  # fmt: skip


@pytest.mark.parametrize("name", NASTY)
def test_markdown_shows_a_name_as_it_is(name: str) -> None:
    """As GitHub's Markdown does, which is CommonMark with tables."""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    escaped = formatting.markdown(name)
    html = reader.render(f"| head | other |\n|:-|-:|\n| {escaped} | 1 |\n")
    cells = re.findall(r"<td[^>]*>(.*?)</td>", html)
    assert [unescape(cell) for cell in cells] == [name, "1"]
    picture = reader.render(f"![{escaped}. More](report/x.svg)")
    assert unescape(re.findall(r'alt="(.*?)"', picture)[0]) == f"{name}. More"
    assert "whole_model" in formatting.markdown("whole_model")  # as people read it in a terminal
