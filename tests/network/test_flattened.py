"""Nested models are replaced by their layers, and nothing that the network computes changes."""

from collections.abc import Callable

import numpy as np
import pytest

from secateur.keras_io.backend import keras, tf
from secateur.network.adapted import adapted
from secateur.network.flattened import flattened

L = keras.layers
X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def body(name: str, *more: keras.layers.Layer) -> keras.Model:
    return keras.Sequential([L.Input((4,)), L.Dense(4, "tanh", name="mix"), *more], name=name)


def branched() -> keras.Model:
    """A functional model with two inputs and two outputs."""
    ends = [L.Input((4,), name="left"), L.Input((4,), name="right")]
    both = L.Add(name="both")(ends)
    return keras.Model(ends, [both * 0.5, L.Dense(4, name="mix")(both)], name="branched")


def chain() -> keras.Model:
    inner = keras.Sequential([body("deep"), L.Dense(3, name="last")], name="inner")
    return keras.Sequential([L.Input((4,)), inner, L.Dense(1, name="mix")])


def deferred() -> keras.Model:
    """Its nested model learns its input's shape when it is called."""
    inner = keras.Sequential([L.Dense(4, name="a"), L.BatchNormalization(name="b")], name="inner")
    inputs = L.Input((4,))
    return keras.Model(inputs, L.Dense(1, name="out")(inner(inputs)))


def shared() -> keras.Model:
    """A nested model that is called twice, and one of its layers outside of it."""
    inner = body("inner")
    inputs = L.Input((4,))
    twice = inner(inner(inputs))
    outside = inner.get_layer("mix")(inputs)
    return keras.Model(inputs, L.Dense(1, name="out")(L.Concatenate()([twice, outside])))


def several() -> keras.Model:
    """A nested model with several inputs and outputs, in another nested model."""
    inputs = L.Input((4,))
    one, other = branched()([inputs, inputs])
    middle = keras.Model(inputs, L.Concatenate(name="join")([one, other]), name="middle")
    given = L.Input((4,))
    return keras.Model(given, L.Dense(1, name="mix")(middle(given)))


def by_name() -> keras.Model:
    """A nested model that takes a dictionary."""
    ends = {"b": L.Input((4,), name="b"), "a": L.Input((4,), name="a")}
    inner = keras.Model(ends, L.Subtract(name="less")([ends["a"], ends["b"]]), name="inner")
    inputs = L.Input((4,))
    return keras.Model(inputs, L.Dense(1, name="out")(inner({"a": inputs, "b": inputs * 3.0})))


def by_key() -> keras.Model:
    """A nested model whose dictionary has other keys than its inputs have names."""
    ends = {"b": L.Input((4,), name="a"), "a": L.Input((4,), name="b")}
    inner = keras.Model(ends, L.Subtract(name="less")([ends["a"], ends["b"]]), name="inner")
    inputs = L.Input((4,))
    return keras.Model(inputs, L.Dense(1, name="out")(inner({"a": inputs, "b": inputs * 3.0})))


def masked() -> keras.Model:
    inner = keras.Sequential([L.Masking(0.0), L.LSTM(3, name="lstm")], name="inner")
    inputs = L.Input((4,))
    steps = L.Reshape((2, 2))(tf.nn.relu(inputs))
    return keras.Model(inputs, L.Dense(1, name="out")(inner(steps)))


NETWORKS = [chain, deferred, shared, several, by_name, by_key, masked]


@pytest.mark.parametrize("make", NETWORKS)
def test_a_network_without_nested_models_predicts_the_same_bits(
    make: Callable[[], keras.Model],
) -> None:
    keras.utils.set_random_seed(0)
    model = make()
    before = np.asarray(model(X))
    weights = sum(weight.size for weight in model.get_weights())
    flat, _ = adapted(model)
    np.testing.assert_array_equal(flat(X), before)
    assert not any(isinstance(layer, keras.Model) for layer in flat.layers)
    assert sum(weight.size for weight in flat.get_weights()) == weights
    copy = keras.models.clone_model(flat)
    copy.set_weights(flat.get_weights())
    np.testing.assert_array_equal(copy(X), before)


def test_layers_keep_their_names_or_get_those_that_lead_to_them() -> None:
    flat, names = adapted(chain())
    assert isinstance(flat, keras.Sequential)  # whose last layers compaction can make smaller
    assert [layer.name for layer in flat.layers] == ["inner.deep.mix", "last", "mix"]
    assert names == {"inner.deep.mix": "inner/deep/mix", "last": "inner/last"}


def test_a_layer_that_is_called_outside_too_has_no_other_name() -> None:
    flat, names = adapted(shared())
    assert names == {}
    assert len(flat.get_layer("mix")._inbound_nodes) == 3


@pytest.mark.parametrize("training", [True, False, None])
def test_a_nested_model_called_for_prediction_stays_so_in_training(training: bool | None) -> None:
    inner = keras.Sequential([L.Input((4,)), L.BatchNormalization(), L.Dropout(0.5)], name="inner")
    inputs = L.Input((4,))
    outer = keras.Sequential([L.Input((4,)), inner], name="outer")
    model = keras.Model(inputs, L.Dense(1)(outer(inputs, training=training)))
    flat, _ = adapted(model)
    keras.utils.set_random_seed(1)
    before = np.asarray(model(X, training=True))
    keras.utils.set_random_seed(1)
    after = np.asarray(flat(X, training=True))
    if training is False:
        np.testing.assert_array_equal(after, before)
        np.testing.assert_array_equal(after, flat(X, training=False))
    else:
        assert not np.array_equal(after, flat(X, training=False))


def test_what_is_frozen_stays_frozen() -> None:
    frozen = body("frozen")
    frozen.trainable = False
    free = body("free")
    flat, names = adapted(keras.Sequential([L.Input((4,)), frozen, free, L.Dense(1)]))
    kept = {layer.name: layer.trainable for layer in flat.layers}
    assert kept["frozen.mix"] is False
    assert kept["free.mix"] is True
    assert set(names.values()) == {"frozen/mix", "free/mix"}


def test_a_network_without_nested_models_is_left_as_it_is() -> None:
    model = keras.Sequential([L.Input((2, 4)), L.TimeDistributed(body("inner")), L.Dense(1)])
    assert flattened(model) == (model, {})


def test_a_subclassed_model_inside_is_left_as_it_is() -> None:
    class Own(keras.Model):
        def call(self, inputs: tf.Tensor) -> tf.Tensor:
            return inputs * 2.0

    model = keras.Sequential([L.Input((4,)), Own(), L.Dense(1)])
    assert flattened(model) == (model, {})
