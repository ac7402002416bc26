"""Gradients of the loss, against those of a linear network by hand."""

import numpy as np

from secateur.arrays.rows import Rows
from secateur.core.tasks import TASKS
from secateur.keras_io.backend import keras
from secateur.train.loss_gradients import of_batches

L = keras.layers


def test_each_batch_has_the_gradients_of_its_mean_loss() -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.Input((3,)), L.BatchNormalization(name="frozen", trainable=False),
        L.Dropout(0.9), L.Dense(1, name="last"),
    ])  # fmt: skip
    random = np.random.default_rng(0)
    x, y = random.random((10, 3), dtype=np.float32), random.random((10, 1), dtype=np.float32)
    batches = list(of_batches(model, TASKS["regression"], Rows(x, y), 4))
    assert len(batches) == 3
    for batch, start in zip(batches, (0, 4, 8), strict=True):
        given, wanted = x[start : start + 4], y[start : start + 4]
        given = given / np.sqrt(1 + model.get_layer("frozen").epsilon)
        apart = model(x[start : start + 4]).numpy() - wanted
        kernel, bias = batch["last"]
        np.testing.assert_allclose(kernel, 2 * given.T @ apart / len(given), rtol=1e-4)
        np.testing.assert_allclose(bias, 2 * apart.mean(axis=0), rtol=1e-4)
        assert not any(array.any() for array in batch["frozen"])
