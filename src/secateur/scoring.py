"""How good predictions are."""

import numpy as np

from secateur.errors import InputError
from secateur.tables import Rows


def scores(predicted: np.ndarray, rows: Rows) -> dict[str, float]:
    """Mean squared error, mean absolute error and R² in float64; (n, 1) against `rows.y`.

    R² is 0 for whoever predicts the mean; it is NaN where the targets do not vary.
    """
    if predicted.shape != rows.y.shape:
        raise InputError(f"predictions {predicted.shape} do not fit targets {rows.y.shape}")
    y = rows.y.astype(np.float64)
    error = predicted.astype(np.float64) - y
    with np.errstate(all="ignore"):  # a diverged model scores inf or NaN, which says it
        return {
            "mse": float(np.mean(error**2)),
            "mae": float(np.mean(np.abs(error))),
            "r2": float(1 - np.sum(error**2) / np.sum((y - np.mean(y)) ** 2)),
        }


def collapsed(r2: float) -> bool:
    """Whether a model predicts no better than the mean of the targets, or not at all."""
    return not r2 > 0


def largest_difference(predicted: np.ndarray, source: np.ndarray, rows: Rows) -> float:
    """Between two models' predictions (n,), as a fraction of the targets' range; NaN if not finite.

    Where the targets do not vary, in their own unit.
    """
    with np.errstate(all="ignore"):
        largest = np.max(np.abs(predicted.astype(np.float64) - source.astype(np.float64)))
    return float(largest / (np.ptp(rows.y.astype(np.float64)) or 1.0))
