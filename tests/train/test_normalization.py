"""Statistics of batch normalization, against NumPy's of the same rows."""

import numpy as np

from secateur.arrays.rows import Rows
from secateur.keras_io.backend import keras
from secateur.train.normalization import estimate_again

L = keras.layers


def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential([
        keras.Input((3,)), L.Dense(4, name="first"), L.Dropout(0.5), L.BatchNormalization(name="a"),
        L.ReLU(), L.Dense(2), L.BatchNormalization(name="b", momentum=0.7),
    ])  # fmt: skip


def rows(count: int) -> Rows:
    random = np.random.default_rng(0)
    x = random.normal(3, 2, (count, 3)).astype(np.float32)
    return Rows(x, random.random((count, 1)))


def test_they_are_the_averages_over_batches() -> None:
    model, train = network(), rows(64)
    estimate_again(model, train, 16)
    kernel, bias = model.get_layer("first").get_weights()
    given = (train.x[:] @ kernel + bias).reshape(4, 16, -1)  # the dropout passes it on
    normalized = model.get_layer("a")
    np.testing.assert_allclose(normalized.moving_mean, given.mean(axis=(0, 1)), rtol=1e-4)
    expected = given.var(axis=1).mean(axis=0)
    np.testing.assert_allclose(normalized.moving_variance, expected, rtol=1e-4)
    outputs = model(train.x[:]).numpy()
    assert np.abs(outputs.mean(axis=0)).max() < 0.2
    assert np.abs(outputs.std(axis=0) - 1).max() < 0.2


def test_nothing_else_changes_and_a_frozen_layer_stays() -> None:
    model = network()
    model.get_layer("a").trainable = False
    before = {layer.name: layer.get_weights() for layer in model.layers}
    estimate_again(model, rows(40), 16)
    for name in ("first", "a"):
        for one, other in zip(before[name], model.get_layer(name).get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
    gamma, beta, mean, _ = model.get_layer("b").get_weights()
    np.testing.assert_array_equal([gamma, beta], before["b"][:2])
    assert (mean != before["b"][2]).all()
    assert model.get_layer("b").momentum == 0.7


def test_fewer_rows_than_a_batch_are_one_batch() -> None:
    model = network()
    estimate_again(model, rows(5), 16)
    assert np.isfinite(model(rows(5).x[:]).numpy()).all()
