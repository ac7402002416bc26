"""Targets: numbers, or the classes of a column."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from secateur.arrays.encoding import Classes
from secateur.core.errors import InputError
from secateur.core.tasks import TaskName
from secateur.data import columns

MOST_CLASSES = 1000
FEWEST_ROWS = 3  # of a class: one each to train, validate and test
FEW_VALUES = 20  # more whole numbers, some of them rare, look like amounts


def convert(where: str, cells: Any, task: TaskName, place: columns.Place) -> columns.Column:
    """Convert an Arrow column to targets; classes are categories, whatever their type.

    Raises:
        InputError: the type does not fit the task, a number is not finite, or all are missing.
    """
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    text = columns.is_text(cells.type)
    if task == "regression" and (text or pa.types.is_boolean(cells.type)):
        count = len(cells.drop_null().unique())
        kind = "text" if text else "true/false"
        fits = "binary" if count == 2 else "multiclass"
        remedy = f"set task: {fits}" if 2 <= count <= MOST_CLASSES else "name another data.target"
        raise InputError(
            f"{where}: {kind} with {count:,} different values; regression predicts numbers; "
            f"{remedy}"
        )
    column = columns.convert(where, cells, place=place)
    if column.missing.all():
        raise InputError(f"{where}: every cell is missing; data.target must name another column")
    if task == "regression" or text:
        return column
    numbers = column.values[~column.missing]
    fractions = numbers[numbers != np.floor(numbers)]
    if fractions.size:
        few = len(np.unique(numbers)) <= FEW_VALUES
        raise InputError(
            f"{where}: holds {fractions[0]}; a class must be a whole number, text or true/false; "
            "this looks like regression: set task: regression"
            + ("; or write classes as text or whole numbers" if few else "")
        )
    return columns.convert(where, cells, categorical=True, place=place)


def each(where: str, cells: Mapping[str, Any], place: columns.Place) -> dict[str, columns.Column]:
    """Convert the Arrow columns of a regression's targets, by their names.

    Raises:
        InputError: one holds no numbers, is missing in all rows, or a number is not finite.
    """
    if len(cells) == 1:
        return {n: convert(f"{where}: target {n!r}", c, "regression", place)
                for n, c in cells.items()}  # fmt: skip
    found = {}
    for name, own in cells.items():
        kind = own.type.value_type if pa.types.is_dictionary(own.type) else own.type
        if columns.is_text(kind) or pa.types.is_boolean(kind):
            what = "text" if columns.is_text(kind) else "true/false"
            raise InputError(
                f"{where}: target {name!r}: {what}; each of several targets must be a column of "
                "numbers; take it out of data.target"
            )
        found[name] = convert(f"{where}: target {name!r}", own, "regression", place)
    return found


def encode(
    where: str, column: columns.Column, task: TaskName, kind: pa.DataType
) -> tuple[np.ndarray, Classes | None]:
    """Return complete targets (n,) as float64, and the classes that they index.

    Classes are sorted and have the Arrow type `kind`. Of two, the second is the positive one.

    Raises:
        InputError: all targets are equal, a class has too few rows, or there are too few or too
            many classes.
    """
    if column.levels is None:
        if column.values.min() == column.values.max():
            raise InputError(
                f"{where}: every row has {column.values[0]}; there is nothing to predict"
            )
        return column.values, None
    distinct, index, counts = np.unique(column.values, return_inverse=True, return_counts=True)
    names = [column.levels[i] for i in distinct]
    shown = ", ".join(f"{name!r}" for name in names[:5]) + (", …" if len(names) > 5 else "")
    if len(names) == 1:
        raise InputError(f"{where}: every row is of class {shown}; needs at least 2 classes")
    numbers = not columns.is_text(kind) and not pa.types.is_dictionary(kind)
    if len(names) > MOST_CLASSES or (
        numbers and len(names) > FEW_VALUES and counts.min() < FEWEST_ROWS
    ):
        remedy = "this looks like regression: set task: regression"
        raise InputError(
            f"{where}: {len(names):,} classes; allowed: 2 to {MOST_CLASSES:,}, each of at least "
            f"{FEWEST_ROWS} rows; {remedy if numbers else 'data.target must name another column'}"
        )
    if task == "binary" and len(names) != 2:
        raise InputError(
            f"{where}: {len(names)} classes ({shown}); binary needs exactly 2; set task: "
            "multiclass, or leave out the rows of other classes"
        )
    if counts.min() < FEWEST_ROWS:
        rare = int(counts.argmin())
        rows = "1 row" if counts[rare] == 1 else f"{counts[rare]} rows"
        raise InputError(
            f"{where}: class {names[rare]!r} has {rows}; needs at least "
            f"{FEWEST_ROWS}, one each to train, validate and test; leave it out or merge it"
        )
    return index.astype(np.float64), _in_type(names, kind)


def _in_type(names: list[str], kind: pa.DataType) -> Classes:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_boolean(kind):
        return [name == "1" for name in names]
    return names if columns.is_text(kind) else [int(name) for name in names]
