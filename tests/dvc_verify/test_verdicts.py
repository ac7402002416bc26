"""Verdicts on made-up figures."""

import math

import pytest

from dvc_verify.limits import Limit
from dvc_verify.verdicts import judge

LOWER = {"better": "lower"}
FIVE = {str(seed): 0.1 + 0.01 * seed for seed in range(5)}


def scaled(factor: float) -> dict[str, float]:
    return {seed: value * factor for seed, value in FIVE.items()}


@pytest.mark.parametrize(
    ("here", "limit", "fault"),
    [
        (FIVE, {**LOWER, "relative": 0.0}, None),
        (scaled(1.2), {**LOWER, "relative": 0.1}, "worse than allowed"),
        (scaled(1.05), {**LOWER, "relative": 0.1}, None),
        (scaled(0.5), {**LOWER, "relative": 0.0}, None),
        (scaled(0.5), {"better": "higher", "relative": 0.1}, "worse than allowed"),
        ({s: v + 0.02 for s, v in FIVE.items()}, {**LOWER, "absolute": 0.01}, "worse than allowed"),
        # Four of five are much worse. The fifth leaves open whether that is chance.
        ({**scaled(2), "0": 0.1}, {**LOWER, "relative": 0.1}, None),
        # One seed alone makes the mean far worse.
        ({**FIVE, "4": 200.0}, {**LOWER, "relative": 0.1}, None),
        ({**FIVE, "4": 200.0}, {"at_most": 100.0}, "200 is over 100"),
        (FIVE, {"at_least": 0.11}, "0.1 is under 0.11"),
        (FIVE, {"at_most": 0.2}, None),
        ({**FIVE, "3": math.nan}, {**LOWER, "relative": 0.1}, "gone or not finite for seed 3"),
        ({"0": 0.1}, {**LOWER, "relative": 1.0}, "gone or not finite for seed 1, 2, 3, 4"),
        ({**FIVE, "3": math.inf}, None, "gone or not finite for seed 3"),
        ({}, None, "gone or not finite for seed 0, 1, 2, 3, 4"),
        ({}, {"optional": True}, None),
    ],
)
def test_what_is_beyond_a_limit(
    here: dict[str, float], limit: dict[str, object] | None, fault: str | None
) -> None:
    judged = judge("mse", FIVE, here, Limit.model_validate(limit) if limit else None)
    assert judged.faults == ([fault] if fault else [])
    assert judged.n == sum(math.isfinite(here.get(seed, math.nan)) for seed in FIVE)


def test_one_value_has_no_interval_and_counts_as_it_is() -> None:
    limit = Limit(better="lower", relative=0.1)
    judged = judge("bytes", {"": 100.0}, {"": 111.0}, limit)
    assert (judged.n, judged.interval, judged.faults) == (1, None, ["worse than allowed"])
    assert judged.worse == pytest.approx(0.11)


def test_any_growth_from_zero_is_infinite() -> None:
    limit = Limit(better="lower", relative=0.1)
    assert judge("bytes", {"": 0.0}, {"": 1.0}, limit).worse == math.inf
    assert judge("bytes", {"": 0.0}, {"": 1.0}, limit).faults == ["worse than allowed"]
    assert judge("bytes", {"": 0.0}, {"": 0.0}, limit).faults == []


def test_any_value_is_better_than_nan() -> None:
    assert judge("mse", {"": math.nan}, {"": 1.0}, Limit(better="lower", relative=0.1)).faults == []


def test_the_interval_is_of_the_median_and_never_changes() -> None:
    here = {"0": 0.12, "1": 0.12, "2": 0.13, "3": 0.2, "4": 0.15}
    limit = Limit(better="lower", absolute=0.0)
    first = judge("mse", FIVE, here, limit)
    assert first == judge("mse", FIVE, here, limit)
    assert first.worse == pytest.approx(0.01)
    assert first.interval == pytest.approx((0.01, 0.07))


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_a_value_that_is_not_finite_is_not_under_a_ceiling(value: float) -> None:
    limit = Limit(at_most=5.0)
    assert judge("new", {}, {"": value}, limit).faults == ["not finite"]
    assert judge("old", {"": value}, {"": value}, limit).faults == ["not finite"]
