"""`models/encoding.json`: the constants that turn stored values into inputs and targets.

The stage `split` learns them from the training rows alone.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

import numpy as np
from pydantic import Field, model_validator

from secateur.core import params
from secateur.core.errors import InputError, must_exist, one_line
from secateur.core.params import Params
from secateur.core.tasks import TaskName

Classes = list[bool] | list[int] | list[str]
Positive = Annotated[float, Field(gt=0)]
T = TypeVar("T")
Several = Annotated[list[T], Field(min_length=2)]


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


class Image(Params):
    """How pictures became arrays; their size is that of the encoding."""

    color: Literal["rgb", "grayscale", "rgba"]
    resize: Literal["stretch", "crop", "pad"] | None


class Array(Params):
    """An array of any shape, scaled as a whole."""

    type: Literal["array"] = "array"
    name: str = "x"
    mean: float = 0.0
    std: Positive = 1.0
    # Of rows that were pictures; left out of the file for all others.
    image: Image | None = Field(default=None, exclude_if=lambda image: image is None)


Input = Annotated[Number | Category | Array, Field(discriminator="type")]


class Target(Params):
    """A number, predicted as (value - mean) / std, or classes, predicted by index.

    Of several numbers, each of `name`, `mean` and `std` is a list with one entry for each. An
    autoencoder's targets are the inputs, as they are encoded: `inputs` alone says so.
    """

    name: str | Several[str]
    mean: float | Several[float] | None = None
    std: Positive | Several[Positive] | None = None
    classes: Annotated[Classes, Field(min_length=2)] | None = None
    inputs: bool = Field(default=False, exclude_if=lambda inputs: not inputs)

    @property
    def names(self) -> list[str]:
        """Return a name for each number."""
        return [self.name] if isinstance(self.name, str) else self.name

    @model_validator(mode="after")
    def _as_many(self) -> Self:
        if not isinstance(self.name, str):
            lengths = {len(v) if isinstance(v, list) else 0 for v in (self.mean, self.std)}
            if lengths != {len(self.name)} or self.classes is not None:
                raise ValueError("target: several names need as many means and stds, no classes")
        elif isinstance(self.mean, list) or isinstance(self.std, list):
            raise ValueError("target: several means and stds need as many names")
        return self


class Encoding(Params):
    """What was learned from the training rows; `read` loads it."""

    task: TaskName
    shape: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]  # of one row's inputs
    columns: Annotated[list[Input], Field(min_length=1)]
    target: Target
    unseen: Literal["refuse", "zeros"] = "refuse"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        arrays = [item for item in self.columns if isinstance(item, Array)]
        if arrays and len(self.columns) > 1:
            raise ValueError("columns: an array must be the only input")
        if not arrays and self.shape != [len(feature_names(self))]:
            raise ValueError(f"shape: {self.shape}: the columns give {[len(feature_names(self))]}")
        scaled = self.target.mean is not None and self.target.std is not None
        classes = self.target.classes
        if self.target.inputs:
            if scaled or classes is not None or self.task != "regression":
                raise ValueError("target.inputs: takes no mean, std or classes, and regression")
            return self
        if scaled != (self.task == "regression") or (classes is None) != scaled:
            raise ValueError("target: regression needs mean and std, other tasks need classes")
        if self.task == "binary" and len(classes or []) != 2:
            raise ValueError("target.classes: binary needs exactly two")
        return self

    def outputs(self, predicted: Any) -> np.ndarray:
        """Decode predictions (n, outputs) to numbers or classes of the target (n,).

        An autoencoder's stay as they are.

        Several numbers are decoded to (n, outputs). The class has the highest probability. Of two
        classes, it is the second above one half.
        """
        values = np.asarray(predicted, dtype=np.float64)
        values = values.reshape(len(values), -1)
        if self.target.inputs:
            return values
        if self.task == "regression":
            decoded = values * np.array(self.target.std) + np.array(self.target.mean)
            return decoded[:, 0] if isinstance(self.target.name, str) else decoded
        classes = np.array(self.target.classes)
        if self.task == "binary":
            return classes[(values[:, 0] > 0.5).astype(int)]  # as in the scores
        return classes[values.argmax(axis=1)]


def read(path: Path | str) -> Encoding:
    """Read `models/encoding.json`; raises InputError if it is missing or damaged."""
    must_exist(Path(path))
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON: {one_line(error)}") from None
    encoding: Encoding = params.validate(Encoding, content, f"{path}: encoding")
    return encoding


def names(item: Input) -> list[str]:
    """Return the names of the item's inputs; none for an array."""
    if isinstance(item, Category):
        return [f"{item.name}={level}" for level in item.levels]
    return [item.name] if isinstance(item, Number) else []


def feature_names(encoding: Encoding) -> list[str]:
    """Return a name per network input: `alcohol`, `color=red`; none for an array."""
    return [name for item in encoding.columns for name in names(item)]


def numbers_of(encoding: Encoding) -> dict[str, list[int]]:
    """Return by column which of a row's inputs are its own; none of arrays."""
    found, count = {}, 0
    for item in encoding.columns:
        if own := names(item):
            found[item.name] = list(range(count, count + len(own)))
            count += len(own)
    return found


def shape(encoding: Encoding, train_rows: int) -> dict[str, Any]:
    """Return the content of `data/split/shape.json`, which a network must fit."""
    several = encoding.target.names if encoding.target.classes is None else encoding.target.classes
    outputs: int | list[int] = 1 if encoding.task == "binary" else len(several)
    if encoding.target.inputs:
        outputs = encoding.shape[0] if len(encoding.shape) == 1 else encoding.shape
    return {"inputs": encoding.shape, "outputs": outputs, "train_rows": train_rows}
