"""Which rows train, which validate, which test."""

import math
from typing import Annotated

import numpy as np
from pydantic import Field

from secateur.errors import InputError
from secateur.params import Params
from secateur.tables import Rows


class Split(Params):
    """Parameters of `split`."""

    test_size: Annotated[float, Field(gt=0, lt=1)]  # of all rows
    validation_size: Annotated[float, Field(gt=0, lt=1)]  # of the rows that are not test
    random_state: Annotated[int, Field(ge=0, lt=2**32)]


def row_counts(n: int, params: Split) -> tuple[int, int, int]:
    """How many of `n` rows train, validate and test.

    Raises:
        InputError: one of the three would be empty.
    """
    test = math.ceil(n * params.test_size)
    train = math.floor((n - test) * (1 - params.validation_size))
    counts = train, n - test - train, test
    if min(counts) < 1:
        raise InputError(
            f"split: test_size {params.test_size} and validation_size {params.validation_size} of "
            f"{n} rows leave {counts[0]} to train, {counts[1]} to validate, {counts[2]} to test; "
            "each needs at least 1"
        )
    return counts


def split(rows: Rows, params: Split) -> tuple[Rows, Rows, Rows]:
    """Shuffle the rows into train, validation and test.

    The test rows are scikit-learn's (`train_test_split`), and the last of the others validate, as
    Keras's `validation_split` has it, so that the default gives the published experiment's rows.
    """
    train, _, test = row_counts(len(rows.x), params)
    # What scikit-learn does too (a test compares them); importing it takes longer than the stage.
    order = np.random.RandomState(params.random_state).permutation(len(rows.x))
    parts = order[test : test + train], order[test + train :], order[:test]
    return tuple(Rows(rows.x[part], rows.y[part]) for part in parts)  # type: ignore[return-value]
