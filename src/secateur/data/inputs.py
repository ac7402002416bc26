"""Learns how one column, or a whole array, is encoded, and stores a table's columns."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from secateur.arrays import mapped
from secateur.arrays.encode import NEW
from secateur.arrays.encoding import Category, Input, Number
from secateur.core.errors import InputError
from secateur.data import columns
from secateur.data.columns import Column

# All images of a set as float64 may not fit into memory.
ROWS_AT_ONCE = 4096
CELLS_AT_ONCE = 1 << 22


def learn(
    where: str, name: str, column: Column, *, standardize: bool, impute: bool
) -> Number | Category:
    """Learn from a column's training rows; raises InputError if all cells are missing."""
    known = column.values[~column.missing]
    if not known.size:
        raise InputError(f"{where}: missing in every training row; put the column in data.drop")
    if column.levels is not None:
        indices, counts = np.unique(known, return_counts=True)
        most_frequent = column.levels[indices[counts.argmax()]] if impute else None
        levels = [column.levels[i] for i in indices]
        return Category(name=name, levels=levels, most_frequent=most_frequent)
    median = float(np.median(known)) if impute else None
    filled = np.where(column.missing, np.median(known), column.values)
    scaling = scale(filled, np.arange(len(filled)), standardize)
    return Number(
        name=name, median=median, mean=scaling["mean"], std=scaling["std"], unit=column.unit
    )


def scale(values: np.ndarray, rows: np.ndarray, standardize: bool) -> dict[str, float]:
    """Return the mean and the population's standard deviation of all numbers in the rows.

    Without `standardize` they are 0 and 1. A constant gets the standard deviation 1: it is only
    centred.
    """
    if not standardize:
        return {"mean": 0.0, "std": 1.0}

    cells = math.prod(values.shape[1:])
    step = max(1, min(ROWS_AT_ONCE, CELLS_AT_ONCE // cells))

    def parts() -> Iterator[np.ndarray]:
        for start in range(0, len(rows), step):
            yield mapped.take(values, rows[start : start + step]).reshape(-1)

    extremes = [(float(part.min()), float(part.max())) for part in parts()]
    low, high = min(low for low, _ in extremes), max(high for _, high in extremes)
    if low == high:
        return {"mean": low, "std": 1.0}
    buffer = np.empty(min(len(rows), step) * cells)  # one: new memory takes time

    def exact() -> Iterator[np.ndarray]:
        for part in parts():
            buffer[: part.size] = part
            yield buffer[: part.size]

    count = len(rows) * cells
    mean = math.fsum(part.sum() for part in exact()) / count
    variance = (
        math.fsum(np.square(np.subtract(part, mean, out=part), out=part).sum() for part in exact())
        / count
    )
    return {"mean": mean, "std": math.sqrt(variance) or 1.0}  # 1e-200 squared is 0


def stored(items: Sequence[Input], table: dict[str, Column]) -> np.ndarray:
    """Return columns as `secateur.arrays.encode` stores them, in the order of `items`."""
    rows = len(next(iter(table.values())).values)
    values = np.empty((rows, len(items)))
    for i, item in enumerate(items):
        column = table[item.name]
        values[:, i] = _codes(item, column) if isinstance(item, Category) else column.values
    return values


def check_seen(
    items: Sequence[Input], table: dict[str, Column], values: np.ndarray, where: str, part: str
) -> None:
    """Raise InputError for a level that is in no training row; `values` are the stored columns.

    `part` names the rows in messages: `test ` or nothing.
    """
    for item, codes in zip(items, values.T, strict=True):
        new = np.flatnonzero(codes == NEW) if isinstance(item, Category) else np.empty(0)
        if not isinstance(item, Category) or not new.size:
            continue
        column = table[item.name]
        level = (column.levels or [])[column.values[new[0]]]
        several = len(np.unique(column.values[new])) - 1
        more = f" (and {several} more levels)" if several else ""
        remedy = (
            "set data.unseen: zeros (all inputs of the column are 0 there), merge rare levels, or "
            "put the column in data.drop"
        )
        if not part:  # models that are trained know no other levels
            remedy = f"known: {columns.listed(item.levels)}; correct it, or leave these rows out"
        raise InputError(
            f"{where}: column {item.name!r}: {level!r}{more} in {new.size} {part}rows is in no "
            f"training row; {remedy}"
        )


def _codes(item: Category, column: Column) -> np.ndarray:
    """Return the index (n,) of each row's learned level, `NEW` for another, NaN where missing."""
    learned = {level: i for i, level in enumerate(item.levels)}
    # The last is for missing cells, whose index is -1.
    codes = np.array([*(learned.get(level, NEW) for level in column.levels or []), np.nan])
    return codes[column.values]
