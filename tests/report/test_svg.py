"""From a figure to SVG: colours of the page inside it, white paper in a file."""

import numpy as np
import pytest

from secateur.report import style, svg


@pytest.fixture
def picture() -> svg.Picture:
    with style.style():
        figure = svg.canvas(60)
        svg.place(figure, "A title", 20).plot([1, 2.123456789])
        return svg.draw(figure, "name", "A title", 'Words <with> "marks"')


def test_a_page_gives_the_colours_and_a_file_has_paper(picture: svg.Picture) -> None:
    assert style.INK in picture.svg
    assert style.INK not in picture.inline()
    assert "var(--ink)" in picture.inline()
    assert 'fill="#ffffff"' in picture.standalone()
    assert 'fill="#ffffff"' not in picture.inline()


def test_who_does_not_see_it_is_told_and_numbers_are_short(picture: svg.Picture) -> None:
    assert 'aria-label="A title. Words &lt;with&gt; &quot;marks&quot;"' in picture.svg
    assert ".123" not in picture.svg
    assert "pt" not in picture.svg.split(">")[0]


def test_a_large_matrix_is_shown_by_what_is_farthest_from_zero() -> None:
    matrix = np.zeros((4, 6))
    matrix[0, 1], matrix[1, 0], matrix[3, 5] = 1.0, -2.0, 3.0
    assert svg.coarse(matrix, 2, 3).tolist() == [[-2, 0, 0], [0, 0, 3]]
    np.testing.assert_array_equal(svg.coarse(matrix, 4, 6), matrix)


@pytest.mark.parametrize(("low", "high"), [(0.1, 0.2), (1.0, 90.0), (1e-3, 1e3), (0.5, 0.5001)])
def test_a_logarithmic_axis_has_at_least_two_numbers(low: float, high: float) -> None:
    with style.style():
        axes = svg.canvas(60).add_axes((0, 0, 1, 1))
        svg.log_scale(axes.yaxis, low, high)
        shown = [tick for tick in axes.yaxis.get_majorticklocs() if low <= tick <= high]
    assert len(shown) >= 2
