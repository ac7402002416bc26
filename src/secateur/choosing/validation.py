"""Errors on validation rows, and how sure they are."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from secateur.arrays.rows import Rows
from secateur.core.tasks import Task

DRAWS = 2000
GROUPS = 500  # of neighbouring rows, at most, which are drawn together: rows may be alike
ENDS = (2.5, 97.5)  # percentiles
DIGITS = 4  # that are kept: the last ones of a sum depend on the processor


def by_row(task: Task, predicted: np.ndarray, rows: Rows) -> np.ndarray:
    """Return each row's own share (n,), in float64, of the task's error, which is their mean.

    `predicted` is (n, outputs). A row whose prediction is not finite gives NaN.
    """
    given = predicted.astype(np.float64)
    with np.errstate(all="ignore"):  # a diverged model predicts inf or NaN
        if task.metric != "log_loss":
            return np.mean((given - rows.targets().astype(np.float64)) ** 2, axis=1)
        share = np.hstack([1 - given, given]) if given.shape[1] == 1 else given
        share = np.where(np.isnan(share), share, np.clip(share, 1e-7, None))  # as `scoring` does
        of_class = share[np.arange(len(share)), rows.y[:, 0].astype(int)]
        return -np.log(of_class / share.sum(axis=1))


def against(own: Sequence[np.ndarray], other: Sequence[np.ndarray]) -> dict[str, float | None]:
    """Return how many times another model's error a model has, and how sure that is.

    `ratio` is the geometric mean over the seeds, of which a seed's own and other error make one
    pair. `low` and `high` are the ends of a 95 % interval, by the percentile bootstrap (B. Efron,
    1979, "Bootstrap Methods: Another Look at the Jackknife"): seeds and rows are drawn anew, both
    models' together. They are None where an error is not finite, or nothing.

    Args:
        own: each row's share of the error (n,), by seed.
        other: the same of the other model, for the same rows and seeds.
    """
    sums = np.array([[_grouped(errors) for errors in model] for model in (own, other)])
    whole = sums.sum(axis=2)  # (models, seeds)
    if not (np.isfinite(whole) & (whole > 0)).all():
        return {"ratio": None, "low": None, "high": None}
    _, seeds, groups = sums.shape
    random = np.random.default_rng(0)
    found = np.empty(DRAWS)
    for draw in range(DRAWS):
        errors = sums[:, :, random.integers(0, groups, groups)].sum(axis=2)
        with np.errstate(divide="ignore", invalid="ignore"):  # a draw may have no error at all
            apart = np.log(errors[0]) - np.log(errors[1])
        found[draw] = apart[random.integers(0, seeds, seeds)].mean()
    low, high = np.percentile(found[~np.isnan(found)], ENDS, method="nearest")
    ratio = np.mean(np.log(whole[0]) - np.log(whole[1]))
    named = {"ratio": ratio, "low": low, "high": high}
    return {name: rounded(float(np.exp(value))) for name, value in named.items()}


def _grouped(errors: np.ndarray) -> list[Any]:
    """Return the sum of each group of rows."""
    return [part.sum() for part in np.array_split(errors, min(len(errors), GROUPS))]


def rounded(value: float) -> float | None:
    """Return a figure with the digits that every processor gives; None if it is not finite."""
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
