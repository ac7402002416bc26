"""A split by time: the last rows test, those before them validate."""

import numpy as np

from secateur.core.errors import InputError
from secateur.data.split_by import SplitBy
from secateur.data.splitting import Parts, Split, row_counts


def split(by: SplitBy, how: Split) -> Parts:
    """Sort the rows by time and split them; each part's rows are in that order.

    Rows of one time stay in one part: a part begins at the change of time that is nearest to its
    fraction of the rows.

    Raises:
        InputError: there are fewer than three different times.
    """
    order = np.argsort(by.numbers, kind="stable")
    changes = np.flatnonzero(np.diff(by.numbers[order])) + 1  # rows with another time than before
    if len(changes) < 2:
        raise InputError(
            f"{by.at}: {len(changes) + 1} different times; needs at least 3, one each to train, "
            "validate and test; name another column"
        )
    n = len(order)
    test = _nearest(changes[1:], n - row_counts(n, how)[2])
    validation = _nearest(changes[changes < test], test * (1 - how.validation_size))
    return order[:validation], order[validation:test], order[test:]


def _nearest(changes: np.ndarray, row: float) -> int:
    """Return the change nearest to a row; the earlier of two."""
    return int(changes[np.abs(changes - row).argmin()])
