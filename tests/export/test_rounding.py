"""Rounded kernels lie on the grid that a converter finds, and lose less than nearest values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import random_channels
from secateur.export import rounding
from secateur.export.rounding import rounded
from secateur.keras_io.backend import keras
from secateur.keras_io.grids import Grid, by_channel, lies_on

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


INT8 = Grid(127, one_scale=False)
GRIDS = {"int8": INT8, "int4": Grid(7, one_scale=False), "one scale": Grid(127, one_scale=True)}


def kernel_of(layer: L.Layer) -> np.ndarray:
    return by_channel(layer, layer.get_weights()[0])


def nearest(model: keras.Model, grid: Grid) -> keras.Model:
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    for layer in twin.layers:
        if layer.weights and not isinstance(layer, L.BatchNormalization):
            kernel = kernel_of(layer)
            step = np.abs(kernel).max(axis=None if grid.one_scale else 0) / grid.largest
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


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("name", NETWORKS)
def test_it_loses_less_than_nearest_values_and_lies_on_the_grid(name: str, grid: Grid) -> None:
    layers, x = NETWORKS[name]
    ratios = []
    for seed in range(3):
        model = model_of(layers, x, seed)
        wanted = model.predict(x, verbose=0)
        found = rounded(model, x, {layer.name: grid for layer in model.layers})
        errors = [
            np.square(other.predict(x, verbose=0) - wanted).mean()
            for other in (found, nearest(model, grid))
        ]
        ratios.append(errors[0] / errors[1])
    assert np.mean(ratios) < 0.75
    for layer in found.layers:
        if layer.weights and not isinstance(layer, L.BatchNormalization):
            kernel, before = kernel_of(layer), kernel_of(model.get_layer(layer.name))
            assert lies_on(kernel, grid)
            assert not lies_on(before, grid)
            # A converter takes the largest weight of a scale for the end of its grid.
            axis = None if grid.one_scale else 0
            np.testing.assert_array_equal(
                np.abs(kernel).max(axis=axis), np.abs(before).max(axis=axis)
            )


def test_zeros_stay_zeros() -> None:
    model = model_of([L.Dense(9, "relu"), L.Dense(2)], X)
    for layer in model.layers:
        kernel, bias = layer.get_weights()
        layer.set_weights([np.where(np.abs(kernel) < 0.4, 0, kernel), bias])
    found = rounded(model, X, {layer.name: INT8 for layer in model.layers})
    for layer in model.layers:
        zeros = layer.get_weights()[0] == 0
        assert zeros.any()
        assert (found.get_layer(layer.name).get_weights()[0][zeros] == 0).all()


def test_what_lies_on_the_grid_stays() -> None:
    model = model_of([L.Dense(9, "relu"), L.Dense(2)], X)
    once = rounded(model, X, {layer.name: INT8 for layer in model.layers})
    again = rounded(once, X, {layer.name: INT8 for layer in model.layers})
    for before, after in zip(once.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-6)


def test_layers_that_are_not_named_or_shared_or_grouped_keep_their_kernels() -> None:
    given_, shared = keras.Input((12,)), L.Dense(12, "relu", name="shared")
    x = L.Reshape((4, 3))(shared(shared(given_)))
    x = L.Flatten()(L.Conv1D(4, 1, groups=1, name="named")(x))
    model = keras.Model(given_, L.Dense(2, name="last")(x))
    found = rounded(model, X, {"named": INT8, "shared": INT8})
    for name, same in (("shared", True), ("named", False), ("last", True)):
        before, after = (one.get_layer(name).get_weights()[0] for one in (model, found))
        assert np.array_equal(before, after) == same


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_random_networks_stay_close(seed: int) -> None:
    """Of any layers, whose other weights are not touched."""
    model = random_channels.network(seed)
    x = random_channels.rows(model)
    found = rounded(model, x, {layer.name: INT8 for layer in model.layers})
    before, after = (one.predict(x, verbose=0) for one in (model, found))
    assert np.abs(after - before).max() <= 0.15 * max(1, np.abs(before).max())


def test_a_normalization_is_folded_through_what_passes_its_input_on() -> None:
    """A function between them is no part of the layer: the converter folds nothing there."""

    def known(*between: keras.layers.Layer) -> dict[str, str]:
        layers = [L.Conv2D(4, 3, name="c"), *between, L.BatchNormalization(name="n")]
        return rounding.folded(keras.Sequential([L.Input((5, 5, 2)), *layers]))

    assert known() == known(L.Dropout(0.5)) == known(L.Activation("linear")) == {"n": "c"}
    assert known(L.Activation("relu")) == known(L.ReLU()) == {}
