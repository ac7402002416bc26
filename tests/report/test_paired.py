"""The paired test of two models' errors."""

import math

import pytest
from scipy import stats

from secateur.report import paired


def by_seed(errors: list[float]) -> dict[str, float]:
    return {str(seed): error for seed, error in enumerate(errors)}


OWN, OTHER = [0.1, 0.2, 0.15, 0.3, 0.12], [0.13, 0.21, 0.2, 0.35, 0.11]


def test_is_the_t_test_of_the_logarithms() -> None:
    found = paired.paired(by_seed(OWN), by_seed(OTHER))
    assert found
    logarithms = [math.log(a / b) for a, b in zip(OWN, OTHER, strict=True)]
    expected = stats.ttest_1samp(logarithms, 0)
    interval = expected.confidence_interval(0.95)
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.low, found.high) == pytest.approx(
        (math.exp(interval.low), math.exp(interval.high))
    )
    assert found.ratio == pytest.approx(
        stats.gmean([a / b for a, b in zip(OWN, OTHER, strict=True)])
    )


def test_nine_of_ten_seeds_tell_where_a_sign_test_of_all_would_not() -> None:
    """Worse in nine of ten seeds is no tie."""
    own = by_seed([1.3, 1.2, 1.4, 1.25, 1.3, 1.35, 1.2, 1.3, 1.4, 0.98])
    text = paired.sureness(own, by_seed([1.0] * 10), "control", "test MSE")
    assert text.startswith(
        "Its test MSE is higher than control's: 1.26 times (95% interval 1.17 to"
    )
    assert "paired t-test of the logarithms over ten seeds, p = 5.9e-05)." in text


def test_seeds_that_differ_do_not_tell() -> None:
    text = paired.sureness(by_seed([1.0, 2.0, 0.5]), by_seed([1.1, 1.0, 1.0]), "a", "test MSE")
    assert text.endswith(" a's: these seeds do not tell which is better.")


def test_one_seed_and_errors_that_are_none_have_no_test() -> None:
    assert paired.paired({"0": 1.0}, {"0": 2.0}) is None
    for bad in (None, 0.0):
        assert paired.paired({"0": 1.0, "1": bad}, {"0": 2.0, "1": 1.0}) is None
        text = paired.sureness({"0": 1.0, "1": bad}, {"0": 2.0, "1": 1.0}, "a", "test MSE")
        assert "do not tell" in text


def test_seeds_that_say_the_very_same_need_no_test() -> None:
    equal = paired.paired(by_seed([1.0, 2.0]), by_seed([1.0, 2.0]))
    assert equal
    assert (equal.ratio, equal.p, equal.tells) == (1, 1, False)
    half = paired.paired(by_seed([1.0, 2.0]), by_seed([2.0, 4.0]))
    assert half
    assert (half.ratio, half.p, half.tells) == (0.5, 0, True)
