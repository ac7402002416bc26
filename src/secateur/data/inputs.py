"""Encodes one column, or a whole array, as inputs of a network."""

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.data import columns
from secateur.data.columns import Column

ROWS_AT_ONCE = 4096  # all images of a set as float64 may not fit into memory
Positive = Annotated[float, Field(gt=0)]


class Number(Params):
    """A column of numbers: one input, (value - mean) / std."""

    type: Literal["number"] = "number"
    name: str
    mean: float = 0.0
    std: Positive = 1.0
    median: float | None = None  # replaces a missing cell
    # Of numbers that were text, such as "kg"; left out of the file for all others.
    unit: str = Field(default="", exclude_if=lambda unit: not unit)


class Category(Params):
    """A column of categories: one input per level, 1 at that level and 0 elsewhere."""

    type: Literal["category"] = "category"
    name: str
    levels: Annotated[list[str], Field(min_length=1)]
    most_frequent: str | None = None  # replaces a missing cell

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.levels)) < len(self.levels):
            raise ValueError("levels: a level is repeated; list each once")
        if self.most_frequent not in (None, *self.levels):
            raise ValueError(f"most_frequent: {self.most_frequent!r}: is not among levels")
        return self


class Array(Params):
    """An array of any shape, scaled as a whole."""

    type: Literal["array"] = "array"
    name: str = "x"
    mean: float = 0.0
    std: Positive = 1.0


Input = Annotated[Number | Category | Array, Field(discriminator="type")]


def names(item: Input) -> list[str]:
    """Return the names of the item's inputs; none for an array."""
    if isinstance(item, Category):
        return [f"{item.name}={level}" for level in item.levels]
    return [item.name] if isinstance(item, Number) else []


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

    def parts() -> Iterator[np.ndarray]:
        for start in range(0, len(rows), ROWS_AT_ONCE):
            yield values[rows[start : start + ROWS_AT_ONCE]].astype(np.float64).ravel()

    low, high = min(part.min() for part in parts()), max(part.max() for part in parts())
    if low == high:
        return {"mean": float(low), "std": 1.0}
    count = len(rows) * math.prod(values.shape[1:])
    mean = math.fsum(part.sum() for part in parts()) / count
    variance = math.fsum(((part - mean) ** 2).sum() for part in parts()) / count
    return {"mean": mean, "std": math.sqrt(variance) or 1.0}  # 1e-200 squared is 0


def of_array(item: Any, values: np.ndarray) -> np.ndarray:
    """Scale a whole array to float32; raises InputError if a result is not finite."""
    x = np.empty(values.shape, dtype=np.float32)
    for start in range(0, len(values), ROWS_AT_ONCE):
        part = values[start : start + ROWS_AT_ONCE].astype(np.float64)
        x[start : start + ROWS_AT_ONCE] = scaled(item.name, part, item.mean, item.std)
    return x


def of_columns(
    items: Sequence[Input], table: dict[str, Column], unseen: str, where: str, part: str
) -> np.ndarray:
    """Encode columns as float32 (n, inputs), in the order of `items`.

    `part` names the rows in messages: `test ` or nothing.

    Raises:
        InputError: a cell is missing, a level is new, or a number is not finite after scaling.
    """
    rows = len(next(iter(table.values())).values)
    x = np.zeros((rows, sum(len(names(item)) for item in items)), dtype=np.float32)
    start = 0
    for item in items:
        at, column = f"{where}: column {item.name!r}", table[item.name]
        if isinstance(item, Category):
            levels = _level_indices(at, item, column, unseen, part)
            seen = np.flatnonzero(levels >= 0)
            x[seen, start + levels[seen]] = 1
            start += len(item.levels)
        elif isinstance(item, Number):
            values = _filled(at, column, item.median)
            x[:, start] = scaled(at, values, item.mean, item.std)
            start += 1
    return x


def scaled(where: str, values: np.ndarray, mean: float | None, std: float | None) -> np.ndarray:
    """Scale in float64, return float32; raises InputError if a result is not finite."""
    with np.errstate(over="ignore"):
        scaled = ((values - (mean or 0.0)) / (std or 1.0)).astype(np.float32)
    if not np.isfinite(scaled).all():
        raise InputError(
            f"{where}: a cell is not finite in float32 after scaling; check the extremes"
        )
    return scaled


def _filled(where: str, column: Column, value: float | None) -> np.ndarray:
    missing = column.missing
    if value is None and missing.any():
        raise InputError(
            f"{where}: {missing.sum()} cells are missing, the first in "
            f"{columns.row_place(int(missing.argmax()))}; fill them, or train with "
            "data.missing: impute"
        )
    return column.values if value is None else np.where(missing, value, column.values)


def _level_indices(
    where: str, item: Category, column: Column, unseen: str, part: str
) -> np.ndarray:
    """Return the index (n,) of each row's learned level, -1 for a new level."""
    levels = {level: i for i, level in enumerate(item.levels)}
    fill = levels.get(item.most_frequent) if item.most_frequent is not None else None
    learned = np.array([levels.get(level, -1) for level in column.levels or []], dtype=np.int64)
    missing = column.missing
    indices = np.full(len(column.values), -1)
    indices[~missing] = learned[column.values[~missing]]
    new = np.flatnonzero(~missing & (indices < 0))
    if new.size and unseen == "refuse":
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
            f"{where}: {level!r}{more} in {new.size} {part}rows is in no training row; {remedy}"
        )
    return _filled(where, Column(np.where(missing, np.nan, indices)), fill).astype(np.int64)
