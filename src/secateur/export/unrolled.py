"""Recurrent layers as a chain of their steps, which is how TFLite holds them.

TFLite has loops and an operation for an LSTM, but neither for any number of rows at once: a loop
cannot be int8, and the operation keeps its state from row to row. Keras trains much faster with a
loop, so a network is unrolled only to be converted.
"""

from typing import Any

from secateur.keras_io.backend import keras

L = keras.layers
MANY_STEPS = 50  # each takes about 0.15 s of conversion and 3 KB of the file
RECURRENT = (L.SimpleRNN, L.GRU, L.LSTM, L.RNN)


def unrolled(model: keras.Model) -> keras.Model:
    """Return a network of equal predictions whose recurrent layers are unrolled.

    Their number of steps must be known. Without such layers it is the model itself.
    """
    if not any(map(_has_loop, model.layers)):
        return model
    twin = keras.models.clone_model(model, clone_function=_unrolled)
    twin.set_weights(model.get_weights())
    return twin


def long_loops(model: keras.Model) -> dict[str, int]:
    """Return the steps of each layer that is unrolled into many, by its name."""
    steps = {
        layer.name: layer.input_shape[1]
        for layer in model.layers
        if _has_loop(layer) and not isinstance(layer, L.TimeDistributed)
    }
    return {name: count for name, count in steps.items() if (count or 0) > MANY_STEPS}


def _has_loop(layer: keras.layers.Layer) -> bool:
    if isinstance(layer, L.Bidirectional):
        return _has_loop(layer.forward_layer) or _has_loop(layer.backward_layer)
    if isinstance(layer, L.TimeDistributed):
        return _has_loop(layer.layer)
    return isinstance(layer, RECURRENT) and hasattr(layer, "unroll") and not layer.unroll


def _unrolled(layer: keras.layers.Layer) -> keras.layers.Layer:
    """Return an equal layer without weights, unrolled if it is recurrent."""
    config = layer.get_config()
    if _has_loop(layer):
        _set(config)
    return type(layer).from_config(config)


def _set(config: dict[str, Any]) -> None:
    """Set `unroll` in a layer's config, or in those of the layers inside of it."""
    inner = [config[key] for key in ("layer", "backward_layer") if config.get(key)]
    for layer in inner:
        _set(layer["config"])
    if not inner:
        config["unroll"] = True
