"""Removing what pruning has made dead: units and inputs that change no prediction."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from secateur.backend import keras
from secateur.errors import InputError


class Layer(NamedTuple):
    """A Dense layer as arrays: kernel (inputs, units), bias (units,), Keras's activation."""

    kernel: np.ndarray
    bias: np.ndarray
    activation: str


# In float64, which rounds to the same float32 on every processor.
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: 1.05070098 * np.where(x > 0, x, 1.67326324 * np.expm1(np.minimum(x, 0))),
    "softplus": lambda x: np.logaddexp(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "swish": lambda x: x / (1 + np.exp(-x)),
}


def shrink(layers: Sequence[Layer]) -> tuple[list[Layer], list[int]]:
    """The same function in fewer units, and which inputs (by number) it still reads.

    A hidden unit goes if all its outgoing weights are zero; if all its incoming weights are, it is
    a constant and becomes part of the next bias. Each layer keeps one unit, the first one input.
    """
    found = [Layer(kernel.copy(), bias.copy(), name) for kernel, bias, name in layers]
    while True:
        before = list(found)
        for i in range(len(found) - 1):
            found[i], found[i + 1] = _drop_units(found[i], found[i + 1])
        if all(map(_same, before, found)):
            break
    inputs = np.flatnonzero(found[0].kernel.any(axis=1)).tolist() or [0]
    found[0] = found[0]._replace(kernel=found[0].kernel[inputs])
    return found, inputs


def _same(one: Layer, other: Layer) -> bool:
    pairs = zip(one[:2], other[:2], strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)  # a diverged model has NaN


def _drop_units(layer: Layer, after: Layer) -> tuple[Layer, Layer]:
    """Drop the units of `layer` that are unread or constant, and put the latter into `after`."""
    read = after.kernel.any(axis=1)
    varies = layer.kernel.any(axis=0)
    constant = np.flatnonzero(read & ~varies)
    with np.errstate(over="ignore"):
        values = ACTIVATIONS[layer.activation](layer.bias[constant].astype(np.float64))
    bias = (after.bias + values @ after.kernel[constant].astype(np.float64)).astype(np.float32)
    kept = np.flatnonzero(read & varies)
    if not kept.size:  # a network that is a constant: one unit that nothing reads
        kernel = np.zeros_like(layer.kernel[:, :1])
        rest = np.zeros_like(after.kernel[:1])
        return Layer(kernel, layer.bias[:1] * 0, layer.activation), after._replace(
            kernel=rest, bias=bias
        )
    return (
        Layer(layer.kernel[:, kept], layer.bias[kept], layer.activation),
        after._replace(kernel=after.kernel[kept], bias=bias),
    )


def layers_of(model: keras.Model) -> list[Layer]:
    """A stack of Dense layers as arrays.

    Raises:
        InputError: the model is something else.
    """
    for layer in model.layers:
        if type(layer) is not keras.layers.Dense or not layer.use_bias:
            kind = type(layer).__name__
            raise InputError(f"layer {layer.name!r} is a {kind}: only Dense ones can shrink")
    name_of = keras.activations.serialize
    return [
        Layer(layer.kernel.numpy(), layer.bias.numpy(), name_of(layer.activation))
        for layer in model.layers
    ]


def shrink_model(model: keras.Model) -> tuple[keras.Model, list[int]]:
    """`shrink` of a Keras model: a new one for the inputs that it still reads, and which they are.

    Raises:
        InputError: the model is no stack of Dense layers.
    """
    found, inputs = shrink(layers_of(model))
    names = [layer.name for layer in model.layers]
    smaller = keras.Sequential(
        [
            keras.layers.Input((len(inputs),), name="inputs"),
            *(
                keras.layers.Dense(len(layer.bias), layer.activation, name=name)
                for name, layer in zip(names, found, strict=True)
            ),
        ],
        name=model.name,
    )
    smaller.set_weights([array for layer in found for array in layer[:2]])
    return smaller, inputs
