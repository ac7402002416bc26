"""How one column, or an array as a whole, becomes inputs of a network."""

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.data import columns
from secateur.data.columns import Column

AT_ONCE = 4096  # rows; float64 of all images of a set may not fit into memory
Positive = Annotated[float, Field(gt=0)]


class Number(Params):
    """A column of numbers: one input, (value - mean) / std."""

    type: Literal["number"] = "number"
    name: str
    mean: float = 0.0
    std: Positive = 1.0
    median: float | None = None  # in place of a missing cell


class Category(Params):
    """A column of categories: for each level an input that is 1 there and else 0."""

    type: Literal["category"] = "category"
    name: str
    levels: Annotated[list[str], Field(min_length=1)]
    most_frequent: str | None = None  # in place of a missing cell

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.levels)) < len(self.levels):
            raise ValueError("levels: one is repeated; each may stand once")
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
    """What a report calls the item's inputs; nothing for an array."""
    if isinstance(item, Category):
        return [f"{item.name}={level}" for level in item.levels]
    return [item.name] if isinstance(item, Number) else []


def learn(
    where: str, name: str, column: Column, *, standardize: bool, impute: bool
) -> Number | Category:
    """Learn from a column's training rows; raises InputError if it is missing in all of them."""
    known = column.values[~column.missing]
    if not known.size:
        raise InputError(f"{where}: missing in every training row; put the column in data.drop")
    if column.levels is not None:
        found, counts = np.unique(known, return_counts=True)
        often = column.levels[found[counts.argmax()]] if impute else None
        return Category(name=name, levels=[column.levels[i] for i in found], most_frequent=often)
    median = float(np.median(known)) if impute else None
    filled = np.where(column.missing, np.median(known), column.values)
    both = scale(filled, np.arange(len(filled)), standardize)
    return Number(name=name, median=median, mean=both["mean"], std=both["std"])


def scale(values: np.ndarray, rows: np.ndarray, standardize: bool) -> dict[str, float]:
    """Mean and standard deviation (of the population) over all of the rows' numbers.

    0 and 1 if there is nothing to `standardize`. What is constant gets the standard deviation 1,
    so that it is only centred.
    """
    if not standardize:
        return {"mean": 0.0, "std": 1.0}

    def parts() -> Iterator[np.ndarray]:
        for start in range(0, len(rows), AT_ONCE):
            yield values[rows[start : start + AT_ONCE]].astype(np.float64).ravel()

    low, high = min(part.min() for part in parts()), max(part.max() for part in parts())
    if low == high:
        return {"mean": float(low), "std": 1.0}
    count = len(rows) * math.prod(values.shape[1:])
    mean = math.fsum(part.sum() for part in parts()) / count
    variance = math.fsum(((part - mean) ** 2).sum() for part in parts()) / count
    return {"mean": mean, "std": math.sqrt(variance) or 1.0}  # 1e-200 squared is 0


def of_array(item: Any, values: np.ndarray) -> np.ndarray:
    """Scale an array as a whole, as float32; raises InputError if one is not finite then."""
    x = np.empty(values.shape, dtype=np.float32)
    for start in range(0, len(values), AT_ONCE):
        part = values[start : start + AT_ONCE].astype(np.float64)
        x[start : start + AT_ONCE] = scaled(item.name, part, item.mean, item.std)
    return x


def of_columns(
    items: Sequence[Input], table: dict[str, Column], unseen: str, where: str, part: str
) -> np.ndarray:
    """Encode columns in the order in which they were learned, as float32 (n, inputs).

    `part` is what the rows are in messages: `test ` or nothing.

    Raises:
        InputError: a cell is missing, or a level new, or a number not finite after scaling.
    """
    rows = len(next(iter(table.values())).values)
    x = np.zeros((rows, sum(len(names(item)) for item in items)), dtype=np.float32)
    start = 0
    for item in items:
        at, column = f"{where}: column {item.name!r}", table[item.name]
        if isinstance(item, Category):
            which = _which(at, item, column, unseen, part)
            seen = np.flatnonzero(which >= 0)
            x[seen, start + which[seen]] = 1
            start += len(item.levels)
        elif isinstance(item, Number):
            values = _filled(at, column, item.median)
            x[:, start] = scaled(at, values, item.mean, item.std)
            start += 1
    return x


def scaled(where: str, values: np.ndarray, mean: float | None, std: float | None) -> np.ndarray:
    """Scale in float64, and give float32; raises InputError if one is not finite then."""
    with np.errstate(over="ignore"):
        scaled = ((values - (mean or 0.0)) / (std or 1.0)).astype(np.float32)
    if not np.isfinite(scaled).all():
        raise InputError(
            f"{where}: after scaling a cell is not finite in float32; see its extremes"
        )
    return scaled


def _filled(where: str, column: Column, value: float | None) -> np.ndarray:
    missing = column.missing
    if value is None and missing.any():
        raise InputError(
            f"{where}: {missing.sum()} cells are missing, the first in "
            f"{columns.row_place(int(missing.argmax()))}; only data.missing: impute fills them"
        )
    return column.values if value is None else np.where(missing, value, column.values)


def _which(where: str, item: Category, column: Column, unseen: str, part: str) -> np.ndarray:
    """The index (n,) of each row's level among those learned, -1 where it is none of them."""
    levels = {level: i for i, level in enumerate(item.levels)}
    fill = levels.get(item.most_frequent) if item.most_frequent is not None else None
    learned = np.array([levels.get(level, -1) for level in column.levels or []], dtype=np.int64)
    missing = column.missing
    which = np.full(len(column.values), -1)
    which[~missing] = learned[column.values[~missing]]
    strange = np.flatnonzero(~missing & (which < 0))
    if strange.size and unseen == "refuse":
        level = (column.levels or [])[column.values[strange[0]]]
        several = len(np.unique(column.values[strange])) - 1
        more = f" (and {several} more levels)" if several else ""
        raise InputError(
            f"{where}: {level!r}{more} in {strange.size} {part}rows is in no training row; set "
            "data.unseen: zeros (all inputs of the column are 0 there), merge rare levels, or put "
            "the column in data.drop"
        )
    return _filled(where, Column(np.where(missing, np.nan, which)), fill).astype(np.int64)
