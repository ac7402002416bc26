"""What a network consists of, at any depth."""

from typing import Any

from secateur.keras_io.backend import keras


def parts(model: keras.Model) -> tuple[Any, ...]:
    """Return Keras's `submodules`: layers, those inside of them, and what they are made of.

    Keras fails to list them if a recurrent layer has kept masks of dropout from several graphs. It
    draws new ones in each call, so they are forgotten here.
    """
    for layer in model._flatten_layers():
        if hasattr(layer, "reset_recurrent_dropout_mask"):
            layer.reset_dropout_mask()
            layer.reset_recurrent_dropout_mask()
    return tuple(model.submodules)
