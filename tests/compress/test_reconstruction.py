"""Layers fitted again: what a channel that has gone told the next layer is told by the others."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.compress import pruning, reconstruction
from secateur.compress.reconstruction import fit_again
from secateur.compress.removal import removed, staying
from secateur.keras_io.backend import keras, tf
from secateur.network import channels
from secateur.train.normalization import estimate_again

L = keras.layers


def rows(shape: tuple[int, ...], count: int = 300) -> Rows:
    x = np.random.default_rng(0).normal(1, 2, (count, *shape)).astype(np.float32)
    return Rows(x, np.zeros((count, 1), np.float32))


def network(shape: tuple[int, ...], *layers: keras.layers.Layer) -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential([L.Input(shape), *layers])


def cut_and_fitted(
    model: keras.Model, gone: list[int], train: Rows, layer: str = "first"
) -> tuple[keras.Model, keras.Model]:
    """Return the network without some of the channels that a layer makes, as cut and as fitted."""
    found = channels.of(model)
    numbers = found.first[found.outputs[layer]][gone]
    before, after = (removed(model, found, numbers) for _ in range(2))
    fit_again(model, after, found, staying(found, numbers), train)
    return before, after


def error(model: keras.Model, other: keras.Model, x: Any) -> float:
    return float(np.mean((model(x).numpy() - other(x).numpy()) ** 2))


CONVOLVED: dict[str, tuple[tuple[int, ...], Callable[[], list[Any]]]] = {
    "dense": ((6,), lambda: [L.Dense(8, "relu", name="first"), L.Dense(3)]),
    "without bias": ((6,), lambda: [L.Dense(8, "relu", name="first"), L.Dense(3, use_bias=False)]),
    "flattened": ((6, 6, 2), lambda: [L.Conv2D(4, 3, name="first"), L.Flatten(), L.Dense(2)]),
    "same": ((7, 6, 2), lambda: [L.Conv2D(6, 3, activation="relu", name="first"),
                                 L.Conv2D(3, 3, 2, "same")]),
    "dilated": ((9, 9, 2), lambda: [L.Conv2D(6, 3, activation="relu", name="first"),
                                    L.Conv2D(3, 2, dilation_rate=2)]),
    "one axis": ((20, 2), lambda: [L.Conv1D(6, 3, activation="relu", name="first"),
                                   L.Conv1D(3, 4, 2, "same")]),
}  # fmt: skip


@pytest.mark.parametrize("kind", CONVOLVED)
def test_a_channel_that_others_tell_of_may_go_without_a_trace(kind: str) -> None:
    """The last channel is twice the first one: the next layer can read that in its place."""
    shape, layers = CONVOLVED[kind]
    model, train = network(shape, *layers()), rows(shape)
    kernel, bias = model.get_layer("first").get_weights()
    kernel[..., -1], bias[-1] = 2 * kernel[..., 0], 2 * bias[0]
    model.get_layer("first").set_weights([kernel, bias])
    before, after = cut_and_fitted(model, [-1], train)
    size = float(np.mean(model(train.x[:]).numpy() ** 2))
    assert error(before, model, train.x[:]) > 0.005 * size
    assert error(after, model, train.x[:]) < 1e-4 * size


def test_later_layers_make_up_for_what_earlier_ones_lost() -> None:
    inputs = keras.Input((8, 8, 2))
    keras.utils.set_random_seed(1)
    x = L.ReLU()(L.BatchNormalization()(L.Conv2D(12, 3, padding="same", name="first")(inputs)))
    y = L.ReLU()(L.Conv2D(12, 3, padding="same")(x))
    y = L.Add()([x, L.DepthwiseConv2D(3, padding="same")(y)])
    outputs = L.Dense(4)(L.GlobalAveragePooling2D()(L.Conv2D(12, 3)(y)))
    model, train = keras.Model(inputs, outputs), rows((8, 8, 2))
    new = rows((8, 8, 2), 900).x[600:]  # which it was not fitted on
    before, after = cut_and_fitted(model, [0, 3, 5, 8], train)
    assert error(after, model, new) < 0.1 * error(before, model, new)


def test_a_network_without_its_pruning_wrappers_is_fitted_as_any_other() -> None:
    """Recipes start from one: tfmot builds it of the very layers of the network before."""
    shape, layers = CONVOLVED["same"]
    train = rows(shape)
    model = pruning.strip(network(shape, *layers()))
    before, after = cut_and_fitted(model, [0], train)
    assert error(after, model, train.x[:]) < 0.9 * error(before, model, train.x[:])


def test_what_cannot_be_fitted_stays_as_it_was_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = (6, 6, 2)
    train = rows(shape)
    shared = L.Dense(5, name="shared")
    inputs = keras.Input(shape)
    x = L.Conv2D(8, 3, name="first")(inputs)
    one, other = L.Conv2D(5, 1, name="frozen", trainable=False)(x), shared(x)
    y = L.Dense(5, name="large")(L.Flatten()(x))
    both = L.Add()([one, other, shared(L.ReLU()(x))])
    model = keras.Model(inputs, L.Dense(2)(L.Concatenate()([L.GlobalMaxPooling2D()(both), y])))
    monkeypatch.setattr(reconstruction, "MOST", 60)
    before, after = cut_and_fitted(model, [0], train)
    for name in ("shared", "frozen", "large"):
        own, its = (m.get_layer(name).get_weights() for m in (before, after))
        assert all(map(np.array_equal, own, its)), name
    assert not np.array_equal(before.layers[-1].kernel.numpy(), after.layers[-1].kernel.numpy())


def test_a_side_that_nobody_knows_beforehand_is_no_error() -> None:
    given = keras.Input((6, 6, 2))
    opened = tf.reshape(given, tf.concat([tf.shape(given)[:1], [-1, 2]], 0))
    x = L.Conv1D(3, 2, name="next")(L.Conv1D(6, 3, activation="relu", name="first")(opened))
    model = keras.Model(given, L.Dense(2)(L.GlobalAveragePooling1D()(x)))
    assert model.get_layer("next").output_shape[1] is None
    train = rows((6, 6, 2))
    before, after = cut_and_fitted(model, [0, 3], train)
    assert error(after, model, train.x[:]) < error(before, model, train.x[:])


def test_a_layer_with_a_constraint_stays_as_it_was_cut() -> None:
    """The first step of training would undo what does not keep it."""
    positive = L.Dense(3, kernel_constraint="non_neg", name="positive")
    model = network((6,), L.Dense(8, "relu", name="first"), positive, L.Dense(2, name="last"))
    before, after = cut_and_fitted(model, [0, 3], rows((6,)))
    own, its = (m.get_layer("positive").kernel.numpy() for m in (before, after))
    np.testing.assert_array_equal(own, its)
    assert not np.array_equal(*(m.get_layer("last").kernel.numpy() for m in (before, after)))


def test_a_network_that_reads_whole_numbers_is_fitted_and_estimated() -> None:
    given = keras.Input((7,), dtype="int32")
    x = L.Conv1D(6, 3, activation="relu", name="first")(tf.one_hot(given, 10))
    x = L.BatchNormalization()(L.Conv1D(4, 3)(x))
    model = keras.Model(given, L.Dense(2)(L.GlobalAveragePooling1D()(x)))
    numbers = np.random.default_rng(0).integers(0, 10, (300, 7)).astype(np.float32)
    train = Rows(numbers, np.zeros((300, 1), np.float32))
    before, after = cut_and_fitted(model, [0, 3], train)
    assert error(after, model, numbers) < error(before, model, numbers)
    estimate_again(after, train, 32)


def test_a_network_that_diverged_stays_as_it_was_cut() -> None:
    model = network((6,), L.Dense(8, name="first"), L.Dense(3, name="last"))
    model.get_layer("first").bias.assign(np.full(8, np.nan, np.float32))
    before, after = cut_and_fitted(model, [1], rows((6,)))
    np.testing.assert_array_equal(before.get_layer("last").kernel, after.get_layer("last").kernel)


def test_few_rows_and_constant_inputs_are_no_error() -> None:
    model = network((6,), L.Dense(8, "relu", name="first"), L.Dense(3))
    few = Rows(rows((6,)).x[:2], np.zeros((2, 1), np.float32))
    same = Rows(np.ones((40, 6), np.float32), np.zeros((40, 1), np.float32))
    for train in (few, same):
        _, after = cut_and_fitted(model, [1, 2], train)
        assert np.isfinite(after(train.x[:]).numpy()).all()
