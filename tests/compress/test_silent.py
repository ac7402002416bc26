"""What changes no prediction goes, wherever it is, and predictions stay."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import random_channels
from secateur.compress.silent import without_silent
from secateur.keras_io.backend import keras
from secateur.network import channels
from secateur.network.channels import Channels

L = keras.layers


def kill(model: keras.Model, found: Channels, random: np.random.Generator) -> int:
    """Let nothing read some channels, or take the weights that make some; return how many."""
    numbers = [number for group in found.groups() for number in group.tolist()]
    chosen = {
        number: random.choice(["reads", "makes"]) for number in numbers if random.random() < 0.4
    }
    for name, axes in found.axes.items():
        layer = model.get_layer(name)
        weights = layer.get_weights()
        for axis, number in itertools.product(axes, chosen):
            vector = weights[axis.weight].ndim < 2  # a bias stays: the channel is constant
            if axis.role == chosen[number] and not (vector and axis.role == "makes"):
                along = np.moveaxis(weights[axis.weight], axis.axis, 0)
                along[found.first[axis.channels] == number] = 0
        layer.set_weights(weights)
    return len(chosen)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31))
def test_random_networks_predict_the_same_without_what_is_silent(seed: int) -> None:
    model = random_channels.network(seed)
    found = channels.of(model)
    killed = kill(model, found, np.random.default_rng(seed))
    smaller, inputs = without_silent(model)
    x = random_channels.rows(model)
    np.testing.assert_allclose(smaller(x).numpy(), model(x).numpy(), rtol=1e-5, atol=1e-5)
    assert inputs == list(range(model.input_shape[-1]))
    assert smaller.count_params() <= model.count_params() + killed * 20  # a bias may be new


def chain(*layers: Any, shape: tuple[int, ...]) -> keras.Model:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(shape), *layers])
    random_channels.randomize(model, np.random.default_rng(0))
    return model


def empty(model: keras.Model, layer: str, *filters: int) -> None:
    """Take the weights that make some channels of a layer; their biases stay."""
    kernel, *rest = model.get_layer(layer).get_weights()
    kernel[..., list(filters)] = 0
    model.get_layer(layer).set_weights([kernel, *rest])


def widths(model: keras.Model) -> list[int]:
    return [own.output_shape[-1] for own in model.layers if hasattr(own, "kernel")]


@pytest.mark.parametrize("bias", [True, False])
def test_a_constant_goes_through_normalization_into_the_next_bias(bias: bool) -> None:
    model = chain(
        L.Conv2D(6, 3, padding="same", use_bias=False, name="conv"), L.BatchNormalization(),
        L.ReLU(), L.Conv2D(5, 3, use_bias=bias), L.Flatten(), L.Dense(2), shape=(8, 8, 2),
    )  # fmt: skip
    empty(model, "conv", 0, 3)
    smaller, _ = without_silent(model)
    x = random_channels.rows(model)
    np.testing.assert_allclose(smaller(x).numpy(), model(x).numpy(), rtol=1e-5, atol=1e-5)
    assert widths(smaller) == [4, 5, 2]


def test_a_constant_before_padding_stays_unless_it_is_zero() -> None:
    """At the border the next convolution reads zeros in its place."""
    model = chain(
        L.Conv2D(6, 3, activation="relu", name="conv"), L.Conv2D(5, 3, padding="same"), L.Flatten(),
        L.Dense(2), shape=(8, 8, 2),
    )  # fmt: skip
    empty(model, "conv", 0, 1, 2)
    kernel, bias = model.layers[0].get_weights()
    bias[:3] = [1.0, -1.0, 0.0]  # the activation makes two of them zero
    model.layers[0].set_weights([kernel, bias])
    smaller, _ = without_silent(model)
    x = random_channels.rows(model)
    np.testing.assert_allclose(smaller(x).numpy(), model(x).numpy(), rtol=1e-5, atol=1e-5)
    assert widths(smaller) == [4, 5, 2]


def test_what_only_the_dead_read_is_dead() -> None:
    model = chain(L.Dense(6, name="a"), L.Dense(5, name="b"), L.Dense(1, name="c"), shape=(3,))
    kernel, bias = model.get_layer("c").get_weights()
    kernel[1:] = 0
    model.get_layer("c").set_weights([kernel, bias])
    kernel, bias = model.get_layer("b").get_weights()
    kernel[2:, 0] = 0  # so of `a`, the one unit of `b` that is read reads two
    model.get_layer("b").set_weights([kernel, bias])
    smaller, _ = without_silent(model)
    assert widths(smaller) == [2, 1, 1]


def test_a_network_without_anything_to_read_keeps_one_of_each() -> None:
    model = chain(L.Dense(6), L.Dense(5), L.Dense(1), shape=(3,))
    for layer in model.layers:
        layer.set_weights([np.zeros_like(layer.kernel), np.ones_like(layer.bias)])
    smaller, inputs = without_silent(model, inputs=True)
    assert widths(smaller) == [1, 1, 1]
    assert len(inputs) == 1
    x = random_channels.rows(model)
    np.testing.assert_allclose(smaller(x[:, inputs]).numpy(), model(x).numpy())


def test_a_constant_that_must_stay_is_folded_nowhere() -> None:
    """One layer reads zeros beside it: the other would get a bias, and no channel would go."""
    given = keras.Input((8, 8, 2))
    x = L.Conv2D(3, 1, name="conv")(given)
    plain = L.Conv2D(4, 1, use_bias=False, name="plain")(x)
    padded = L.Conv2D(4, 3, padding="same", use_bias=False, name="padded")(x)
    end = L.GlobalAveragePooling2D()(L.Concatenate()([plain, padded]))
    model = keras.Model(given, L.Dense(2)(end))
    random_channels.randomize(model, np.random.default_rng(0))
    empty(model, "conv", 0)
    smaller, _ = without_silent(model)
    assert smaller.count_params() == model.count_params()
    for one, other in zip(smaller.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_constant_that_another_axis_is_normalized_by_varies() -> None:
    """As many rows as channels, so that the numbers of the rows would fit the channels."""
    model = chain(
        L.Conv2D(4, 1, name="conv"), L.BatchNormalization(axis=1), L.Conv2D(3, 1), L.Conv2D(5, 1),
        L.Flatten(), L.Dense(2), shape=(4, 4, 2),
    )  # fmt: skip
    empty(model, "conv", 0, 1, 2, 3)
    smaller, _ = without_silent(model)
    x = random_channels.rows(model)
    np.testing.assert_allclose(smaller(x).numpy(), model(x).numpy(), rtol=1e-5, atol=1e-5)
    assert widths(smaller) == widths(model)


def test_statistics_of_a_renormalization_are_not_guessed() -> None:
    """It has more of them than batch normalization."""
    model = chain(L.Conv2D(5, 3, name="c"), L.BatchNormalization(renorm=True), L.Conv2D(4, 3),
                  L.Flatten(), L.Dense(2), shape=(8, 8, 3))  # fmt: skip
    empty(model, "c", 0, 1)
    smaller, _ = without_silent(model)
    x = random_channels.rows(model)
    np.testing.assert_allclose(smaller(x), model(x), rtol=1e-5, atol=1e-5)
