"""A split that keeps the rows of a group, such as a patient, in one part."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from secateur.core.errors import InputError
from secateur.data.columns import listed
from secateur.data.split_by import SplitBy
from secateur.data.splitting import Parts, Split

DRAWS = 100  # the one with the best shares of rows and classes is taken
FEWEST = 3  # groups: one each to train, validate and test


class Counts(NamedTuple):
    """How many rows of a class a group has (k,); none where it has none."""

    group: np.ndarray
    label: np.ndarray
    rows: np.ndarray

    def of(self, keep: np.ndarray) -> "Counts":
        """Select by mask (k,)."""
        return Counts(*(values[keep] for values in self))


def split(
    by: SplitBy, how: Split, classes: np.ndarray | None, class_names: Sequence[Any] | None
) -> Parts:
    """Split rows by their groups; `classes` (n,) index `class_names`.

    `test_size` and `validation_size` are fractions of the groups, which are drawn as scikit-learn's
    `GroupShuffleSplit` does. Groups differ in size, so of several draws the one is taken that comes
    nearest to these fractions of rows, of each class.

    Raises:
        InputError: there are fewer than three groups, or a class is in fewer, or the draws leave a
            class out of a part.
    """
    present, groups = np.unique(by.numbers, return_inverse=True)  # dropped rows leave gaps
    names = [(by.groups or [])[number] for number in present]
    labels = np.zeros(len(groups), dtype=int) if classes is None else classes.astype(int)
    pairs, rows = np.unique(groups * (labels.max() + 1) + labels, return_counts=True)
    counts = Counts(*np.divmod(pairs, labels.max() + 1), rows)
    _check(by.at, counts, names, class_names)
    test = _draw(by.at, counts, how.test_size, 2, how.random_state)
    others = counts.of(~np.isin(counts.group, test))
    validation = _draw(by.at, others, how.validation_size, 1, how.random_state)
    held = np.isin(groups, validation), np.isin(groups, test)
    train = np.flatnonzero(~(held[0] | held[1]))
    return train, np.flatnonzero(held[0]), np.flatnonzero(held[1])


def _check(at: str, counts: Counts, names: list[str], class_names: Sequence[Any] | None) -> None:
    """Raise InputError unless there is a group of each class for each part."""
    needs = f"needs at least {FEWEST}, one each to train, validate and test"
    if len(names) < FEWEST:
        raise InputError(
            f"{at}: all rows are of {len(names)} groups ({listed(names)}); {needs}; name another "
            "column"
        )
    for label in np.unique(counts.label):
        groups = [names[group] for group in counts.group[counts.label == label]]
        if class_names and len(groups) < FEWEST:
            raise InputError(
                f"{at}: all rows of class {class_names[label]!r} are of {len(groups)} groups "
                f"({listed(groups)}); {needs}; leave out or merge the class, or name another column"
            )


def _draw(at: str, counts: Counts, share: float, left: int, random_state: int) -> np.ndarray:
    """Return the numbers of the groups of one part; each class keeps `left` other groups."""
    from sklearn.model_selection import ShuffleSplit

    groups, size = np.unique(counts.group), counts.label.max() + 1
    number = min(math.ceil(len(groups) * share), len(groups) - left)
    rows = np.bincount(counts.label, counts.rows)
    draws = []
    shuffles = ShuffleSplit(DRAWS, test_size=number, random_state=random_state)
    for _, drawn in shuffles.split(groups):
        inside = np.isin(counts.group, groups[drawn])
        drawn_of, left_of = (
            np.bincount(counts.label[mask], minlength=size) for mask in (inside, ~inside)
        )
        lacking = int((drawn_of < 1).sum() + (left_of < left).sum())
        shares = np.bincount(counts.label[inside], counts.rows[inside], minlength=size) / rows
        draws.append((lacking, float(np.abs(shares - share).mean()), drawn))
    lacking, _, drawn = min(draws, key=lambda draw: draw[:2])
    if lacking:
        raise InputError(
            f"{at}: of {DRAWS} draws of {number} among {len(groups)} groups, none leaves every "
            "part a group of every class; change split.random_state, split.test_size or "
            "split.validation_size, or leave out or merge rare classes"
        )
    return groups[drawn]
