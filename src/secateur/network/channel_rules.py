"""How each kind of layer passes channels on, as Keras lays out its weights."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from secateur.keras_io.backend import keras, tf
from secateur.network.ties import WHOLE, Graph, width

L = keras.layers
Inputs = Sequence[np.ndarray]
# Each output depends on the input at its own place alone.
ELEMENTWISE = {
    "linear", "relu", "relu6", "elu", "selu", "gelu", "softplus", "softsign", "sigmoid",
    "hard_sigmoid", "tanh", "swish", "silu", "exponential", "mish", "leaky_relu",
}  # fmt: skip
PASSING = (
    L.ReLU, L.LeakyReLU, L.ELU, L.ThresholdedReLU, L.Dropout, L.SpatialDropout1D,
    L.SpatialDropout2D, L.SpatialDropout3D, L.GaussianNoise, L.GaussianDropout, L.AlphaDropout,
    L.ActivityRegularization, L.MaxPooling1D, L.MaxPooling2D, L.MaxPooling3D, L.AveragePooling1D,
    L.AveragePooling2D, L.AveragePooling3D, L.GlobalMaxPooling1D, L.GlobalMaxPooling2D,
    L.GlobalMaxPooling3D, L.GlobalAveragePooling1D, L.GlobalAveragePooling2D,
    L.GlobalAveragePooling3D, L.UpSampling1D, L.UpSampling2D, L.UpSampling3D, L.ZeroPadding1D,
    L.ZeroPadding2D, L.ZeroPadding3D, L.Cropping1D, L.Cropping2D, L.Cropping3D, L.RepeatVector,
)  # fmt: skip
MERGING = (L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum)
CONVOLUTIONS = (L.Conv1D, L.Conv2D, L.Conv3D)
TRANSPOSED = (L.Conv1DTranspose, L.Conv2DTranspose, L.Conv3DTranspose)
GATES = {L.LSTM: 4, L.GRU: 3, L.SimpleRNN: 1}


class UnknownError(Exception):
    """Why a call's channels are left whole."""


def passed_on(graph: Graph, node: Any, read: Inputs) -> list[np.ndarray]:
    """Return the channels of each output of a call that reads these."""
    layer = node.layer
    outputs = tf.nest.flatten(node.outputs)
    try:
        if getattr(layer, "data_format", None) == "channels_first":
            raise UnknownError("its channels come first")
        found = _rule(layer)(graph, node, read)
    except UnknownError as error:
        graph.keep(layer, read, str(error))
        for own in graph.axes.get(layer.name, []):  # of another call
            graph.ties.tie(own.channels, np.array(WHOLE))
        return [np.zeros(width(tensor), int) for tensor in outputs]
    return [found] * len(outputs)


def _rule(layer: Any) -> Callable[[Graph, Any, Inputs], np.ndarray]:
    kind = type(layer)
    if kind in PASSING:
        return lambda graph, node, read: read[0]
    for kinds, rule in RULES.items():
        if kind in kinds:
            return rule
    raise UnknownError(f"nothing is known of how {kind.__name__} passes channels on")


def _elementwise(function: Any) -> bool:
    name = keras.activations.serialize(function)
    return isinstance(name, str) and name in ELEMENTWISE


def _mixes(function: Any) -> str:
    return f"its activation {getattr(function, '__name__', function)} may mix channels"


def _activation(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    if not _elementwise(node.layer.activation):
        raise UnknownError(_mixes(node.layer.activation))
    return read[0]


def _dense(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    layer = node.layer
    graph.add(layer, layer.kernel, 0, read[0], "reads")
    return _made(graph, layer, [(layer.kernel, 1), *_bias(layer)], layer.units)


def _convolution(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    layer, inputs = node.layer, read[0]
    each = len(inputs) // layer.groups
    by_group = inputs.reshape(layer.groups, each)  # each group loses the same ones
    for others in by_group[1:]:
        graph.ties.tie(by_group[0], others)
    graph.add(layer, layer.kernel, -2, by_group[0], "reads")
    given = _made(graph, layer, [(layer.kernel, -1), *_bias(layer)], layer.filters)
    by_group = given.reshape(layer.groups, -1)
    for others in by_group[1:]:
        graph.ties.tie(by_group[0], others)
    return given


def _transposed(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    layer = node.layer
    graph.add(layer, layer.kernel, -1, read[0], "reads")
    return _made(graph, layer, [(layer.kernel, -2), *_bias(layer)], layer.filters)


def _depthwise(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    layer = node.layer
    if not _elementwise(layer.activation):
        raise UnknownError(_mixes(layer.activation))
    graph.add(layer, layer.depthwise_kernel, -2, read[0], "carries")
    given = np.repeat(read[0], layer.depth_multiplier)
    for weight, axis in _bias(layer):
        graph.add(layer, weight, axis, given, "carries")
    return given


def _separable(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    layer = node.layer
    graph.add(layer, layer.depthwise_kernel, -2, read[0], "carries")
    between = np.repeat(read[0], layer.depth_multiplier)
    graph.add(layer, layer.pointwise_kernel, -2, between, "reads")
    return _made(graph, layer, [(layer.pointwise_kernel, -1), *_bias(layer)], layer.filters)


def _vectors(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    """Batch normalization and PReLU: each weight has a number for each channel, or one for all."""
    layer, channels = node.layer, read[0]
    if isinstance(layer, L.BatchNormalization) and not normalizes_channels(
        layer, len(node.input_shapes)
    ):
        raise UnknownError("it does not normalize the last axis")
    for weight in layer.weights:
        if weight.shape[-1] == len(channels):
            graph.add(layer, weight, -1, channels, "carries")
        elif weight.shape[-1] != 1:
            raise UnknownError("its weights do not lie along the channels")
    return channels


def normalizes_channels(layer: Any, rank: int) -> bool:
    """Return whether a batch normalization of so many axes has a number for each channel."""
    axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    return [axis % rank for axis in axes] == [rank - 1]


def _recurrent(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    if len(read) > 1:
        raise UnknownError("it is given its first state")
    layer = node.layer
    return _cell(graph, layer, layer, read[0], graph.made(layer, layer.units))


def _bidirectional(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    layer = node.layer
    parts = [layer.forward_layer, layer.backward_layer]
    if len(read) > 1 or any(type(part) not in GATES or part.return_state for part in parts):
        raise UnknownError(
            "it has states of its own, or wraps something else than LSTM, GRU, SimpleRNN"
        )
    units = graph.ties.new(parts[0].units)  # both lose the same ones: Keras gives both one number
    for part in parts:
        _cell(graph, layer, part, read[0], units)
    return np.tile(units, 2) if layer.merge_mode == "concat" else units


def _cell(graph: Graph, owner: Any, layer: Any, read: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Note a recurrent layer's weights: the gates' columns lie beside each other."""
    for function in (layer.activation, getattr(layer, "recurrent_activation", None)):
        if function is not None and not _elementwise(function):
            raise UnknownError(_mixes(function))
    every = np.tile(units, GATES[type(layer)])
    cell = layer.cell
    graph.add(owner, cell.kernel, 0, read, "reads")
    graph.add(owner, cell.kernel, 1, every, "makes")
    graph.add(owner, cell.recurrent_kernel, 0, units, "reads")
    graph.add(owner, cell.recurrent_kernel, 1, every, "makes")
    if cell.use_bias:
        graph.add(owner, cell.bias, -1, every, "makes")
    return units


def _embedding(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    layer = node.layer
    graph.keep(layer, read, "its inputs are numbers of rows")
    del graph.whole[layer.name]  # its outputs may go
    return _made(graph, layer, [(layer.embeddings, 1)], layer.output_dim)


def _merge(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    """Tie what is merged; one channel that meets several is spread over them, and stays."""
    widest = max(read, key=len)
    for channels in read:
        if len(channels) == len(widest):
            graph.ties.tie(widest, channels)
        else:
            graph.ties.tie(channels, np.array(WHOLE))
    return widest


def _concatenate(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    rank = len(node.input_shapes[0])
    if node.layer.axis % rank == rank - 1:
        return np.concatenate(read)
    return _merge(graph, node, read)


def _reshape(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    """Flatten and Reshape: in order of rows, so a channel is found again at each place."""
    sides, wanted = node.input_shapes[1:], width(node.outputs)
    if None in sides[:-1]:
        if wanted != len(read[0]):
            raise UnknownError("nobody knows the length of its input")
        return read[0]
    places = np.tile(read[0], math.prod(sides[:-1])).reshape(-1, wanted)
    if (places != places[0]).any():
        raise UnknownError("it moves channels to another axis")
    if isinstance(node.layer, L.Reshape) and node.layer.target_shape[-1] != -1:
        # All of its calls give one shape.
        graph.ties.tie(places[0], graph.outputs.get(node.layer.name, places[0]))
    return places[0]  # type: ignore[no-any-return]


def _permute(graph: Graph, node: Any, read: Inputs) -> np.ndarray:
    if node.layer.dims[-1] != len(node.layer.dims):
        raise UnknownError("it moves channels to another axis")
    return read[0]


def _made(graph: Graph, layer: Any, axes: list[tuple[Any, int]], count: int) -> np.ndarray:
    """Return the channels that a layer makes, and note the axes of its weights that make them."""
    given = graph.made(layer, count)
    for weight, axis in axes:
        graph.add(layer, weight, axis, given, "makes")
    activation = getattr(layer, "activation", None)  # an Embedding has none
    if activation and not _elementwise(activation):  # a softmax: without one, all others change
        graph.keep(layer, [given], _mixes(activation))
    return given


def _bias(layer: Any) -> list[tuple[Any, int]]:
    return [(layer.bias, 0)] if layer.use_bias else []


RULES: dict[tuple[Any, ...], Callable[[Graph, Any, Inputs], np.ndarray]] = {
    (L.Activation,): _activation,
    (L.Dense,): _dense,
    CONVOLUTIONS: _convolution,
    TRANSPOSED: _transposed,
    (L.DepthwiseConv1D, L.DepthwiseConv2D): _depthwise,
    (L.SeparableConv1D, L.SeparableConv2D): _separable,
    (L.BatchNormalization, L.PReLU): _vectors,
    tuple(GATES): _recurrent,
    (L.Bidirectional,): _bidirectional,
    (L.Embedding,): _embedding,
    MERGING: _merge,
    (L.Concatenate,): _concatenate,
    (L.Flatten, L.Reshape): _reshape,
    (L.Permute,): _permute,
}
