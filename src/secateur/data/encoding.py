"""Encodes a user's values as inputs and targets, and decodes a network's predictions.

The encoding is learned from the training rows alone; `models/encoding.json` holds it.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from secateur.arrays.tables import Rows
from secateur.core import params
from secateur.core.errors import InputError, must_exist, one_line
from secateur.core.params import Params
from secateur.core.tasks import TaskName
from secateur.data import inputs
from secateur.data.columns import Column, check_known, convert
from secateur.data.inputs import Array, Category, Input, Number, Positive
from secateur.data.targets import Classes

if TYPE_CHECKING:  # reading an encoding must not depend on reading data files
    from secateur.data.parameters import Data
    from secateur.data.reading import Raw


class Target(Params):
    """A number, predicted as (value - mean) / std, or classes, predicted by index."""

    name: str
    mean: float | None = None
    std: Positive | None = None
    classes: Annotated[Classes, Field(min_length=2)] | None = None


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
        if scaled != (self.task == "regression") or (classes is None) != scaled:
            raise ValueError("target: regression needs mean and std, other tasks need classes")
        if self.task == "binary" and len(classes or []) != 2:
            raise ValueError("target.classes: binary needs exactly two")
        return self

    def inputs(self, frame: Any) -> np.ndarray:
        """Encode a pandas frame, or lists or arrays by column name, as float32 (n, *shape).

        If the data were an array, `frame` must be an array (n, *shape).

        Raises:
            InputError: a column is missing, or a cell cannot be encoded.
        """
        if isinstance(self.columns[0], Array):
            return inputs.of_array(self.columns[0], _as_array(frame, self.shape))
        table = {item.name: _column(frame, item) for item in self.columns}
        if len({len(column.values) for column in table.values()}) > 1:
            raise InputError("inputs: the columns have different numbers of rows")
        return inputs.of_columns(self.columns, table, self.unseen, "inputs", "")

    def outputs(self, predicted: Any) -> np.ndarray:
        """Decode predictions (n, outputs) to numbers or classes of the target (n,).

        The class has the highest probability. Of two classes, it is the second above one half.
        """
        values = np.asarray(predicted, dtype=np.float64)
        values = values.reshape(len(values), -1)
        if self.task == "regression":
            return values[:, 0] * (self.target.std or 1.0) + (self.target.mean or 0.0)
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


def feature_names(encoding: Encoding) -> list[str]:
    """Return a name per network input: `alcohol`, `color=red`; none for an array."""
    return [name for item in encoding.columns for name in inputs.names(item)]


def shape(encoding: Encoding, train_rows: int) -> dict[str, Any]:
    """Return the content of `data/split/shape.json`, which a network must fit."""
    outputs = len(encoding.target.classes or []) if encoding.task == "multiclass" else 1
    return {"inputs": encoding.shape, "outputs": outputs, "train_rows": train_rows}


def learn(raw: "Raw", train: np.ndarray, data: "Data", task: TaskName) -> Encoding:
    """Learn the encoding of all rows from the training rows; `train` holds their numbers.

    Raises:
        InputError: a column has no value in any training row.
    """
    items: list[Input]
    if isinstance(raw.inputs, np.ndarray):
        items = [Array.model_validate(inputs.scale(raw.inputs, train, data.standardize))]
        shape = list(raw.inputs.shape[1:])
    else:
        items = [
            inputs.learn(
                f"{raw.where}: column {name!r}",
                name,
                column.rows(train),
                standardize=data.standardize,
                impute=data.missing == "impute",
            )
            for name, column in raw.inputs.items()
        ]
        shape = [sum(len(inputs.names(item)) for item in items)]
    target: dict[str, Any] = {"classes": raw.classes}
    if raw.classes is None:
        target = inputs.scale(raw.target, train, data.standardize)
    return Encoding(
        task=task,
        shape=shape,
        columns=items,
        target=Target(name=data.target, **target),
        unseen=data.unseen,
    )


def apply(encoding: Encoding, raw: "Raw", rows: np.ndarray, part: str) -> Rows:
    """Encode some rows, by number: float32 inputs (n, *shape) and targets (n, 1).

    Raises:
        InputError: a category is in no training row, or a result is not finite in float32; the
            message names the rows by `part`.
    """
    if isinstance(raw.inputs, np.ndarray):
        x = inputs.of_array(encoding.columns[0], raw.inputs[rows])
    else:
        table = {name: column.rows(rows) for name, column in raw.inputs.items()}
        x = inputs.of_columns(encoding.columns, table, encoding.unseen, raw.where, f"{part} ")
    y = raw.target[rows]
    if encoding.target.classes is None:
        name = f"{raw.where}: target {encoding.target.name!r}"
        y = inputs.scaled(name, y, encoding.target.mean, encoding.target.std)
    return Rows(x, y.astype(np.float32)[:, None])


def _column(frame: Any, item: Any) -> Column:
    """Convert one column of a frame or a dict."""
    where = f"inputs: column {item.name!r}"
    if not hasattr(frame, "keys"):
        raise InputError("inputs: must be a pandas frame, or lists or arrays by column name")
    check_known("inputs", item.name, [str(name) for name in frame.keys()])  # noqa: SIM118
    try:
        cells = pa.array(frame[item.name], from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise InputError(f"{where}: {one_line(error)}") from None
    column = convert(where, cells, isinstance(item, Category))
    if isinstance(item, Number) and column.levels is not None:
        raise InputError(f"{where}: text; must be numbers")
    return column


def _as_array(values: Any, shape: list[int]) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype.kind not in "buif" or list(array.shape[1:]) != shape:
        raise InputError(
            f"inputs: {array.dtype} of shape {list(array.shape)}; must be numbers (rows, "
            f"{', '.join(map(str, shape))})"
        )
    return array
