"""Figures over seeds: none is left out."""

import math
from pathlib import Path

import pytest

from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.core.seeds import Seeds, over_seeds, seed_file


def test_statistics_over_seeds_at_any_depth() -> None:
    result = over_seeds({7: {"a": {"b": 1}}, 3: {"a": {"b": 2}}, 5: {"a": {"b": 6}}})["a"]["b"]
    assert result == {"median": 2, "seeds": {"7": 1, "3": 2, "5": 6}}


def test_what_is_not_finite_is_not_left_out() -> None:
    result = over_seeds({0: 1.0, 1: float("nan"), 2: 3.0})
    assert math.isnan(result["median"])
    assert math.isnan(result["seeds"]["1"])


@pytest.mark.parametrize("seeds", [[0, 1, 0], [], [-1], [2**32], [1.5], 3])
def test_seeds_that_numpy_would_not_take_or_that_repeat_are_refused(seeds: object) -> None:
    with pytest.raises(InputError, match="seeds"):
        validate(Seeds, seeds, "seeds")
    assert validate(Seeds, [0, 2**32 - 1], "seeds") == [0, 2**32 - 1]


def test_a_seeds_model_has_its_number_in_its_name() -> None:
    assert seed_file(Path("a"), 7) == Path("a/seed_7.h5")
