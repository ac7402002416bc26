"""Splits rows into training, validation and test rows."""

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from secateur.core.errors import InputError, one_line
from secateur.core.params import Params

REMEDY = "change split.test_size or split.validation_size, or leave out or merge rare classes"


class Split(Params):
    """Parameters of `split`."""

    test_size: Annotated[float, Field(gt=0, lt=1, description="Fraction of all rows")]
    validation_size: Annotated[
        float, Field(gt=0, lt=1, description="Fraction of the rows that are not test rows")
    ]
    random_state: Annotated[
        int, Field(ge=0, lt=2**32, description="Seed of the shuffle; scikit-learn's name")
    ]
    duplicates: Annotated[
        Literal["together", "ignore"],
        Field(
            description="Rows with equal inputs and targets: keep them together in one part, or "
            "split them like others"
        ),
    ] = "together"


def row_counts(n: int, params: Split) -> tuple[int, int, int]:
    """Return how many of `n` rows train, validate and test.

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


def split(
    n: int,
    params: Split,
    classes: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shuffle the numbers of `n` rows and split them into train, validation and test.

    The test rows match scikit-learn's `train_test_split`. The last of the others validate, like
    Keras's `validation_split`. The default thus gives the published experiment's rows. With
    `classes` (n,), each part has about the class frequencies of all rows. Rows with the same
    number in `groups` (n,), from 0 in order of appearance, stay in one part: the groups are split
    as if each were one row. A group is of one class.

    Raises:
        InputError: a part would be empty, or would have no row of some class.
    """
    sizes = np.ones(n) if groups is None else np.bincount(groups)
    if groups is None or len(sizes) == n:
        return _split(n, params, classes)
    order = np.argsort(groups, kind="stable")  # row numbers, one group after the other
    starts = np.cumsum(sizes) - sizes
    try:
        parts = _split(len(sizes), params, None if classes is None else classes[order[starts]])
    except InputError as error:
        raise InputError(
            f"{error} (rows that occur several times count once: {len(sizes)} distinct rows of "
            f"{n}; split.duplicates: ignore counts each)"
        ) from None
    train, validation, test = (_rows(part, order, starts, sizes) for part in parts)
    return train, validation, test


def _rows(part: np.ndarray, order: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the rows of the groups in `part`, one group after the other."""
    counts = sizes[part]
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[np.repeat(starts[part], counts) + within]


def _split(
    n: int, params: Split, classes: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    train, validation, test = row_counts(n, params)
    if classes is not None:
        return _stratified(classes, validation, test, params)
    # As in scikit-learn (a test compares them), which takes longer to import than this stage.
    order = np.random.RandomState(params.random_state).permutation(n)
    return order[test : test + train], order[test + train :], order[:test]


def _stratified(
    classes: np.ndarray, validation: int, test: int, params: Split
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the test rows first, then the validation rows from the rest."""
    from sklearn.model_selection import train_test_split

    class_count = len(np.unique(classes))
    parts = {"train": len(classes) - validation - test, "validation": validation, "test": test}
    for name, size in parts.items():
        if size < class_count:
            raise InputError(
                f"split: {size} {name} rows are fewer than the {class_count} classes; {REMEDY}"
            )
    state = params.random_state
    try:
        rest, test_rows = train_test_split(
            np.arange(len(classes)), test_size=test, stratify=classes, random_state=state
        )
        train_rows, validation_rows = train_test_split(
            rest, test_size=validation, stratify=classes[rest], random_state=state
        )
    except ValueError as error:  # two parts need one row of a class
        raise InputError(f"split: {one_line(error)} {REMEDY}") from None
    for name, part in zip(parts, (train_rows, validation_rows, test_rows), strict=True):
        if len(np.unique(classes[part])) < class_count:
            raise InputError(
                f"split: a class has no row among the {len(part)} {name} rows; {REMEDY}"
            )
    return train_rows, validation_rows, test_rows
