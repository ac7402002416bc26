"""Errors on validation rows, and intervals that hold what they promise."""

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.choosing import validation
from secateur.core.tasks import TASKS
from secateur.evaluate import scoring

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_the_mean_of_the_rows_is_the_error(task: str) -> None:
    own, rows = TASKS[task], 40
    y = RANDOM.integers(0, 2, (rows, 1)).astype(np.float32)
    predicted = RANDOM.random((rows, 1)).astype(np.float32)
    if task == "multiclass":
        predicted = RANDOM.dirichlet(np.ones(3), rows).astype(np.float32)
        predicted[0] = [0, 1, 0]
    given = Rows(np.zeros((rows, 2), np.float32), y)
    found = validation.by_row(own, predicted, given)
    assert found.shape == (rows,)
    assert found.mean() == pytest.approx(scoring.error(own, predicted, given))


def test_a_row_that_is_not_finite_is_not_a_number() -> None:
    given = Rows(np.zeros((2, 2), np.float32), np.zeros((2, 1), np.float32))
    for task, width in (("regression", 1), ("multiclass", 3)):
        predicted = np.full((2, width), 0.3, np.float32)
        predicted[1] = np.nan
        found = validation.by_row(TASKS[task], predicted, given)
        assert np.isfinite(found).tolist() == [True, False]


def test_the_interval_holds_the_true_ratio_as_often_as_it_says() -> None:
    """Of 100 draws of 5 seeds and 200 rows, at least 80: with few seeds it is a little narrow."""
    held = 0
    for draw in range(100):
        random = np.random.default_rng(draw)
        scale = np.exp(random.normal(0, 0.2, (2, 5, 1)))  # of each model's seeds
        rows = random.exponential(1, (1, 1, 200))  # both models find the same rows hard
        own, other = scale * rows * random.exponential(1, (2, 5, 200)) * [[[0.8]], [[1.0]]]
        found = validation.against(list(own), list(other))
        assert found["low"] is not None
        assert found["high"] is not None
        held += found["low"] <= 0.8 <= found["high"]
    assert 80 <= held <= 99


def test_few_rows_and_seeds_that_differ_make_it_wide() -> None:
    def width(seeds: int, rows: int, apart: float) -> float:
        random = np.random.default_rng(1)
        own = np.exp(random.normal(0, apart, (seeds, 1))) * random.exponential(1, (seeds, rows))
        other = random.exponential(1, (seeds, rows))
        found = validation.against(list(own), list(other))
        assert found["low"]
        assert found["high"]
        return found["high"] / found["low"]

    assert width(5, 1000, 0) < width(5, 20, 0)
    assert width(5, 1000, 0) < width(5, 1000, 1)
    assert width(1, 1000, 1) < 1.4  # of one seed, rows alone are drawn


def test_equal_models_are_equal_for_sure() -> None:
    errors = [RANDOM.random(50) for _ in range(3)]
    assert validation.against(errors, errors) == {"ratio": 1.0, "low": 1.0, "high": 1.0}


@pytest.mark.parametrize("bad", [np.full(50, np.nan), np.zeros(50)])
def test_an_error_that_is_none_has_no_ratio(bad: np.ndarray) -> None:
    errors = [RANDOM.random(50) for _ in range(2)]
    for own, other in (([errors[0], bad], errors), (errors, [bad, errors[1]])):
        assert set(validation.against(own, other).values()) == {None}


def test_a_draw_without_any_error_does_not_matter() -> None:
    """One row alone is wrong: a third of the draws have none."""
    one = np.zeros(50)
    one[7] = 1
    found = validation.against([one], [2 * one])
    assert found == {"ratio": 0.5, "low": 0.5, "high": 0.5}
