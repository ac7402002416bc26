"""Remove the units and inputs that no longer change any prediction after pruning."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from secateur.keras_io.backend import keras


class Layer(NamedTuple):
    """A Dense layer as arrays: kernel (inputs, units), bias (units,), Keras's activation."""

    kernel: np.ndarray
    bias: np.ndarray
    activation: str


# Computed in float64, which rounds to the same float32 on every processor.
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


def compact(layers: Sequence[Layer], *, keep_inputs: bool = False) -> tuple[list[Layer], list[int]]:
    """Return the same function with fewer units, and the numbers of the inputs it still reads.

    A hidden unit whose outgoing weights are all zero is removed. A unit whose incoming weights
    are all zero is constant: its value is added to the next bias. Each layer keeps at least one
    unit. The first layer keeps at least one input, or all of them with `keep_inputs`.
    """
    found = [Layer(kernel.copy(), bias.copy(), name) for kernel, bias, name in layers]
    while True:
        before = list(found)
        for i in range(len(found) - 1):
            found[i], found[i + 1] = _drop_units(found[i], found[i + 1])
        if all(map(_same, before, found)):
            break
    if keep_inputs:
        return found, list(range(len(found[0].kernel)))
    inputs = np.flatnonzero(found[0].kernel.any(axis=1)).tolist() or [0]
    found[0] = found[0]._replace(kernel=found[0].kernel[inputs])
    return found, inputs


def _same(one: Layer, other: Layer) -> bool:
    pairs = zip(one[:2], other[:2], strict=True)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)  # diverged models have NaN


def _drop_units(layer: Layer, after: Layer) -> tuple[Layer, Layer]:
    """Drop the unread and constant units of `layer`; add the constant ones to the next bias."""
    read = after.kernel.any(axis=1)
    varies = layer.kernel.any(axis=0)
    constant = np.flatnonzero(read & ~varies)
    with np.errstate(over="ignore"):
        values = ACTIVATIONS[layer.activation](layer.bias[constant].astype(np.float64))
    bias = (after.bias + values @ after.kernel[constant].astype(np.float64)).astype(np.float32)
    kept = np.flatnonzero(read & varies)
    if not kept.size:  # the network is constant: keep one unit that nothing reads
        kernel = np.zeros_like(layer.kernel[:, :1])
        rest = np.zeros_like(after.kernel[:1])
        return Layer(kernel, layer.bias[:1] * 0, layer.activation), after._replace(
            kernel=rest, bias=bias
        )
    return (
        Layer(layer.kernel[:, kept], layer.bias[kept], layer.activation),
        after._replace(kernel=after.kernel[kept], bias=bias),
    )


def dense_tail(model: keras.Model) -> int:
    """Return the number of the first layer of the Dense stack at the model's end.

    The stack may contain Dropout, which has no units. Hidden layers need an activation in
    `ACTIVATIONS`. Without such a stack the result is the number of layers.
    """
    start = len(model.layers)
    in_a_row = start if isinstance(model, keras.Sequential) else _in_a_row(model)
    for number in reversed(range(start - in_a_row, start)):
        layer = model.layers[number]
        if isinstance(layer, keras.layers.Dropout):
            continue
        last = number == len(model.layers) - 1
        if not _dense(layer) or not (last or _activation(layer) in ACTIVATIONS):
            break
        start = number
    return start


def _in_a_row(model: keras.Model) -> int:
    """Return how many layers at the end of a Functional model have one call, each on the last one.

    Keras numbers calls by how many others follow on the longest way to an output.
    """
    calls = [node.layer for nodes in model._nodes_by_depth.values() for node in nodes]
    found = 0
    for depth in range(len(model._nodes_by_depth) if len(model.outputs) == 1 else 0):
        (layer, *others) = [node.layer for node in model._nodes_by_depth[depth]]
        alone = sum(call is layer for call in calls) == 1 and layer is model.layers[-1 - depth]
        if others or not alone or isinstance(layer, keras.layers.InputLayer):
            break
        found += 1
    return found


def _dense(layer: keras.layers.Layer) -> bool:
    return type(layer) is keras.layers.Dense and layer.use_bias and len(layer.input_shape) == 2


def _activation(layer: keras.layers.Layer) -> str:
    return str(keras.activations.serialize(layer.activation))


def compact_model(model: keras.Model) -> tuple[keras.Model, list[int] | None]:
    """Apply `compact` to the Dense layers at a Keras model's end; other layers stay unchanged.

    Returns a new model and the inputs that it still reads. None means all: other layers read them.
    """
    start = dense_tail(model)
    head, tail = model.layers[:start], model.layers[start:]
    if not tail:
        twin = keras.models.clone_model(model)
        twin.set_weights(model.get_weights())
        return twin, None
    dense = filter(_dense, tail)
    found, inputs = compact(
        [Layer(own.kernel.numpy(), own.bias.numpy(), _activation(own)) for own in dense],
        keep_inputs=bool(head),
    )
    units = iter([len(layer.bias) for layer in found])
    changed = {own.name: {"units": next(units)} for own in tail if _dense(own)}
    if isinstance(model, keras.Sequential):
        shape = model.input_shape[1:] if head else (len(inputs),)
        smaller = keras.Sequential([keras.layers.Input(shape, name="inputs")], name=model.name)
        for own in model.layers:
            smaller.add(type(own).from_config({**_config(own), **changed.get(own.name, {})}))
    else:
        smaller = keras.models.clone_model(
            model,
            clone_function=lambda own: type(own).from_config(
                {**own.get_config(), **changed.get(own.name, {})}
            ),
        )
    before = [weight for own in head for weight in own.get_weights()]
    smaller.set_weights([*before, *(array for layer in found for array in layer[:2])])
    return smaller, None if head else inputs


def _config(layer: keras.layers.Layer) -> dict[str, Any]:
    """Return the configuration of an equal layer that fits another input shape."""
    return {k: v for k, v in layer.get_config().items() if k != "batch_input_shape"}
