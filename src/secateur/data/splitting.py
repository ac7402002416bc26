"""Splits rows into training, validation and test rows."""

import math
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.data import stratified
from secateur.data.part_names import PARTS

BY = ("column", "group", "time")  # the keys of which one may be given
Parts = tuple[np.ndarray, np.ndarray, np.ndarray]  # the rows that train, validate and test


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
    column: Annotated[
        str | None,
        Field(
            description="The column, or array of an `.npz`, that says which part a row belongs to: "
            "`train`, `validation` (`val`, `valid`, `dev`) or `test`; it is no input. A part that "
            "it does not name is cut from its training rows"
        ),
    ] = None
    group: Annotated[
        str | None,
        Field(
            description="The column, or array, that names a row's group, such as a patient, device "
            "or speaker: rows of a group stay in one part; it is no input"
        ),
    ] = None
    time: Annotated[
        str | None,
        Field(
            description="The column, or array, of numbers or ISO dates that rows are sorted by: "
            "the last ones test, those before them validate; rows of one time stay in one part; "
            "it is no input"
        ),
    ] = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        given = [key for key in BY if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError(
                f"{given[0]} and {given[1]}: rows are split by one; leave out the other"
            )
        return self

    @property
    def by(self) -> tuple[str, str] | None:
        """Return which of `column`, `group` and `time` is given, and its value."""
        given = [(key, getattr(self, key)) for key in BY]
        return next((pair for pair in given if pair[1] is not None), None)


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
) -> Parts:
    """Shuffle the numbers of `n` rows and split them into train, validation and test.

    The test rows match scikit-learn's `train_test_split`. The last of the others validate, like
    Keras's `validation_split`. The default thus gives the published experiment's rows. With
    `classes` (n,), each part has about the class frequencies of all rows. Rows with the same
    number in `groups` (n,), from 0 in order of appearance, stay in one part: the groups are split
    as if each were one row. A group is of one class.

    Raises:
        InputError: a part would be empty, or would have no row of some class.
    """
    train, validation, test = _together(partial(_split, params), n, classes, groups)
    return train, validation, test


def hold_out(
    n: int,
    part: Literal["validation", "test"],
    params: Split,
    classes: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Cut one part from `n` rows as `split` does; return the numbers of the others and its own."""
    rest, held = _together(partial(_hold_out, params, part), n, classes, groups)
    return rest, held


def _together(
    draw: Callable[[int, np.ndarray | None], tuple[np.ndarray, ...]],
    n: int,
    classes: np.ndarray | None,
    groups: np.ndarray | None,
) -> tuple[np.ndarray, ...]:
    """Draw parts of `n` rows, of groups as if each were one row."""
    sizes = np.ones(n) if groups is None else np.bincount(groups)
    if groups is None or len(sizes) == n:
        return draw(n, classes)
    order = np.argsort(groups, kind="stable")  # row numbers, one group after the other
    starts = np.cumsum(sizes) - sizes
    try:
        parts = draw(len(sizes), None if classes is None else classes[order[starts]])
    except InputError as error:
        raise InputError(
            f"{error} (rows that occur several times count once: {len(sizes)} distinct rows of "
            f"{n}; split.duplicates: ignore counts each)"
        ) from None
    return tuple(_rows(part, order, starts, sizes) for part in parts)


def _rows(part: np.ndarray, order: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the rows of the groups in `part`, one group after the other."""
    counts = sizes[part]
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[np.repeat(starts[part], counts) + within]


def _split(params: Split, n: int, classes: np.ndarray | None) -> Parts:
    train, validation, test = row_counts(n, params)
    if classes is not None:
        stratified.check_sizes(dict(zip(PARTS, (train, validation, test), strict=True)), classes)
        state = (
            params.random_state
        )  # the test rows are drawn first, the validation rows from the rest
        rest, test_rows = stratified.cut(np.arange(n), test, classes, state)
        parts = (*stratified.cut(rest, validation, classes, state), test_rows)
        stratified.check_classes(dict(zip(PARTS, parts, strict=True)), classes)
        return parts
    # As in scikit-learn (a test compares them), which takes longer to import than this stage.
    order = np.random.RandomState(params.random_state).permutation(n)
    return order[test : test + train], order[test + train :], order[:test]


def _hold_out(
    params: Split, part: Literal["validation", "test"], n: int, classes: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    held = math.ceil(n * params.test_size)
    if part == "validation":
        held = n - math.floor(n * (1 - params.validation_size))
    if not 0 < held < n:
        size = f"{part}_size"
        raise InputError(
            f"split: {size} {getattr(params, size)} of {n} rows leaves {n - held} to train and "
            f"{held} for {part}; each needs at least 1"
        )
    if classes is not None:
        stratified.check_sizes({"train": n - held, part: held}, classes)
        rest, rows = stratified.cut(np.arange(n), held, classes, params.random_state)
        stratified.check_classes({"train": rest, part: rows}, classes)
        return rest, rows
    order = np.random.RandomState(params.random_state).permutation(n)
    return order[held:], order[:held]
