"""Draws rows so that each part has about the class frequencies of all rows."""

from collections.abc import Mapping

import numpy as np

from secateur.core.errors import InputError, one_line

REMEDY = "change split.test_size or split.validation_size, or leave out or merge rare classes"


def cut(
    rows: np.ndarray, held: int, classes: np.ndarray, random_state: int
) -> tuple[np.ndarray, np.ndarray]:
    """Cut `held` of these rows, by number, from the others; return the others and them.

    Raises:
        InputError: two parts need one row of a class.
    """
    from sklearn.model_selection import train_test_split

    try:
        rest, drawn = train_test_split(
            rows, test_size=held, stratify=classes[rows], random_state=random_state
        )
    except ValueError as error:
        raise InputError(f"split: {one_line(error)} {REMEDY}") from None
    return rest, drawn


def check_sizes(parts: Mapping[str, int], classes: np.ndarray) -> None:
    """Raise InputError if a part, by its name, would have fewer rows than there are classes."""
    class_count = len(np.unique(classes))
    for name, size in parts.items():
        if size < class_count:
            raise InputError(
                f"split: {size} {name} rows are fewer than the {class_count} classes; {REMEDY}"
            )


def check_classes(parts: Mapping[str, np.ndarray], classes: np.ndarray) -> None:
    """Raise InputError if a part's rows, by their numbers, lack a class."""
    class_count = len(np.unique(classes))
    for name, part in parts.items():
        if len(np.unique(classes[part])) < class_count:
            raise InputError(
                f"split: a class has no row among the {len(part)} {name} rows; {REMEDY}"
            )
