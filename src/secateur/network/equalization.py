"""Channels scaled so that one range serves all of them: the same predictions, more exact as int8.

int8 has one scale for all channels of an activation. Where a channel's values are small, few of
the 256 steps are left for it; and a weight that multiplies it may be so large that it takes the
precision of all others. What makes a channel can be scaled, if what reads it is scaled back: with
activations such as ReLU nothing else changes (M. Nagel et al., 2019, "Data-Free Quantization
Through Weight Equalization and Bias Correction").
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from secateur.arrays.rows import Readable, evenly
from secateur.keras_io.backend import keras, tf
from secateur.network.flattened import called
from secateur.network.wiring import wiring

L = keras.layers
ROWS = 1000  # of the calibration rows, at most
POWER = 4  # of the mean of a channel's two sizes; found on the demonstration's training rows
READERS = (L.Dense, L.Conv1D, L.Conv2D, L.Conv3D, L.DepthwiseConv2D)
MAKERS = (*READERS, L.BatchNormalization)
# Layers that give a scaled channel for a scaled channel.
PASSING = (
    L.ReLU, L.LeakyReLU, L.Activation, L.Dropout, L.SpatialDropout1D, L.SpatialDropout2D,
    L.SpatialDropout3D, L.GaussianDropout, L.MaxPooling1D, L.MaxPooling2D, L.MaxPooling3D,
    L.AveragePooling1D, L.AveragePooling2D, L.AveragePooling3D, L.GlobalMaxPooling1D,
    L.GlobalMaxPooling2D, L.GlobalMaxPooling3D, L.GlobalAveragePooling1D,
    L.GlobalAveragePooling2D, L.GlobalAveragePooling3D, L.Flatten, L.UpSampling1D, L.UpSampling2D,
    L.UpSampling3D, L.ZeroPadding1D, L.ZeroPadding2D, L.ZeroPadding3D, L.Cropping1D, L.Cropping2D,
    L.Cropping3D,
)  # fmt: skip
SCALING = ("linear", "relu", "leaky_relu")  # activations that pass a positive scale on


def equalized(model: keras.Model, x: Readable) -> keras.Model:
    """Return a network of equal predictions, to rounding, whose channels have like ranges.

    A channel's scale balances the largest value that it takes over `x`, calibration rows
    (n, *inputs), with the largest weight that reads it. Channels that several layers read stay as
    they are, and those on whose way a scale would be lost.
    """
    pairs = list(_pairs(model))
    if not pairs:
        return model
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    values = _largest(model, x[evenly(len(x), ROWS)], {reader for _, reader in pairs})
    for maker, reader in ((twin.get_layer(a), twin.get_layer(b)) for a, b in pairs):
        count = _channels(maker)
        made = values[reader.name].reshape(-1, count).max(axis=0)
        read = np.abs(_by_input(reader, count)).max(axis=(0, 2)).astype(np.float64)
        if isinstance(maker, L.Dense):  # one scale serves all of its weights, too
            weights = np.abs(maker.kernel.numpy()).max(axis=0).astype(np.float64)
            made = _together(made, weights)
        scale = _scale(made, read)
        _scale_output(maker, scale)
        _scale_input(reader, 1 / scale)
    return twin


def _scale(made: np.ndarray, read: np.ndarray) -> np.ndarray:
    """Return the scale of each channel, by its largest value and the largest weight that reads it.

    Their product is what the channel can give. With the square root, either has the same share of
    it; a channel without effect keeps its scale. The mean of the logarithms is zero.
    """
    works = (made > 0) & (read > 0) & np.isfinite(made) & np.isfinite(read)
    if not works.any():
        return np.ones(len(made))
    logarithms = np.where(works, np.log(np.where(works, read / np.where(works, made, 1), 1)) / 2, 0)
    return np.exp(np.where(works, logarithms - logarithms[works].mean(), 0))


def _together(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return one size of each channel for two that a scale changes alike: nearly the larger."""
    shares = [own / (own.max() or 1) for own in (values, weights)]
    size: np.ndarray = (shares[0] ** POWER + shares[1] ** POWER) ** (1 / POWER)
    return np.where(values > 0, size, 0)


def _pairs(model: keras.Model) -> Iterator[tuple[str, str]]:
    """Yield the names of a layer that makes channels and of the only one that reads them."""
    wired = wiring(model)
    outputs = {id(tensor) for tensor in model.outputs}

    def next_of(call: Any) -> Any:
        """Return the only call that reads what a call gives, if it is one."""
        own = tf.nest.flatten(call.outputs)
        found = [reader for tensor in own for reader in wired.readers.get(id(tensor), [])]
        alone = len(found) == 1 and len(own) == 1 and id(own[0]) not in outputs
        return found[0] if alone and wired.times[found[0].layer.name] == 1 else None

    for call in wired.calls:
        if wired.times[call.layer.name] > 1 or not _makes(call.layer):
            continue
        following = next_of(call)
        while following is not None and _passes(following.layer):
            following = next_of(following)
        if following is not None and _reads(following.layer):
            yield call.layer.name, following.layer.name


def _makes(layer: keras.layers.Layer) -> bool:
    if type(layer) is L.BatchNormalization:
        return bool(layer.scale and layer.center) and _last(layer)
    return type(layer) in MAKERS and _scales(layer) and _last(layer)


def _reads(layer: keras.layers.Layer) -> bool:
    return type(layer) in READERS and getattr(layer, "groups", 1) == 1 and _last(layer)


def _passes(layer: keras.layers.Layer) -> bool:
    if type(layer) is L.ReLU and (layer.max_value is not None or layer.threshold):
        return False
    return type(layer) in PASSING and _scales(layer) and _last(layer)


def _scales(layer: keras.layers.Layer) -> bool:
    function = getattr(layer, "activation", None)
    return function is None or keras.activations.serialize(function) in SCALING


def _last(layer: keras.layers.Layer) -> bool:
    """Return whether a layer has its channels along the last axis."""
    if type(layer) is L.BatchNormalization:
        return list(layer.axis) == [len(layer.input_shape) - 1]
    return getattr(layer, "data_format", None) != "channels_first"


def _channels(layer: keras.layers.Layer) -> int:
    return int(layer.output_shape[-1])


def _largest(model: keras.Model, x: np.ndarray, names: set[str]) -> dict[str, np.ndarray]:
    """Return the largest magnitude of each number along the last axis that layers read."""
    found: dict[str, np.ndarray] = {}

    def note(layer: keras.layers.Layer, inputs: Sequence[Any]) -> None:
        if layer.name in names:
            axes = list(range(len(inputs[0].shape) - 1))
            found[layer.name] = tf.reduce_max(tf.abs(inputs[0]), axes).numpy().astype(np.float64)

    called(model, [tf.cast(x, model.inputs[0].dtype)], training=False, before=note)
    return found


def _by_input(layer: keras.layers.Layer, count: int) -> np.ndarray:
    """Return a layer's kernel as (places, channels that it reads, rest)."""
    if type(layer) is L.DepthwiseConv2D:
        kernel = layer.depthwise_kernel.numpy()
        return kernel.reshape(-1, count, kernel.shape[-1])  # type: ignore[no-any-return]
    kernel = layer.kernel.numpy()
    return kernel.reshape(-1, count, kernel.shape[-1])  # type: ignore[no-any-return]


def _scale_input(layer: keras.layers.Layer, scale: np.ndarray) -> None:
    variable = layer.depthwise_kernel if type(layer) is L.DepthwiseConv2D else layer.kernel
    own = _by_input(layer, len(scale)) * scale[:, None]
    variable.assign(own.reshape(variable.shape).astype(np.float32))


def _scale_output(layer: keras.layers.Layer, scale: np.ndarray) -> None:
    if type(layer) is L.BatchNormalization:
        variables = [layer.gamma, layer.beta]
    elif type(layer) is L.DepthwiseConv2D:
        # Of each channel that it reads it makes several, one after the other.
        shape = (*layer.depthwise_kernel.shape[:2], -1)
        own = layer.depthwise_kernel.numpy().reshape(shape) * scale
        layer.depthwise_kernel.assign(own.reshape(layer.depthwise_kernel.shape))
        variables = [layer.bias] if layer.use_bias else []
    else:
        variables = [layer.kernel, layer.bias] if layer.use_bias else [layer.kernel]
    for variable in variables:
        variable.assign((variable.numpy() * scale).astype(np.float32))
