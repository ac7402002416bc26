"""Divides what was read into training, validation and test rows, and tells what it did."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from secateur.core.errors import InputError
from secateur.data import by_time, duplicates, given_parts, grouped, splitting
from secateur.data.part_names import PARTS
from secateur.data.reading import Raw
from secateur.data.split_by import SplitBy
from secateur.data.splitting import Parts, Split


class Divided(NamedTuple):
    """The numbers of the rows of each part, and what a user may want to know."""

    parts: Parts
    notes: Sequence[str]


def divide(raw: Raw, how: Split) -> Divided:
    """Divide the rows as the source or `how` says, or else by chance; anomalous ones only test.

    Where parts are drawn, all anomalous rows are test rows. Where the source, a group or a time
    decides, those of other parts are left out.

    Raises:
        InputError: a part would be empty, or without a row of some class, or no anomalous row
            would test.
    """
    if raw.anomalous is None:
        return _divide(raw, how)
    strange = raw.anomalous
    if raw.split_by is None:
        normal = np.flatnonzero(~strange)
        drawn, notes = _divide(raw.rows(normal)._replace(anomalous=None), how)
        train, validation, test = (normal[rows] for rows in drawn)
        test = np.concatenate([test, np.flatnonzero(strange)])
    else:
        (train, validation, test), notes = _divide(raw, how)
        train, validation = (rows[~strange[rows]] for rows in (train, validation))
    _check_marked(raw.where, strange, (train, validation, test))
    out = int(strange.sum() - strange[test].sum())
    told = f"{raw.where}: {int(strange[test].sum())} anomalous rows test, none trains or validates"
    told += f"; {out} of other parts are left out" if out else ""
    return Divided((train, validation, test), [*notes, told])


def _check_marked(where: str, strange: np.ndarray, parts: Parts) -> None:
    """Raise InputError if a part has no normal row, or the test no anomalous one."""
    for name, rows in zip(PARTS, parts, strict=True):
        if not (~strange[rows]).any():
            raise InputError(
                f"{where}: no normal {name} row; normal rows train, validate and test; change "
                "which rows the part has"
            )
    if not strange[parts[2]].any():
        raise InputError(
            f"{where}: no anomalous row tests; change which rows the test part has, or leave "
            "data.anomaly out"
        )


def _divide(raw: Raw, how: Split) -> Divided:
    """Divide the rows as the source or `how` says, or else by chance.

    With `duplicates: together`, rows that are equal stand in one part. Where the source, a group or
    a time decides, the test keeps all its rows, and a row that equals one of a later part is left
    out.

    Raises:
        InputError: a part would be empty, or without a row of some class.
    """
    classes, by = None if raw.classes is None else raw.target, raw.split_by
    equal = duplicates.repeats(raw.inputs, raw.target) if how.duplicates == "together" else None
    groups = equal.groups if equal else None
    if by is None:
        parts = splitting.split(len(raw.target), how, classes, groups)
        if equal is None or not equal.distinct:
            return Divided(parts, [])
        several = f"{equal.distinct} distinct rows occur several times, {equal.rows} rows in all"
        note = f"{raw.where}: {several}; each stays in one part (split.duplicates): {_told(parts)}"
        return Divided(parts, [note])
    if by.key == "group":
        parts = grouped.split(by, how, classes, raw.classes)
    elif by.key == "time":
        parts = by_time.split(by, how)
    else:
        parts = given_parts.given(by)
    lacking = [name for name, part in zip(PARTS, parts, strict=True) if not part.size]
    whole = sum(map(len, parts))
    if groups is not None:
        parts = _apart(by, parts, groups)
    left_out = whole - sum(map(len, parts))
    parts = given_parts.complete(parts, how, classes, groups)
    _check_classes(by, parts, raw)
    notes = [f"{by.at}: {_told(parts)}"]
    if lacking:
        sizes = " and ".join(f"split.{name}_size" for name in lacking)
        notes.append(
            f"{by.at}: has no {' and no '.join(lacking)} rows; {sizes} of its training rows are "
            "taken for that"
        )
    if left_out:
        notes.append(
            f"{by.at}: {left_out} rows that equal one of a later part are left out; "
            "split.duplicates: ignore keeps them"
        )
    return Divided(parts, notes)


def _told(parts: Parts) -> str:
    train, validation, test = map(len, parts)
    return f"{train} rows train, {validation} validate, {test} test"


def _apart(by: SplitBy, parts: Parts, groups: np.ndarray) -> Parts:
    """Leave out each row that equals a row of a later part."""
    latest = np.zeros(groups.max() + 1, dtype=int)
    for number, part in enumerate(parts):
        latest[groups[part]] = number
    train, validation, test = (
        part[latest[groups[part]] == number] for number, part in enumerate(parts)
    )
    for name, before, after in zip(PARTS, parts, (train, validation, test), strict=True):
        if before.size and not after.size:
            raise InputError(
                f"{by.at}: every {name} row equals a row of a later part; correct the parts, or "
                "set split.duplicates: ignore to keep them"
            )
    return train, validation, test


def _check_classes(by: SplitBy, parts: Parts, raw: Raw) -> None:
    """Raise InputError if a part has no row of some class."""
    for name, part in zip(PARTS, parts, strict=True):
        absent = np.setdiff1d(np.arange(len(raw.classes or [])), raw.target[part])
        if raw.classes and absent.size:
            raise InputError(
                f"{by.at}: class {raw.classes[absent[0]]!r} has no {name} row; each part needs "
                "every class; leave out or merge the class, or change which rows the part has"
            )
