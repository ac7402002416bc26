"""Validation rows choose the file and the recipe; no figure of a test row is even given."""

import math
from typing import Any

import pytest

from secateur.choosing import choice
from secateur.choosing.choice import Candidate, Evidence

GUESS = 1.0


def artifact(size: int, error: float | None, **more: Any) -> dict[str, Any]:
    return {
        "gzip_bytes": {"median": size}, "bytes": {"median": 2 * size},
        "validation": {"median": error, "seeds": {"0": error}}, **more,
    }  # fmt: skip


def of(errors: list[float], size: int = 100, of_file: float | None = None) -> Evidence:
    own = choice.evidence({
        "stripped": artifact(999, sorted(errors)[len(errors) // 2]),
        "minified_float32": artifact(size, of_file or sorted(errors)[len(errors) // 2]),
    })  # fmt: skip
    return own._replace(errors={str(seed): error for seed, error in enumerate(errors)})


def recommended(baseline: Evidence, **recipes: Evidence) -> choice.Recommended:
    return choice.recommend({"baseline": baseline, **recipes}, sorted(recipes), GUESS)


def test_a_file_that_has_lost_the_model_is_not_the_one_to_ship() -> None:
    files = {
        "unstripped": artifact(1, 1.0), "stripped": artifact(100, 1.0),
        "float16": artifact(50, 1.049), "int8": artifact(40, 1.06), "diverged": artifact(30, None),
    }  # fmt: skip
    assert choice.to_ship(choice.candidates(files)) == "float16"
    diverged = {**files, "stripped": artifact(100, None)}
    assert choice.to_ship(choice.candidates(diverged)) == "stripped"


def test_a_keras_file_ships_only_where_no_tflite_file_predicts_like_it() -> None:
    keras = {"stripped": artifact(20, 1.0), "compacted": artifact(10, 1.0)}
    larger = {**keras, "minified_float16": artifact(30, 1.0)}
    assert choice.to_ship(choice.candidates(larger)) == "minified_float16"
    worse = {**keras, "int8": artifact(5, 2.0)}
    assert choice.to_ship(choice.candidates(worse)) == "compacted"


def test_a_file_that_breaks_the_budget_ships_only_where_each_does() -> None:
    files = {"stripped": artifact(20, 1.0), "small": artifact(5, 1.0), "large": artifact(9, 1.0)}
    assert choice.evidence(files).ships == "small"
    assert choice.evidence(files, ["small"]).ships == "large"
    assert choice.evidence(files, ["small", "large"]).ships == "small"


def test_what_may_choose_holds_no_figure_of_a_test_row() -> None:
    """Whatever the figures of test rows, what is chosen is the same, for it does not have them."""
    found = [
        choice.evidence({"stripped": artifact(9, 0.5, mse={"median": error}, accuracy=error)})
        for error in (0.1, 7.0, None)
    ]
    assert found[0] == found[1] == found[2]
    assert Candidate._fields == ("gzip_bytes", "bytes", "error")
    assert Evidence._fields == ("errors", "files", "over")


def test_the_smallest_file_of_the_recipes_that_are_no_worse_is_recommended() -> None:
    found = recommended(of([0.3] * 3), a=of([0.3] * 3, 90), b=of([0.31] * 3, 50))
    assert found == choice.Recommended("a")


def test_a_larger_file_is_offered_if_it_is_better_on_validation_rows() -> None:
    small, large = of([0.2] * 3, 50), of([0.1] * 3, 90)
    assert recommended(of([0.3] * 3), a=small, b=large) == choice.Recommended("a", "b")
    assert recommended(of([0.3] * 3), a=small, b=of([0.2] * 3, 90)) == choice.Recommended("a")


def test_a_network_that_now_and_then_does_not_work_is_not_recommended() -> None:
    """Its median is the best of all: one seed of ten fails, with more seeds one in ten would."""
    near = of([0.1] * 9 + [0.99], 50)
    assert recommended(of([0.09] * 10, 200), a=near).nearest == "a"
    assert recommended(of([0.098] * 10), a=of([0.05] * 9 + [0.99], 50)).chosen is None
    assert recommended(of([0.1] * 10), a=of([0.05] * 9 + [0.99], 50)).chosen == "a"


def test_nothing_of_a_recipe_that_mostly_collapsed_is_recommended() -> None:
    baseline = of([2.0, 0.3, 0.4])
    assert recommended(baseline, a=of([2.0, 0.1, 0.1])).chosen == "a"
    assert recommended(baseline, a=of([1.0, 1.0, 0.1])).chosen is None
    assert recommended(of([2.0, 2.0, 0.1]), a=of([0.1] * 3)) == choice.Recommended(None, lost=True)


@pytest.mark.parametrize("error", [math.inf, 0.4])
def test_where_no_recipe_keeps_the_error_the_nearest_is_named(error: float) -> None:
    found = recommended(of([0.3] * 3), a=of([error] * 3), b=of([math.inf] * 3))
    assert found == choice.Recommended(None, nearest="a")
    if math.isinf(error):  # nor beside a baseline like it
        assert recommended(of([math.inf] * 3), a=of([error] * 3)).chosen is None


def test_without_a_recipe_that_removes_anything_there_is_nothing_to_choose() -> None:
    assert recommended(of([2.0] * 3)) == choice.Recommended(None)


def test_the_seed_that_ships_has_the_lowest_error() -> None:
    assert of([0.3, 0.1, 0.1]).best_seed == 1
    assert of([math.inf, math.inf]).best_seed == 0
