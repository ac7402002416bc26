"""A network learns from a teacher too; the gradients are those of the paper's formulas."""

from typing import Any

import numpy as np
import pytest

from lazy_rows import Lazily
from secateur.arrays.rows import Rows
from secateur.compress import pruning
from secateur.core.tasks import TASKS, TaskName
from secateur.evaluate import scoring
from secateur.keras_io.backend import keras
from secateur.recipes.distillation import Distill
from secateur.recipes.recipe import Recipe
from secateur.recipes.training import Training
from secateur.train import training
from secateur.train.training import Trained, train_seeds

OUTPUTS: dict[TaskName, int] = {"regression": 2, "binary": 1, "multiclass": 3}
SGD = Training(optimizer="SGD", learning_rate=0.5, batch_size=30)
X = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)


def rows(task: TaskName) -> Rows:
    draws = np.random.default_rng(1)
    if task == "regression":
        return Rows(X, draws.normal(size=(30, 2)).astype(np.float32))
    return Rows(X, draws.integers(0, max(2, OUTPUTS[task]), (30, 1)).astype(np.float32))


def network(task: TaskName, seed: int, clipped: bool = False) -> keras.Model:
    """One layer; `clipped` hides its logits from Keras, as an own output layer may."""
    keras.utils.set_random_seed(seed)
    activation = {"regression": "linear", "binary": "sigmoid", "multiclass": "softmax"}[task]
    layers = [
        keras.layers.Input((4,), name="i"), keras.layers.Dense(OUTPUTS[task], activation, name="d")
    ]  # fmt: skip
    if clipped:
        layers.append(keras.layers.Reshape((OUTPUTS[task],), name="r"))
    return keras.Sequential(layers, name="net")


def distill(**more: Any) -> Distill:
    return Distill(**{"from": "baseline", "weight": 0.3, **more})


def train(
    task: TaskName, given: Rows, teachers: dict[int, keras.Model], how: Distill, **more: Any
) -> dict[int, tuple[list[np.ndarray], dict[str, float]]]:
    models = [(seed, network(task, 10 + seed, more.pop("clipped", False))) for seed in teachers]
    found = train_seeds(
        TASKS[task], "t", models, given, rows(task), SGD,
        **{"epochs": 1, "patience": None, "verbose": False, **more}, distill=how, teachers=teachers,
    )  # fmt: skip
    return {seed: (model.get_weights(), curves[-1]) for seed, model, curves in found}


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def gradient(task: TaskName, student: np.ndarray, teacher: np.ndarray, y: np.ndarray,
             how: Distill) -> np.ndarray:  # fmt: skip
    """Of the loss by a row's logits, or its numbers: each row by itself."""
    if task == "regression":
        own, taught = (2 * (student - target) / student.shape[1] for target in (y, teacher))
    else:
        share = softmax if task == "multiclass" else sigmoid
        labels = np.eye(3)[y[:, 0].astype(int)] if task == "multiclass" else y
        own = share(student) - labels
        t = how.temperature
        taught = t * (share(student / t) - share(teacher / t))  # t² times the KL divergence's
    return (1 - how.weight) * own + how.weight * taught


@pytest.mark.parametrize("way", ["compiled", "by block", "by step"])
@pytest.mark.parametrize("task", OUTPUTS)
def test_a_step_follows_the_gradient_of_both_losses(
    task: TaskName, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = distill() if task == "regression" else distill(temperature=3.0)
    teacher, given = network(task, 99), rows(task)
    monkeypatch.setattr(training, "runs_by_step", lambda _: way == "by step")
    read = Rows(Lazily(given.x), given.y) if way == "by block" else given
    ((kernel, bias), logs) = train(task, read, {0: teacher}, how)[0]
    own, bias_before = network(task, 10).get_weights()
    before = X @ own + bias_before
    step = gradient(task, before, X @ teacher.get_weights()[0], given.y, how) / len(X)
    np.testing.assert_allclose(kernel, own - 0.5 * X.T @ step, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(bias, bias_before - 0.5 * step.sum(axis=0), rtol=1e-4, atol=1e-6)
    # What is shown is the error alone, before the step in training, and after it in validation.
    for key, weights in (("loss", [own, bias_before]), ("val_loss", [kernel, bias])):
        model = network(task, 10)
        model.set_weights(weights)
        error = scoring.error(TASKS[task], model.predict(X, verbose=0), given)
        assert logs[key] == pytest.approx(error, rel=1e-4)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_logits_are_those_of_the_probabilities_where_keras_has_lost_them(task: TaskName) -> None:
    how, given = distill(temperature=3.0), rows(task)
    teachers = [{0: network(task, 99, clipped)} for clipped in (False, True)]
    plain = train(task, given, teachers[0], how)[0]
    clipped = train(task, given, teachers[1], how, clipped=True)[0]
    for one, other in zip(plain[0], clipped[0], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_each_seed_has_its_own_teacher_which_stays_as_it_is() -> None:
    given, how = rows("multiclass"), distill()
    teachers = {seed: network("multiclass", 90 + seed) for seed in (1, 2)}
    before = [teacher.get_weights() for teacher in teachers.values()]
    both = train("multiclass", given, teachers, how, epochs=3)
    for (seed, teacher), weights in zip(teachers.items(), before, strict=True):
        teacher.set_weights(weights)  # the first is the one that teaches all
        alone = train("multiclass", given, {seed: teacher}, how, epochs=3)[seed]
        for one, other in zip(both[seed][0], alone[0], strict=True):
            np.testing.assert_array_equal(one, other)
        assert both[seed][1] == alone[1]
        for one, other in zip(teacher.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_pruned_network_comes_nearer_to_its_teacher() -> None:
    """With smoothing, weights of classes and clipping: nothing of it goes through the teacher."""
    schedule = {"type": "ConstantSparsity", "target_sparsity": 0.5, "frequency": 2}
    recipe = Recipe(start="initial", scope="whole", schedule=schedule, epochs=20, patience=None)
    settings = SGD.model_copy(
        update={"batch_size": 8, "label_smoothing": 0.1, "class_weight": "balanced", "clipnorm": 1}
    )
    given, teacher = rows("multiclass"), network("multiclass", 99)
    taught = teacher.predict(X, verbose=0)
    distances = []
    for weight in (None, 1.0):
        found: Trained
        (found,) = train_seeds(
            TASKS["multiclass"], "t", [(0, network("multiclass", 10))], given, given, settings,
            epochs=20, patience=None, wrap=lambda model: pruning.wrap(model, recipe),
            callbacks=pruning.callbacks(recipe), verbose=False,
            distill=weight and distill(weight=weight), teachers={0: teacher},
        )  # fmt: skip
        assert found.curves[-1]["sparsity"] == 0.5
        distances.append(np.abs(found.model.predict(X, verbose=0) - taught).mean())
    assert distances[1] < distances[0] / 2
