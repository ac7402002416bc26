"""Compaction: the network without its dead units, and the inputs that it still reads."""

from secateur.compress.constants import ACTIVATIONS
from secateur.compress.silent import without_silent
from secateur.keras_io.backend import keras


def compacted(model: keras.Model) -> tuple[keras.Model, list[int] | None]:
    """Return a network that predicts the same without dead units, wherever these are.

    Also returns the inputs that it still reads, by number. None means all: only a stack of Dense
    layers loses inputs.
    """
    stack = is_stack(model)
    smaller, inputs = without_silent(model, inputs=stack)
    return smaller, inputs if stack else None


def is_stack(model: keras.Model) -> bool:
    """Return whether a network is a Sequential one of Dense layers with biases, and Dropout.

    Each but the last has an activation of `ACTIVATIONS`.
    """
    return isinstance(model, keras.Sequential) and all(
        type(layer) is keras.layers.Dropout or _is_dense(layer, last=layer is model.layers[-1])
        for layer in model.layers
    )


def _is_dense(layer: keras.layers.Layer, *, last: bool) -> bool:
    known = type(layer) is keras.layers.Dense and layer.use_bias and len(layer.input_shape) == 2
    return known and (last or str(keras.activations.serialize(layer.activation)) in ACTIVATIONS)
