"""What a network consists of can be listed, whatever its layers have kept from their calls."""

import pytest

from secateur.keras_io.backend import keras
from secateur.keras_io.parts import parts

L = keras.layers


def test_a_recurrent_layer_with_dropout_does_not_hinder() -> None:
    inputs = L.Input((5, 4))
    layer = L.LSTM(3, dropout=0.1, recurrent_dropout=0.1)
    model = keras.Model(inputs, L.Dense(1)(layer(inputs)))
    keras.models.clone_model(model)
    layer(inputs)
    with pytest.raises(ValueError, match="dropout_mask_cache"):
        _ = model.submodules
    found = parts(model)
    assert layer in found
    assert layer.cell in found
