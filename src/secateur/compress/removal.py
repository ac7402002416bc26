"""Removal of channels: the same network with fewer of them, its weights cut to fit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from secateur.keras_io.backend import keras
from secateur.network.channels import Channels
from secateur.network.ties import WHOLE

# How a layer's configuration counts the channels that it makes.
COUNTS = ("units", "filters", "output_dim")


def removed(
    model: keras.Model,
    channels: Channels,
    gone: np.ndarray,
    weights: Mapping[str, Sequence[np.ndarray]] | None = None,
) -> keras.Model:
    """Return a network without the channels `gone`, and without all that are tied to these.

    `gone` has numbers as `Channels.groups` gives them. Each layer keeps one channel at least: the
    caller leaves it one. `weights` are by layer, in place of the network's own; a layer without a
    bias gets one if its list is longer by one.

    Raises:
        ValueError: a channel of `gone` must stay, or a layer would have none left.
    """
    stays = staying(channels, gone)
    for name, own in channels.outputs.items():
        if not stays[own].any():
            raise ValueError(f"{name}: no channel is left")
    whole = weights or {layer.name: layer.get_weights() for layer in model.layers}
    biased = {own.name for own in model.layers if len(whole[own.name]) > len(own.weights)}

    def smaller(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        config.pop("batch_input_shape", None)  # of the whole network's
        if layer.name in biased:
            config["use_bias"] = True
        config = {**config, **_values(layer, config, channels, stays)}
        return type(layer).from_config(_fitted(layer, config, channels, stays))

    inputs = None
    if (
        len(model.inputs) == 1
        and not stays[channels.outputs[model.inputs[0].node.layer.name]].all()
    ):
        given = model.inputs[0]
        own = channels.outputs[given.node.layer.name]
        inputs = keras.Input(
            (int(stays[own].sum()),), dtype=given.dtype, name=given.node.layer.name
        )
    found = keras.models.clone_model(model, input_tensors=inputs, clone_function=smaller)
    for layer in found.layers:
        if layer.weights:
            layer.set_weights(cut(layer.name, whole[layer.name], channels, stays))
    return found


def staying(channels: Channels, gone: np.ndarray) -> np.ndarray:
    """Return whether each channel stays (channels,); raises ValueError if one of `gone` must."""
    dropped = np.zeros(len(channels.first), bool)
    dropped[channels.first[gone]] = True
    if dropped[WHOLE]:
        raise ValueError("a channel must stay")
    return ~dropped[channels.first]  # type: ignore[no-any-return]


def cut(
    layer: str, weights: Sequence[np.ndarray], channels: Channels, stays: np.ndarray
) -> list[np.ndarray]:
    """Return a layer's weights without the channels that go; a bias that it did not have, too."""
    axes = channels.axes.get(layer, [])
    found = list(weights)
    if axes and len(found) > 1 + max(axis.weight for axis in axes):
        found[-1] = found[-1][stays[channels.outputs[layer]]]
    for axis in axes:
        found[axis.weight] = np.compress(stays[axis.channels], found[axis.weight], axis.axis)
    return found


def _values(
    layer: keras.layers.Layer, config: Mapping[str, Any], channels: Channels, stays: np.ndarray
) -> dict[str, Any]:
    """Return the initializers that hold a value for each weight, as pretrained embeddings do."""
    found: dict[str, Any] = {}
    for key, initializer in config.items():
        own = initializer.get("config") if isinstance(initializer, Mapping) else None
        weight = getattr(layer, key.removesuffix("_initializer"), None)
        if not key.endswith("_initializer") or not isinstance(own, Mapping) or weight is None:
            continue
        values = np.asarray(own.get("value", 0))
        if values.shape == weight.shape and values.ndim:
            weights = [values if one is weight else one.numpy() for one in layer.weights]
            number = next(n for n, one in enumerate(layer.weights) if one is weight)
            left = cut(layer.name, weights, channels, stays)[number].tolist()
            found[key] = {**initializer, "config": {**own, "value": left}}
    return found


def _fitted(
    layer: keras.layers.Layer, config: dict[str, Any], channels: Channels, stays: np.ndarray
) -> dict[str, Any]:
    """Return a layer's configuration with as many channels as stay."""
    own = channels.outputs[layer.name]
    if stays[own].all():
        return config  # what its counts mean is known of layers alone that may lose channels
    if isinstance(layer, keras.layers.Bidirectional):
        recurrent = [axis for axis in channels.axes[layer.name] if axis[:2] == (1, 0)]
        count = int(stays[recurrent[0].channels].sum()) if recurrent else layer.layer.units
        inner: dict[str, Any] = {
            key: {**config[key], "config": {**config[key]["config"], "units": count}}
            for key in ("layer", "backward_layer")
            if key in config
        }
        return {**config, **inner}
    if isinstance(layer, keras.layers.Reshape) and config["target_shape"][-1] != -1:
        return {**config, "target_shape": (*config["target_shape"][:-1], int(stays[own].sum()))}
    counted: Mapping[str, int] = {key: int(stays[own].sum()) for key in COUNTS if key in config}
    return {**config, **counted}
