"""Frozen layers are told, and settled by one key."""

import numpy as np
import pytest

from secateur.core.errors import InputError
from secateur.keras_io.backend import keras
from secateur.network import frozen

L = keras.layers


def stack(*, first: bool = False, nested: bool = False) -> keras.Model:
    body = keras.Sequential([L.Input((3,)), L.Dense(2, name="inner")], name="body")
    body.layers[0].trainable = not nested
    layers = [L.Dense(3, name="first"), body, L.Dropout(0.1), L.Dense(1, name="last")]
    model = keras.Sequential([L.Input((4,)), *layers])
    model.get_layer("first").trainable = not first
    return model


@pytest.mark.parametrize("untrained", [True, False])
def test_without_frozen_layers_nothing_is_said(untrained: bool) -> None:
    assert frozen.settle("here", stack(), None, untrained=untrained) == []


def test_frozen_layers_of_a_trained_network_stay_and_are_named() -> None:
    for wanted in (None, "keep"):
        model = stack(first=True, nested=True)
        assert frozen.settle("here", model, wanted, untrained=False) == ["first", "body"]
        assert len(model.trainable_weights) == 2


def test_a_frozen_layer_of_random_weights_is_refused_until_it_is_settled() -> None:
    with pytest.raises(InputError, match=r"here: layer 'first'.*model\.frozen_layers: train"):
        frozen.settle("here", stack(first=True), None, untrained=True)
    assert frozen.settle("here", stack(first=True), "keep", untrained=True) == ["first"]
    model = stack(first=True, nested=True)
    assert frozen.settle("here", model, "train", untrained=True) == []
    assert len(model.trainable_weights) == 6


@pytest.mark.parametrize("untrained", [True, False])
def test_where_all_is_frozen_nothing_would_train(untrained: bool) -> None:
    model = stack()
    model.trainable = False
    with pytest.raises(InputError, match=r"every layer is frozen.*model\.frozen_layers"):
        frozen.settle("here", model, None, untrained=untrained)
    assert frozen.settle("here", model, "keep", untrained=untrained) == ["first", "body", "last"]
    assert frozen.settle("here", model, "train", untrained=untrained) == []


def test_what_was_unfrozen_stays_so_in_a_copy() -> None:
    """As later stages load it."""
    model = stack(first=True)
    frozen.settle("here", model, "train", untrained=False)
    assert frozen.names(keras.models.clone_model(model)) == []
    assert np.all([layer.trainable for layer in model.layers])


def test_a_layer_that_is_frozen_in_part_cannot_stay_so() -> None:
    """Keras's config has no flag of a layer inside of `Bidirectional`."""
    both = L.Bidirectional(L.GRU(2, unroll=True), name="both")
    model = keras.Sequential([L.Input((4, 3)), both, L.Dense(1)])
    both.forward_layer.trainable = False
    for wanted in (None, "keep"):
        with pytest.raises(InputError, match=r"'both' is frozen in part.*frozen_layers: train"):
            frozen.settle("here", model, wanted, untrained=False)
    assert frozen.settle("here", model, "train", untrained=False) == []
