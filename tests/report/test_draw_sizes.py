"""The figure of size against error, and the files that no other beats."""

import math
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from made_up_results import REGRESSION, results
from secateur.report import draw_sizes, style
from secateur.report.draw_sizes import File, pareto
from secateur.report.references import Reference
from secateur.report.svg import Picture

FILES = [File("a", "stripped", 100, 0.5), File("b", "compacted", 50, 0.25)]
files = st.lists(
    st.builds(
        File, st.just("m"), st.just("r"), st.integers(1, 9),
        st.sampled_from([1.0, 2.0, 3.0, 4.0, math.inf, math.nan]),
    )
)  # fmt: skip


@settings(deadline=None)  # a busy machine is no failure
@given(files)
def test_the_front_is_what_no_other_beats(found: list[File]) -> None:
    finite = [file for file in found if math.isfinite(file.error)]
    front = pareto(found)
    for file in finite:
        beaten = any(
            other.gzip_bytes <= file.gzip_bytes and other.error <= file.error
            and (other.gzip_bytes, other.error) != (file.gzip_bytes, file.error)
            for other in finite
        )  # fmt: skip
        assert (file in front) == (not beaten)


def test_what_is_better_by_rounding_alone_is_not_on_the_front() -> None:
    assert pareto([*FILES, File("c", "compacted", 60, 0.249)]) == FILES[1:]
    assert len(pareto([*FILES, File("c", "compacted", 60, 0.247)])) == 2


def drawn() -> Picture:
    reference = [Reference(name='<script>"x"', gzip_bytes=80, error=0.3),
                 Reference(name="only bytes", gzip_bytes=60)]  # fmt: skip
    with style.style():
        return draw_sizes.size_against_error(FILES, pareto(FILES), reference, REGRESSION)


def test_a_picture_is_the_same_each_time_and_has_no_date() -> None:
    picture = drawn()
    assert picture == drawn()
    assert "<metadata" not in picture.svg
    assert not re.search(r"\d{4}-\d\d-\d\d", picture.svg)


def test_a_picture_says_what_it_shows_and_its_text_stays_text() -> None:
    picture = drawn()
    assert f'<svg role="img" aria-label="{picture.title}' in picture.svg
    assert "b compacted 50 bytes, MSE 0.25" in picture.alt
    for text in ("test MSE", "gzipped bytes", "only bytes"):
        assert text in picture.svg
    assert "<script>" not in picture.svg


def test_the_curve_names_what_it_is_compared_with() -> None:
    points = results([0.1] * 5).points
    with style.style():
        alone = draw_sizes.trade_off(points, REGRESSION)
        beside = draw_sizes.trade_off(points.replace({"kind": {"dense": "random"}}), REGRESSION)
    assert "andom masks" not in alone.title
    assert "Random masks" in beside.title


def test_a_strip_has_every_seeds_error_in_words() -> None:
    with style.style():
        picture = draw_sizes.strip("s", [0.1, math.inf, 0.3], (0.01, 1.0), 1, "test MSE")
    assert picture.alt.endswith("0.1, not finite, 0.3")
