"""Training may minimize more than the task's loss; what is shown is that loss alone."""

from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.compress import pruning
from secateur.core.tasks import TASKS, TaskName
from secateur.evaluate import scoring
from secateur.keras_io.backend import keras
from secateur.recipes.recipe import Recipe
from secateur.recipes.training import Training
from secateur.train import objective, training
from secateur.train.optimizer import build

SMOOTH = Training(
    optimizer="Adam", learning_rate=0.02, batch_size=18, label_smoothing=0.3, global_clipnorm=0.1,
    warmup_epochs=1, learning_rate_schedule="PolynomialDecay", class_weight="balanced",
)  # fmt: skip
OUTPUTS = {"binary": 1, "multiclass": 3}


def labelled(task: TaskName, given: Rows) -> Rows:
    """Rows with three or two classes of different sizes."""
    y = given.y[:60]
    classes = np.digitize(y, [10, 16] if task == "multiclass" else [12]).astype(np.float32)
    return Rows(np.asarray(given.x[:60]), classes)


def network(task: TaskName, convolution: bool) -> keras.Model:
    layers = keras.layers
    keras.utils.set_random_seed(3)
    hidden = [layers.Reshape((6, 1)), layers.Conv1D(2, 3, name="c"), layers.Flatten()]
    activation = "sigmoid" if task == "binary" else "softmax"
    return keras.Sequential([
        layers.Input((6,)), *(hidden if convolution else [layers.Dense(5, "tanh", name="d")]),
        layers.Dense(OUTPUTS[task], activation, name="output"),
    ])  # fmt: skip


def smoothed(y: np.ndarray, predicted: np.ndarray, share: float) -> np.ndarray:
    """The loss of each row, by hand."""
    if predicted.shape[1] == 1:
        target = y * (1 - share) + share / 2
        of_row = target * np.log(predicted) + (1 - target) * np.log(1 - predicted)
        return -of_row[:, 0]
    labels = np.eye(predicted.shape[1])[y[:, 0].astype(int)]
    target = labels * (1 - share) + share / predicted.shape[1]
    return -np.sum(target * np.log(predicted), axis=1)


@pytest.mark.parametrize("task", OUTPUTS)
def test_smoothed_labels_give_the_loss_of_soft_targets(task: TaskName) -> None:
    draws = np.random.default_rng(0)
    raw = draws.uniform(0.1, 0.9, (7, OUTPUTS[task]))
    predicted = raw if task == "binary" else raw / raw.sum(axis=1, keepdims=True)
    y = draws.integers(0, max(2, OUTPUTS[task]), (7, 1)).astype(np.float32)
    made = objective.of(TASKS[task], 0.3)
    assert made is not None
    got = made(y, predicted.astype(np.float32)).numpy()
    np.testing.assert_allclose(got, smoothed(y, predicted, 0.3), rtol=1e-5)


def test_without_more_the_task_s_own_loss_is_minimized() -> None:
    assert all(objective.of(task) is None for task in TASKS.values())


def pruned(model: keras.Model) -> keras.Model:
    schedule: dict[str, Any] = {"type": "ConstantSparsity", "target_sparsity": 0.5, "frequency": 2}
    recipe = Recipe(start="initial", scope="whole", schedule=schedule, epochs=3, patience=None)
    return pruning.wrap(model, recipe)


@pytest.mark.parametrize("convolution", [False, True], ids=["compiled", "by step"])
@pytest.mark.parametrize("task", OUTPUTS)
def test_smoothing_clipping_warm_up_and_weights_train_as_fit_does(
    task: TaskName, convolution: bool, friedman_rows: Rows
) -> None:
    """With tfmot's wrappers; and the losses that are shown are of the plain labels."""
    rows = labelled(task, friedman_rows)
    made, twin = network(task, convolution), network(task, convolution)
    found: training.Trained
    (found,) = training.train_seeds(
        TASKS[task], "t", [(3, made)], rows, rows, SMOOTH, epochs=3, patience=None, wrap=pruned,
        callbacks=[pruning.PruningStep()], verbose=False,
    )  # fmt: skip
    twin = pruned(twin)
    columns = max(2, OUTPUTS[task])
    y = rows.y if task == "binary" else np.eye(columns)[rows.y[:, 0].astype(int)]
    loss = {"binary": "BinaryCrossentropy", "multiclass": "CategoricalCrossentropy"}[task]
    twin.compile(build(SMOOTH, 60, 3), getattr(keras.losses, loss)(label_smoothing=0.3))
    weights = training.class_weights(SMOOTH, TASKS[task], rows.y)
    for number in range(3):
        order = training.batch_order(3, number, 60)
        twin.fit(
            rows.x[order], y[order], batch_size=18, shuffle=False, verbose=0,
            class_weight=dict(enumerate(weights)), callbacks=[pruning.PruningStep()],
            validation_data=(rows.x, y),
        )  # fmt: skip
    for one, other in zip(found.model.get_weights(), twin.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
    error = scoring.error(TASKS[task], found.model.predict(rows.x, verbose=0), rows)
    assert found.curves[-1]["val_loss"] == pytest.approx(error, rel=1e-4)
