"""Learns an encoding from a user's values, and brings them into the form that it is applied to.

The encoding is learned from the training rows alone; `models/encoding.json` holds it.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from secateur.arrays import encode
from secateur.arrays.encoding import Array, Category, Encoding, Image, Input, Number, Target, names
from secateur.core.errors import InputError, one_line
from secateur.core.tasks import TaskName
from secateur.data import inputs
from secateur.data.columns import Column, check_known, convert
from secateur.data.target_names import INPUTS

if TYPE_CHECKING:  # encoding a user's frame must not depend on reading data files
    from secateur.data.parameters import Data
    from secateur.data.reading import Raw


def learn(raw: "Raw", train: np.ndarray, data: "Data", task: TaskName) -> Encoding:
    """Learn the encoding of all rows from the training rows; `train` holds their numbers.

    Raises:
        InputError: a column has no value in any training row.
    """
    items: list[Input]
    if isinstance(raw.inputs, np.ndarray):
        image = _image(data) if raw.pictures else None
        scaling = inputs.scale(raw.inputs, train, data.standardize)
        items = [Array(mean=scaling["mean"], std=scaling["std"], image=image)]
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
        shape = [sum(len(names(item)) for item in items)]
    target: dict[str, Any] = {"classes": raw.classes}
    if data.autoencoder:
        target = {"inputs": True}
    elif raw.classes is None:
        target = _scale(raw.target, train, data.standardize)
    name = raw.names[0] if len(raw.names) == 1 else [*raw.names]
    return Encoding(
        task=task,
        shape=shape,
        columns=items,
        target=Target(name=INPUTS if data.autoencoder else name, **target),
        unseen=data.unseen,
    )


def _image(data: "Data") -> Image:
    """Return how pictures were decoded, but for their size, which all arrays have."""
    how = data.image
    return Image(color=how.color, resize=how.resize) if how else Image(color="rgb", resize=None)


def _scale(target: np.ndarray, train: np.ndarray, standardize: bool) -> dict[str, Any]:
    """Return the mean and standard deviation of targets (n,), or lists of them of (n, k)."""
    if target.ndim == 1:
        return {**inputs.scale(target, train, standardize)}
    each = [inputs.scale(column, train, standardize) for column in target.T]
    return {key: [own[key] for own in each] for key in ("mean", "std")}


def stored(
    encoding: Encoding, raw: "Raw", parts: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return all rows' inputs (n, …) and targets (n, outputs) as stored; an autoencoder has none.

    `parts` are row numbers by name.

    An array is given back as it is. Classes take the smallest type that holds their indices.

    Raises:
        InputError: a category is in no training row, or a number is not finite in float32 when
            it is encoded; the message names the rows by their part.
    """
    x = raw.inputs
    if isinstance(x, np.ndarray):
        encode.check(encoding, x, raw.where)
    else:
        table, x = x, inputs.stored(encoding.columns, x)
        for name, rows in parts.items():
            own, some = x[rows], {key: column.rows(rows) for key, column in table.items()}
            if encoding.unseen == "refuse":
                inputs.check_seen(encoding.columns, some, own, raw.where, f"{name} ")
            encode.check(encoding, own, raw.where)
    if encoding.target.inputs:
        return x, None
    y = raw.target.reshape(len(raw.target), -1)
    if encoding.target.classes is not None:
        y = y.astype(np.min_scalar_type(len(encoding.target.classes) - 1))
    encode.targets(encoding, y, raw.where)
    return x, y


def of_frame(encoding: Encoding, frame: Any) -> np.ndarray:
    """Encode a pandas frame, or lists or arrays by column name, as float32 (n, *shape).

    If the data were an array, `frame` must be an array (n, *shape).

    Raises:
        InputError: a column is missing, or a cell cannot be encoded.
    """
    if isinstance(encoding.columns[0], Array):
        return encode.inputs(encoding, _as_array(frame, encoding.shape), "inputs")
    table = {item.name: _column(frame, item) for item in encoding.columns}
    if len({len(column.values) for column in table.values()}) > 1:
        raise InputError("inputs: the columns have different numbers of rows")
    values = inputs.stored(encoding.columns, table)
    if encoding.unseen == "refuse":
        inputs.check_seen(encoding.columns, table, values, "inputs", "")
    return encode.inputs(encoding, values, "inputs")


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
