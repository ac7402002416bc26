"""Channels that have one value whatever the network reads, and that value.

Pruning leaves such channels: a filter without weights gives its bias everywhere. Values are
computed in float64, which rounds to the same float32 on every processor.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from secateur.keras_io.backend import keras, tf
from secateur.network.channel_rules import CONVOLUTIONS, PASSING, normalizes_channels
from secateur.network.ties import width
from secateur.network.wiring import calls

L = keras.layers
Weights = dict[str, list[np.ndarray]]  # by layer, as `get_weights` has them
VARIES = np.nan
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
MERGES: dict[Any, Callable[[list[np.ndarray]], np.ndarray]] = {
    L.Add: lambda values: np.sum(values, axis=0),
    L.Subtract: lambda values: values[0] - values[1],
    L.Multiply: lambda values: np.prod(values, axis=0),
    L.Average: lambda values: np.mean(values, axis=0),
    L.Maximum: lambda values: np.max(values, axis=0),
    L.Minimum: lambda values: np.min(values, axis=0),
}
PADDING = (L.ZeroPadding1D, L.ZeroPadding2D, L.ZeroPadding3D)


def read(model: keras.Model, weights: Weights) -> dict[str, list[np.ndarray]]:
    """Return what each call of a layer reads: a value for each channel, NaN where it varies.

    By the layer's name, in the order of the calls; of several inputs the first one.
    """
    now: dict[int, np.ndarray] = {}
    found: dict[str, list[np.ndarray]] = {}
    for node in calls(model):
        inputs = [
            now.get(id(tensor), np.full(width(tensor), VARIES)) for tensor in node.keras_inputs
        ]
        found.setdefault(node.layer.name, []).append(inputs[0])
        with np.errstate(all="ignore"):
            given = _given(node, inputs, weights.get(node.layer.name, []))
        for tensor in tf.nest.flatten(node.outputs):
            now[id(tensor)] = np.full(width(tensor), VARIES) if given is None else given
    return found


def reads_exactly(layer: Any, values: np.ndarray) -> np.ndarray:
    """Return which constants a layer reads at every place alike (channels,) bool.

    A convolution that pads reads zeros at the border, where a constant is something else.
    """
    whole = isinstance(layer, L.Dense) or layer.padding == "valid" or _of_one_place(layer)
    return ~np.isnan(values) & (whole | (values == 0))  # type: ignore[no-any-return]


def _of_one_place(layer: Any) -> bool:
    return math.prod(layer.kernel_size) == 1


def added(kernel: np.ndarray, values: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return what `chosen` constants (inputs,) add to each output (outputs,) where all are read.

    The kernel is (..., inputs, outputs), as Dense and convolutions have it. In float64 and one
    after the other: a product of matrices has another order on another processor.
    """
    found = np.zeros(kernel.shape[-1])
    for number in np.flatnonzero(chosen):
        found += values[number] * _at_all_places(kernel[..., number, :])
    return found


def _at_all_places(kernel: np.ndarray) -> np.ndarray:
    return kernel.reshape(-1, kernel.shape[-1]).sum(axis=0, dtype=np.float64)


def _given(node: Any, inputs: Sequence[np.ndarray], weights: list[np.ndarray]) -> np.ndarray | None:
    """Return the values that a call gives; None where nothing is known of its layer."""
    layer, kind, values = node.layer, type(node.layer), inputs[0]
    if getattr(layer, "data_format", None) == "channels_first":
        return None
    if kind in (L.ReLU, L.LeakyReLU, L.ELU, L.ThresholdedReLU, L.PReLU):
        return _relu(layer, values) if kind is L.ReLU else None
    if kind in PADDING:
        return np.where(values == 0, values, VARIES)
    if kind in PASSING:
        return values
    if kind is L.Activation:
        return _activated(layer, values)
    if kind is L.Dense or (kind in CONVOLUTIONS and layer.groups == 1):
        return _activated(layer, _mixed(layer, values, weights))
    if kind is L.DepthwiseConv2D or kind is L.DepthwiseConv1D:
        return _activated(layer, _depthwise(layer, values, weights))
    if kind is L.BatchNormalization and normalizes_channels(layer, len(node.input_shapes)):
        return _normalized(layer, values, weights)
    if kind in MERGES and len({len(one) for one in inputs}) == 1:
        return MERGES[kind](list(inputs))
    if (
        kind is L.Concatenate
        and layer.axis % len(node.input_shapes[0]) == len(node.input_shapes[0]) - 1
    ):
        return np.concatenate(inputs)
    if kind in (L.Flatten, L.Reshape) and None not in node.input_shapes[1:]:
        places = np.tile(values, math.prod(node.input_shapes[1:-1]))
        places = places.reshape(-1, width(node.outputs))
        same = (places == places[0]).all(axis=0)  # NaN is not
        return np.where(same, places[0], VARIES)
    return None


def _mixed(layer: Any, values: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    """Return the sums of Dense and convolutions: constant where all that they read is.

    Rounded to float32, as a bias is that the constants go into.
    """
    kernel = weights[0]
    exact = reads_exactly(layer, values)
    reads = (kernel != 0).reshape(-1, *kernel.shape[-2:]).any(axis=0)  # (inputs, outputs)
    sums = added(kernel, values, exact) + (weights[1] if layer.use_bias else 0)
    rounded = sums.astype(kernel.dtype).astype(np.float64)
    return np.where(reads[~exact].any(axis=0), VARIES, rounded)


def _depthwise(layer: Any, values: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    kernel = weights[0].reshape(-1, *weights[0].shape[-2:])  # (places, inputs, multiplier)
    exact = reads_exactly(layer, values)[:, None] | ~(kernel != 0).any(axis=0)
    known = np.where(np.isnan(values), 0, values)
    sums = kernel.sum(axis=0, dtype=np.float64) * known[:, None]
    return np.where(exact, sums, VARIES).ravel() + (weights[1] if layer.use_bias else 0)


def _normalized(layer: Any, values: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    if layer.renorm:  # its statistics are not the last of its weights
        return np.full(len(values), VARIES)
    *scales, mean, variance = (array.astype(np.float64) for array in weights)
    gamma = scales[0] if layer.scale else np.ones(len(mean))
    beta = scales[-1] if layer.center else np.zeros(len(mean))
    found = gamma * (values - mean) / np.sqrt(variance + layer.epsilon) + beta
    return np.where(gamma == 0, beta, found)


def _relu(layer: Any, values: np.ndarray) -> np.ndarray | None:
    plain = not layer.negative_slope and not layer.threshold
    return np.clip(values, 0, layer.max_value) if plain else None


def _activated(layer: Any, values: np.ndarray) -> np.ndarray | None:
    function = ACTIVATIONS.get(str(keras.activations.serialize(layer.activation)))
    return function(values) if function else None
