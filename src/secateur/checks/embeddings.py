"""Whether the rows hold only numbers that a network's Embedding layers have a row for.

Keras clips another number where XLA compiles it, and LiteRT cannot run the file.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from secateur.arrays.rows import Rows
from secateur.core.errors import InputError
from secateur.keras_io.backend import keras
from secateur.keras_io.parts import parts


def any_in(model: keras.Model) -> bool:
    """Whether the network has such a layer."""
    return any(isinstance(layer, keras.layers.Embedding) for layer in parts(model))


def check(where: str, model: keras.Model, rows: Rows, part: str) -> None:
    """Raise InputError if an Embedding layer gets a number that it has no row for.

    `part` names the rows. Embedding layers inside of other layers are not looked at.
    """
    for layer, given in _given(model):
        read = keras.Model(model.inputs, given)
        found = [
            (n.min(), n.max(), (n == np.floor(n)).all())
            for n in (np.asarray(read(block, training=False)) for block in rows.blocks())
        ]
        low, high = min(low for low, *_ in found), max(high for _, high, _ in found)
        whole = all(whole for *_, whole in found)
        if low < 0 or high >= layer.input_dim or not whole:
            remedy = (
                "set data.standardize: false, which scales whole numbers too, or number the "
                "categories yourself"
                if not whole
                else "number them from 0"
                if low < 0
                else f"set input_dim to at least {high + 1:.0f}"
            )
            raise InputError(
                f"{where}: the Embedding layer {layer.name!r} takes whole numbers from 0 to "
                f"{layer.input_dim - 1}; the {part} rows have {low:.7g} to {high:.7g}: {remedy}"
            )


def _given(model: keras.Model) -> Iterator[tuple[keras.layers.Embedding, Any]]:
    """Yield each call of an Embedding layer with the tensor that it gets."""
    for nodes in model._nodes_by_depth.values():
        for node in nodes:
            if isinstance(node.layer, keras.layers.Embedding):
                yield node.layer, node.input_tensors
