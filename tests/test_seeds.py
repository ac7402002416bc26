import math

import pytest

from secateur.core.seeds import over_seeds


def test_statistics_over_seeds_at_any_depth() -> None:
    result = over_seeds({7: {"a": {"b": 1}}, 3: {"a": {"b": 2}}, 5: {"a": {"b": 6}}})["a"]["b"]
    assert result.pop("seeds") == {"7": 1, "3": 2, "5": 6}
    assert result == pytest.approx(
        {"median": 2, "mean": 3, "std": math.sqrt(7), "min": 1, "max": 6}
    )


def test_one_seed_has_no_deviation() -> None:
    assert math.isnan(over_seeds({0: 1.0})["std"])


def test_what_is_not_finite_is_not_left_out() -> None:
    result = over_seeds({0: 1.0, 1: float("nan"), 2: 3.0})
    assert all(math.isnan(result[key]) for key in ("median", "mean", "std", "min", "max"))
