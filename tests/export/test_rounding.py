"""Rounded kernels lie on the grid that a converter finds, and lose less than nearest values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import random_channels
from secateur.export.rounding import LARGEST, on_grid, rounded
from secateur.keras_io.backend import keras

L = keras.layers
RANDOM = np.random.default_rng(0)
# Numbers that go together, as those that layers read do.
X = (RANDOM.normal(size=(300, 3)) @ RANDOM.normal(size=(3, 12))).astype(np.float32)
PICTURES = np.cumsum(RANDOM.normal(size=(30, 10, 10, 3)), axis=1).astype(np.float32)


def model_of(layers: list[L.Layer], x: np.ndarray, seed: int = 1) -> keras.Model:
    own = [type(layer).from_config(layer.get_config()) for layer in layers]
    model = keras.Sequential([L.Input(x.shape[1:]), *own])
    random_channels.randomize(model, np.random.default_rng(seed))
    return model


def by_channel(layer: L.Layer) -> np.ndarray:
    """Return a kernel as (inputs, channels that the layer makes)."""
    kernel = layer.get_weights()[0]
    made = -2 if isinstance(layer, L.DepthwiseConv2D) else -1
    return kernel.reshape(-1, int(np.prod(kernel.shape[made:])))


def nearest(model: keras.Model, largest: int) -> keras.Model:
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    for layer in twin.layers:
        if layer.weights and not isinstance(layer, L.BatchNormalization):
            kernel = by_channel(layer)
            step = np.abs(kernel).max(axis=0) / largest
            shape = layer.get_weights()[0].shape
            layer.set_weights(
                [(np.round(kernel / step) * step).reshape(shape), *layer.get_weights()[1:]]
            )
    return twin


NETWORKS = {
    "dense": ([L.Dense(9, "relu"), L.Dense(7, "relu"), L.Dense(2)], X),
    "normalized": ([L.Dense(9, use_bias=False), L.BatchNormalization(), L.ReLU(), L.Dense(2)], X),
    "convolutions": (
        [L.Conv2D(6, 3, strides=2, padding="same", activation="relu"),
         L.DepthwiseConv2D(3, depth_multiplier=2, activation="relu"),
         L.Conv2D(4, 1, dilation_rate=2), L.Flatten(), L.Dense(2)], PICTURES),
    "steps": ([L.Conv1D(5, 3, activation="relu"), L.Flatten(), L.Dense(2)], PICTURES[:, 0]),
}  # fmt: skip


@pytest.mark.parametrize("bits", LARGEST)
@pytest.mark.parametrize("name", NETWORKS)
def test_it_loses_less_than_nearest_values_and_lies_on_the_grid(name: str, bits: int) -> None:
    layers, x = NETWORKS[name]
    ratios = []
    for seed in range(3):
        model = model_of(layers, x, seed)
        wanted = model.predict(x, verbose=0)
        found = rounded(model, x, {layer.name: bits for layer in model.layers})
        errors = [
            np.square(other.predict(x, verbose=0) - wanted).mean()
            for other in (found, nearest(model, LARGEST[bits]))
        ]
        ratios.append(errors[0] / errors[1])
    assert np.mean(ratios) < 0.75
    for layer in found.layers:
        if layer.weights and not isinstance(layer, L.BatchNormalization):
            kernel, before = by_channel(layer), by_channel(model.get_layer(layer.name))
            assert on_grid(kernel, LARGEST[bits])
            assert not on_grid(before, LARGEST[bits])
            # A converter takes the largest weight of a channel for the end of its grid.
            np.testing.assert_array_equal(np.abs(kernel).max(axis=0), np.abs(before).max(axis=0))


def test_zeros_stay_zeros() -> None:
    model = model_of([L.Dense(9, "relu"), L.Dense(2)], X)
    for layer in model.layers:
        kernel, bias = layer.get_weights()
        layer.set_weights([np.where(np.abs(kernel) < 0.4, 0, kernel), bias])
    found = rounded(model, X, {layer.name: 8 for layer in model.layers})
    for layer in model.layers:
        zeros = layer.get_weights()[0] == 0
        assert zeros.any()
        assert (found.get_layer(layer.name).get_weights()[0][zeros] == 0).all()


def test_what_lies_on_the_grid_stays() -> None:
    model = model_of([L.Dense(9, "relu"), L.Dense(2)], X)
    once = rounded(model, X, {layer.name: 8 for layer in model.layers})
    again = rounded(once, X, {layer.name: 8 for layer in model.layers})
    for before, after in zip(once.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-6)


def test_layers_that_are_not_named_or_shared_or_grouped_keep_their_kernels() -> None:
    given_, shared = keras.Input((12,)), L.Dense(12, "relu", name="shared")
    x = L.Reshape((4, 3))(shared(shared(given_)))
    x = L.Flatten()(L.Conv1D(4, 1, groups=1, name="named")(x))
    model = keras.Model(given_, L.Dense(2, name="last")(x))
    found = rounded(model, X, {"named": 8, "shared": 8})
    for name, same in (("shared", True), ("named", False), ("last", True)):
        before, after = (one.get_layer(name).get_weights()[0] for one in (model, found))
        assert np.array_equal(before, after) == same


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_random_networks_stay_close(seed: int) -> None:
    """Of any layers, whose other weights are not touched."""
    model = random_channels.network(seed)
    x = random_channels.rows(model)
    found = rounded(model, x, {layer.name: 8 for layer in model.layers})
    before, after = (one.predict(x, verbose=0) for one in (model, found))
    assert np.abs(after - before).max() <= 0.15 * max(1, np.abs(before).max())
