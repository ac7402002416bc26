"""Scaled channels change no prediction, and what they even out is what int8 loses by."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import random_channels
from secateur.keras_io.backend import keras
from secateur.network.equalization import equalized

L = keras.layers
X = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
PICTURES = np.random.default_rng(0).normal(size=(9, 8, 8, 3)).astype(np.float32)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_predictions_are_equal(seed: int) -> None:
    model = random_channels.network(seed)
    x = random_channels.rows(model)
    before = model.predict(x, verbose=0)
    after = equalized(model, x).predict(x, verbose=0)
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-5 * max(1, np.abs(before).max()))


def made_by(layers: list[L.Layer], inputs: tuple[int, ...] = (6,)) -> keras.Model:
    model = keras.Sequential([L.Input(inputs), *layers])
    random_channels.randomize(model, np.random.default_rng(1))
    return model


def spread_of(model: keras.Model, layer: str, x: np.ndarray) -> float:
    """Return how many times larger the largest channel of a layer is than the smallest."""
    values = keras.Model(model.inputs, model.get_layer(layer).output)(x).numpy()
    largest = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0)
    return float(largest.max() / largest.min())


@pytest.mark.parametrize(
    ("layers", "inputs"),
    [
        ([L.Dense(5, "relu", name="a"), L.Dense(2, "sigmoid", name="b")], (6,)),
        ([L.Dense(5, name="c"), L.BatchNormalization(name="a"), L.ReLU(), L.Dropout(0.1),
          L.Dense(2, name="b")], (6,)),
        ([L.Conv2D(4, 3, activation="relu", name="a"), L.MaxPooling2D(), L.Flatten(),
          L.Dense(2, name="b")], (8, 8, 3)),
        ([L.DepthwiseConv2D(3, depth_multiplier=2, activation="relu", name="a"),
          L.ZeroPadding2D(), L.Conv2D(3, 1, name="b"), L.GlobalAveragePooling2D()], (8, 8, 3)),
        ([L.Conv2D(4, 3, activation="relu", name="a"), L.DepthwiseConv2D(3, name="b"),
          L.GlobalAveragePooling2D(), L.Dense(1)], (8, 8, 3)),
    ],
)  # fmt: skip
def test_channels_of_unequal_ranges_become_alike(
    layers: list[L.Layer], inputs: tuple[int, ...]
) -> None:
    model = made_by(layers, inputs)
    x = PICTURES if len(inputs) == 3 else X
    maker = model.get_layer("a")
    scales = 4.0 ** np.arange(model.get_layer("a").output_shape[-1])
    weights = maker.get_weights()
    if isinstance(maker, L.DepthwiseConv2D):
        weights[0] = weights[0] * scales.reshape(weights[0].shape[-2:])
        weights[1] = weights[1] * scales
    else:
        weights[:2] = [weight * scales for weight in weights[:2]]
    maker.set_weights(weights)
    found = equalized(model, x)
    np.testing.assert_allclose(found(x), model(x), rtol=1e-4, atol=1e-4)
    assert spread_of(found, "a", x) < spread_of(model, "a", x) / 4
    assert found is not model
    assert all(np.array_equal(a, b) for a, b in zip(maker.get_weights(), weights, strict=True))


@pytest.mark.parametrize(
    "layers",
    [
        [L.Dense(5, "tanh"), L.Dense(2)],
        [L.Dense(5), L.ReLU(6.0), L.Dense(2)],
        [L.Dense(5, "relu"), L.Softmax(), L.Dense(2)],
        [L.Dense(5, "relu"), L.BatchNormalization(), L.Activation("tanh"), L.Dense(2)],
        [L.Dense(5, "relu")],
    ],
)
def test_where_a_scale_is_lost_nothing_changes(layers: list[L.Layer]) -> None:
    model = made_by(layers)
    assert equalized(model, X) is model


def test_what_two_layers_read_and_what_is_called_twice_stays() -> None:
    given_ = keras.Input((6,))
    shared = L.Dense(6, "relu")
    both = L.Dense(4, "relu")(shared(shared(given_)))
    model = keras.Model(given_, L.Add()([L.Dense(2)(both), L.Dense(2)(both)]))
    assert equalized(model, X) is model


def test_dead_channels_keep_their_scale() -> None:
    model = made_by([L.Dense(3, "relu", name="a"), L.Dense(2)])
    kernel, bias, read, last = model.get_weights()
    kernel[:, 1], bias[1], read[2] = 0, -1, 0
    model.set_weights([kernel, bias, read, last])
    found = equalized(model, X)
    assert all(np.isfinite(weights).all() for weights in found.get_weights())
    np.testing.assert_array_equal(found.get_weights()[1][1:], bias[1:])
