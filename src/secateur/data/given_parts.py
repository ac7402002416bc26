"""Parts that the source itself gives; a part that it lacks is cut from the training rows."""

import numpy as np

from secateur.core.errors import InputError
from secateur.data import splitting
from secateur.data.part_names import ALLOWED
from secateur.data.split_by import SplitBy
from secateur.data.splitting import Parts, Split


def given(by: SplitBy) -> Parts:
    """Return the rows of each part, in the source's order; raises InputError if none trains."""
    train, validation, test = (np.flatnonzero(by.numbers == part) for part in range(3))
    if not train.size:
        raise InputError(f"{by.at}: no row trains; allowed: {ALLOWED}; mark rows to train")
    return train, validation, test


def complete(
    parts: Parts, how: Split, classes: np.ndarray | None, groups: np.ndarray | None
) -> Parts:
    """Cut the parts that are empty from the training rows, as `splitting.split` does.

    Raises:
        InputError: a part would be empty, or without a row of some class.
    """
    train, validation, test = parts
    y = None if classes is None else classes[train]
    equal = None if groups is None else np.unique(groups[train], return_inverse=True)[1]
    if not validation.size and not test.size:
        drawn = splitting.split(len(train), how, y, equal)
        return train[drawn[0]], train[drawn[1]], train[drawn[2]]
    if not validation.size:
        rest, held = splitting.hold_out(len(train), "validation", how, y, equal)
        return train[rest], train[held], test
    if not test.size:
        rest, held = splitting.hold_out(len(train), "test", how, y, equal)
        return train[rest], validation, train[held]
    return parts
