"""A network is unrolled to be converted, and predicts the same."""

import numpy as np
import pytest

from secateur.export.unrolled import long_loops, unrolled
from secateur.keras_io.backend import keras

L = keras.layers
X = np.random.default_rng(0).normal(size=(4, 6, 3)).astype(np.float32)
X[:, 4:] = 0

LAYERS = {
    "LSTM": lambda: L.LSTM(4, dropout=0.5, recurrent_dropout=0.5),
    "GRU": lambda: L.GRU(4, go_backwards=True, reset_after=False),
    "cells": lambda: L.RNN(L.StackedRNNCells([L.LSTMCell(3), L.GRUCell(2)])),
    "both": lambda: L.Bidirectional(L.LSTM(3), backward_layer=L.GRU(2, go_backwards=True)),
    "steps": lambda: L.TimeDistributed(L.SimpleRNN(2)),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_predictions_are_equal_and_no_loop_is_left(kind: str) -> None:
    first = [L.Reshape((2, 3, 3))] if kind == "steps" else [L.Masking()]
    keras.utils.set_random_seed(0)
    model = keras.Sequential([L.Input((6, 3)), *first, LAYERS[kind](), L.Dense(2)])
    twin = unrolled(model)
    np.testing.assert_allclose(twin(X), model(X), rtol=0, atol=1e-6)
    assert unrolled(twin) is twin
    assert unrolled(model) is not model


def test_a_network_without_loops_stays_as_it_is() -> None:
    model = keras.Sequential([L.Input((6, 3)), L.LSTM(2, unroll=True), L.Dense(1)])
    assert unrolled(model) is model


def test_long_loops_are_those_of_many_steps() -> None:
    both = L.Bidirectional(L.GRU(2), name="both")
    model = keras.Sequential(
        [L.Input((60, 3)), L.LSTM(2, return_sequences=True, name="long"), both, L.Dense(1)]
    )
    assert long_loops(model) == {"long": 60, "both": 60}
    assert long_loops(keras.Sequential([L.Input((6, 3)), L.LSTM(2), L.Dense(1)])) == {}
