"""Counts and extremes of values, the same on every machine."""

import numpy as np

from secateur.data.columns import Column
from secateur.data.found import Level, Numbers

MOST_LEVELS = 20  # that are listed
BINS = 16


def levels(values: Column) -> tuple[list[Level], int]:
    """Return the most frequent levels and how many there are; of numbers if they are few."""
    present = values.values[~values.missing]
    if values.levels is None:
        distinct, counts = np.unique(present, return_counts=True)
        if len(distinct) > MOST_LEVELS:
            return [], len(distinct)
        names = [f"{number:.12g}" for number in distinct.tolist()]
    else:
        counts = np.bincount(present.astype(np.int64), minlength=len(values.levels))
        names, counts = [values.levels[i] for i in np.flatnonzero(counts)], counts[counts > 0]
    found = [Level(name, int(count)) for name, count in zip(names, counts, strict=True)]
    return ranked(found), len(found)


def ranked(found: list[Level]) -> list[Level]:
    """Return the most frequent levels, at most `MOST_LEVELS`."""
    return sorted(found, key=lambda level: (-level.count, level.name))[:MOST_LEVELS]


def describe(values: np.ndarray) -> Numbers:
    """Return the extremes, the median and the histogram of the finite ones of some numbers."""
    present = values[np.isfinite(values)]
    low, high = float(present.min()), float(present.max())
    with np.errstate(over="ignore", invalid="ignore"):
        # Elementwise, so that bins are the same on every machine.
        place = (present / 2 - low / 2) / ((high / 2 - low / 2) or 1.0) * BINS
    bins = np.bincount(np.minimum(place.astype(np.int64), BINS - 1), minlength=BINS)
    return Numbers(low, float(np.median(present)), high, tuple(bins.tolist()))
