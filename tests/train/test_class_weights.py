"""A balanced training weighs rows by how rare their class is, and the training loss alone."""

import numpy as np
import pytest

from lazy_rows import Lazily
from secateur.arrays.rows import Rows
from secateur.core.tasks import TASKS
from secateur.evaluate import scoring
from secateur.keras_io.backend import keras
from secateur.recipes.training import Training
from secateur.train import training

BALANCED = Training(optimizer="Adam", learning_rate=0.01, batch_size=18, class_weight="balanced")
RARE = (np.arange(60) % 6 == 0).astype(np.float32)[:, None]  # ten of 60 rows


@pytest.mark.parametrize("lazily", [False, True])
def test_a_balanced_training_is_keras_s_fit_with_class_weight(
    lazily: bool, friedman_rows: Rows
) -> None:
    """Validation counts all rows alike, in a network with a penalty, too."""
    x, task = np.asarray(friedman_rows.x[:60]), TASKS["binary"]
    rows = Rows(x, RARE)
    given = Rows(Lazily(x), RARE) if lazily else rows
    made = keras.Sequential([
        keras.layers.Input((6,)),
        keras.layers.Dense(1, "sigmoid", kernel_regularizer="l2", name="output"),
    ])  # fmt: skip
    twin = keras.models.clone_model(made)
    twin.set_weights(made.get_weights())
    found: training.Trained
    (found,) = training.train_seeds(
        task, "t", [(3, made)], given, given, BALANCED, epochs=1, patience=None, verbose=False
    )
    order = training.batch_order(3, 0, 60)
    twin.compile(keras.optimizers.Adam(0.01), task.loss)
    balanced = {0: 60 / (2 * 50), 1: 60 / (2 * 10)}
    twin.fit(x[order], RARE[order], batch_size=18, shuffle=False, verbose=0, class_weight=balanced)
    for one, other in zip(found.model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    error = scoring.error(task, found.model.predict(x, verbose=0), rows)
    assert found.curves[0]["val_loss"] == pytest.approx(error, rel=1e-4)
    np.testing.assert_allclose(training.class_weights(BALANCED, task, RARE), [*balanced.values()])
    plain = BALANCED.model_copy(update={"class_weight": None})
    assert training.class_weights(plain, task, RARE) is None
