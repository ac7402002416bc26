"""Removal of channels gives what masking them gives, for random networks of all layers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import random_channels
from secateur.compress.removal import removed
from secateur.keras_io.backend import keras
from secateur.network import channels
from secateur.network.channels import Channels

L = keras.layers


def masked(model: keras.Model, found: Channels, gone: np.ndarray) -> keras.Model:
    """Return the network as if nothing read the channels."""
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    dropped = np.isin(found.first, found.first[gone])
    for name, axes in found.axes.items():
        weights = twin.get_layer(name).get_weights()
        for axis in axes:
            if axis.role == "reads":
                along = np.moveaxis(weights[axis.weight], axis.axis, 0)  # a view
                along[dropped[axis.channels]] = 0
        twin.get_layer(name).set_weights(weights)
    return twin


def some(found: Channels, random: np.random.Generator) -> np.ndarray:
    """Return channels to remove: of each group some, and never all that a layer makes."""
    gone = [
        random.choice(group, random.integers(len(group)), replace=False) for group in found.groups()
    ]
    chosen = np.concatenate([np.zeros(0, int), *gone])
    return np.array([number for number in chosen if _leaves_some(found, chosen)], int)


def _leaves_some(found: Channels, gone: np.ndarray) -> bool:
    dropped = np.isin(found.first, found.first[gone])
    return all(not dropped[own].all() for own in found.outputs.values())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31))
def test_what_is_left_predicts_as_if_nothing_read_the_rest(seed: int) -> None:
    model = random_channels.network(seed)
    found = channels.of(model)
    gone = some(found, np.random.default_rng(seed))
    smaller = removed(model, found, gone)
    x = random_channels.rows(model)
    expected = masked(model, found, gone)(x).numpy()
    np.testing.assert_allclose(smaller(x).numpy(), expected, rtol=1e-4, atol=1e-5)
    assert smaller.output_shape == model.output_shape
    if len(gone):
        assert smaller.count_params() < model.count_params()


def test_what_must_stay_is_refused() -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    found = channels.of(model)
    with pytest.raises(ValueError, match="must stay"):
        removed(model, found, found.outputs[model.layers[-1].name])
    with pytest.raises(ValueError, match=r"dense\w*: no channel is left"):
        removed(model, found, found.outputs[model.layers[0].name])


def test_calls_of_a_reshape_lose_the_same_channels() -> None:
    """It has one shape for both."""
    given = keras.Input((4, 4, 3))
    flat = L.Reshape((16, 6), name="flat")
    one, other = (L.Conv2D(6, size, padding="same", name=f"c{size}")(given) for size in (1, 3))
    x = L.Concatenate()([L.Conv1D(3, 2)(flat(one)), L.Conv1D(4, 2)(flat(other))])
    model = keras.Model(given, L.Dense(2)(L.Flatten()(x)))
    found = channels.of(model)
    gone = found.first[found.outputs["c1"][:2]]
    smaller = removed(model, found, gone)
    assert smaller.get_layer("flat").output_shape[-1] == smaller.get_layer("c3").filters == 4
    x = random_channels.rows(model)
    np.testing.assert_allclose(smaller(x), masked(model, found, gone)(x), rtol=1e-4, atol=1e-5)


def test_an_initializer_that_holds_the_weights_loses_them_too() -> None:
    """Pretrained embeddings are given so."""
    table = np.arange(60.0).reshape(10, 6)
    values = L.Embedding(
        10, 6, embeddings_initializer=keras.initializers.Constant(table.tolist()), name="table"
    )
    biased = L.Dense(5, bias_initializer=keras.initializers.Constant([1, 2, 3, 4, 5]), name="dense")
    model = keras.Sequential([keras.Input((7,)), values, L.GRU(4), biased, L.Dense(2)])
    found = channels.of(model)
    gone = np.concatenate([found.outputs["table"][1:3], found.outputs["dense"][3:4]])
    smaller = removed(model, found, found.first[gone])
    x = np.random.default_rng(0).integers(0, 10, (5, 7))
    np.testing.assert_allclose(smaller(x), masked(model, found, gone)(x), rtol=1e-4, atol=1e-5)
    anew = keras.models.clone_model(smaller)
    np.testing.assert_array_equal(anew.get_layer("table").embeddings, table[:, [0, 3, 4, 5]])
    np.testing.assert_array_equal(anew.get_layer("dense").bias, [1, 2, 3, 5])
