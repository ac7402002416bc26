"""Which rows show a converter how large each activation of a network can be."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from secateur.arrays.rows import Readable, evenly, rows_at_once
from secateur.keras_io.activations import largest_output
from secateur.keras_io.backend import keras, tf
from secateur.network.flattened import called

EVEN = 100  # rows beside the extreme ones: a converter knows tensors that Keras does not show


def covering(model: keras.Model, x: Readable) -> np.ndarray:
    """Return the numbers of rows that cover what all rows of `x` (n, *inputs) do, in order.

    Of all that a layer reads, and of the network's outputs, they have the smallest and the largest
    value, which are the ranges of int8: a converter that has seen these rows has seen the extremes
    of all. Some more rows, evenly spaced, are among them.
    """
    lowest: dict[int, tuple[float, int]] = {}
    highest: dict[int, tuple[float, int]] = {}
    step = rows_at_once(largest_output(model))
    for start in range(0, len(x), step):
        seen: list[tf.Tensor] = []

        def note(layer: keras.layers.Layer, read: Sequence[Any], seen: list[Any] = seen) -> None:
            seen.extend(read)

        block = [tf.cast(np.asarray(x[start : start + step]), model.inputs[0].dtype)]
        outputs = called(model, block, training=False, before=note)
        for number, tensor in enumerate([*seen, *outputs]):
            _note(lowest, number, -_by_row(-tensor), start, np.argmin, np.less)
            _note(highest, number, _by_row(tensor), start, np.argmax, np.greater)
    extreme = [row for found in (lowest, highest) for _, row in found.values()]
    return np.unique([*extreme, *evenly(len(x), EVEN).tolist()])


def _by_row(tensor: tf.Tensor) -> np.ndarray:
    """Return the largest number of each row."""
    largest: np.ndarray = tf.reduce_max(tf.reshape(tensor, (len(tensor), -1)), axis=1).numpy()
    return largest


def _note(
    found: dict[int, tuple[float, int]],
    number: int,
    values: np.ndarray,
    start: int,
    extreme: Any,
    beyond: Any,
) -> None:
    row = int(extreme(values))
    if number not in found or beyond(values[row], found[number][0]):
        found[number] = float(values[row]), start + row
