"""How a training went, and how a model predicts."""

import math

import numpy as np
import pytest

from made_up_results import REGRESSION, results
from secateur.report import draw_models, style
from secateur.report.results import Data


def test_a_thinned_curve_keeps_its_peaks() -> None:
    losses = np.ones(5000)
    losses[[777, 2345]] = 9, 0.1
    losses[3000] = np.nan
    drawn = draw_models._thinned(losses)
    assert len(drawn) <= draw_models.POINTS + 2
    assert {0, 777, 2345, 4999} <= set(drawn)
    assert list(drawn) == sorted(drawn)
    assert list(draw_models._thinned(losses[:10])) == list(range(10))


def test_curves_say_how_long_and_how_low() -> None:
    own = results([0.1] * 5).curves
    with style.style():
        picture = draw_models.curves("m", own[own["model"] == "control"], REGRESSION)
    assert picture.name == "curves_m"
    assert "5 epochs" in picture.title
    assert "validation MSE 0.4" in picture.title
    assert "50.0%" in picture.alt


def test_residuals_are_in_units_of_the_target_or_its_deviations() -> None:
    errors = {0: np.linspace(-1, 1, 101), 1: np.array([100.0, math.nan])}
    with style.style():
        own = draw_models.residuals("m", errors, Data(REGRESSION, "price"))
        standardized = draw_models.residuals("m", errors, Data(REGRESSION, "price", std=2.5))
    assert "in units of price" in own.svg
    assert "price in standard deviations" in standardized.svg
    assert "1.0% of rows lie outside" in own.alt


@pytest.mark.parametrize("guess", [0.0, math.nan])
def test_predictions_outside_of_the_picture_are_counted(guess: float) -> None:
    true = np.array([1.0, 2.0, 3.0, 4.0])
    with style.style():
        picture = draw_models.predicted(
            "m", true, {0: true, 1: np.full(4, guess)}, Data(REGRESSION, "y")
        )
    assert "50.0% of predictions lie outside" in picture.alt
