"""The compiled epoch is the same training as Keras's own `fit`."""

from typing import Any

import numpy as np
import pytest
import tensorflow_model_optimization.sparsity.keras as tfmot

from import_graph import ROOT
from secateur.arrays.rows import Rows
from secateur.compress import pruning
from secateur.core import params
from secateur.keras_io.backend import keras, tf
from secateur.recipes.recipe import Recipe, Recipes
from secateur.recipes.training import Training
from secateur.train import optimizer
from secateur.train.epoch import compile_epoch, compile_model
from secateur.train.training import batch_order
from small_networks import dense, network

TRAINING = Training(optimizer="Adam", learning_rate=0.01, batch_size=16)
EPOCHS = 3
SHIPPED: dict[str, Recipe] = params.read(ROOT / "params.yaml").section("recipes", Recipes)
# Shipped recipes that differ in more than a sparsity or in where they start: as many programs.
KINDS = {
    "constant sparsity": "whole_model",
    "growing sparsity by blocks": "dense_only",
    "growing sparsity with AdamW and a cosine": "small",
}


def faster(recipe: Recipe) -> Recipe:
    """A shipped recipe with its schedule and blocks, but steps that a tiny training reaches."""
    steps: dict[str, Any] = {"frequency": 4, "begin_step": 4}
    if recipe.schedule.type == "PolynomialDecay":
        steps["end_step"] = 16
    return recipe.model_copy(update={"schedule": recipe.schedule.model_copy(update=steps)})


def variables(model: keras.Model) -> dict[str, np.ndarray]:
    return {variable.name: variable.numpy() for variable in model.variables}


def train(recipe: Recipe | None, rows: Rows, compiled: bool) -> tuple[dict, int, dict[str, float]]:
    """The variables after some epochs, the number of steps, and the last epoch's losses."""
    x, y = rows
    model = network(dense(12), 6)
    if recipe:
        model = pruning.wrap(model, recipe)
    training = (recipe and recipe.training) or TRAINING
    # The cosine goes from its start to zero.
    model.compile(optimizer.build(training, 83, EPOCHS), "mse")
    epoch = compile_epoch(model, 16)
    step = tfmot.UpdatePruningStep()
    step.set_model(model)
    step.on_train_begin()
    logs: dict[str, float] = {}
    for number in range(EPOCHS):
        order = batch_order(3, number, 83)  # five batches of 16 and one of 3
        if compiled:
            data = [tf.constant(part) for part in (x[:83], y[:83], order, x[83:], y[83:])]
            logs = {key: float(value) for key, value in epoch(*data).items()}
        else:
            history = model.fit(
                x[order], y[order], batch_size=16, shuffle=False, verbose=0,
                validation_data=(x[83:], y[83:]), validation_batch_size=16, callbacks=[step],
            ).history  # fmt: skip
            logs = {key: values[0] for key, values in history.items()}
        step.on_epoch_end(number)
    return variables(model), int(model.optimizer.iterations), logs


@pytest.mark.parametrize("kind", ["nothing pruned", *KINDS])
def test_is_the_same_training_as_fit(kind: str, friedman_rows: Rows) -> None:
    recipe = faster(SHIPPED[KINDS[kind]]) if kind in KINDS else None
    expected, expected_steps, expected_logs = train(recipe, friedman_rows, compiled=False)
    got, steps, logs = train(recipe, friedman_rows, compiled=True)
    assert steps == expected_steps == 6 * EPOCHS
    assert got.keys() == expected.keys()
    for key, value in expected.items():
        if "mask" in key or "pruning_step" in key:
            np.testing.assert_array_equal(got[key], value, key)
        else:
            np.testing.assert_allclose(got[key], value, atol=1e-5, err_msg=key)
    assert logs == pytest.approx(expected_logs, rel=1e-5)
    masks = [value.mean() for key, value in got.items() if "mask" in key]
    assert any(0 < mask < 1 for mask in masks) == (recipe is not None)


def test_every_shipped_recipe_is_of_one_of_these_kinds() -> None:
    def program(recipe: Recipe) -> tuple[Any, ...]:
        """What the compiled program depends on, beside numbers."""
        training = recipe.training or TRAINING
        return (recipe.schedule and recipe.schedule.type, recipe.block_size, training.optimizer,
                training.learning_rate_schedule)  # fmt: skip

    tested = [program(SHIPPED[name]) for name in KINDS.values()]
    for name, recipe in SHIPPED.items():
        assert program(recipe) in tested or not recipe.sparse, name


class InTraining(keras.layers.Layer):
    """As a user may write it."""

    def call(self, x: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        if training:
            self.add_loss(tf.reduce_mean(x) * 3 + 1)
        return x


def penalized(kind: str) -> keras.Model:
    """A network whose Keras loss is its error and a penalty."""
    layers = keras.layers
    keras.utils.set_random_seed(0)
    some = {
        "kernel_regularizer": {"kernel_regularizer": keras.regularizers.L2(0.5)},
        "activity_regularizer": {"activity_regularizer": keras.regularizers.L1(0.5)},
    }.get(kind, {})
    inputs = layers.Input((6,))
    hidden = layers.Dense(5, "relu", name="hidden", **some)(inputs)
    if kind == "add_loss of an own layer in training":
        hidden = InTraining()(hidden)
    if kind == "ActivityRegularization":
        hidden = layers.ActivityRegularization(l2=0.5)(hidden)
    model = keras.Model(inputs, layers.Dense(1, "sigmoid", name="output")(hidden))
    if kind == "add_loss":
        model.add_loss(tf.reduce_mean(hidden) * 3)
    return model


@pytest.mark.parametrize("loss", ["mse", "binary_crossentropy"])
@pytest.mark.parametrize(
    "kind", ["kernel_regularizer", "activity_regularizer", "ActivityRegularization", "add_loss"]
)
def test_a_penalty_trains_but_is_no_error(kind: str, loss: str, friedman_rows: Rows) -> None:
    x, y = friedman_rows.x[:48], (friedman_rows.y[:48] > 14).astype(np.float32)
    data = [tf.constant(part) for part in (x, y, np.arange(48, dtype=np.int32), x, y)]
    weights = []
    for optimizer_loss in (loss, None):
        model = penalized(kind)
        if optimizer_loss:
            compile_model(model, loss, optimizer=keras.optimizers.SGD(0.1))
        else:
            model.compile(keras.optimizers.SGD(0.1), loss)
        logs = compile_epoch(model, 16)(*data)
        weights.append(model.get_weights())
        error = float(keras.losses.get(loss)(y, model(x)).numpy().mean())
        reported = float(logs["val_loss"])
        if optimizer_loss:
            assert reported == pytest.approx(error, rel=1e-5)
        else:  # what Keras calls loss
            assert reported > error + 0.01
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)  # the penalty has trained


def test_a_penalty_that_is_added_in_training_only_is_no_error(friedman_rows: Rows) -> None:
    x, y = friedman_rows.x[:16], friedman_rows.y[:16]
    model = penalized("add_loss of an own layer in training")
    error = float(keras.losses.get("mse")(y, model(x)).numpy().mean())
    compile_model(model, "mse", optimizer=keras.optimizers.SGD(0.1))
    data = [tf.constant(part) for part in (x, y, np.arange(16, dtype=np.int32), x, y)]
    logs = compile_epoch(model, 16)(*data)  # one batch: its loss is of the weights before
    assert float(logs["loss"]) == pytest.approx(error, rel=1e-5)


@pytest.mark.parametrize("kind", ["kernel_regularizer", "activity_regularizer"])
def test_a_penalty_trains_the_same_inside_a_pruning_wrapper(kind: str, friedman_rows: Rows) -> None:
    x, y = friedman_rows.x[:48], (friedman_rows.y[:48] > 14).astype(np.float32)
    later = {"type": "ConstantSparsity", "target_sparsity": 0.5, "begin_step": 100}
    recipe = Recipe(start="initial", scope="whole", schedule=later, epochs=1, patience=None)
    weights = []
    for wrap in (False, True):
        plain = penalized(kind)
        model = pruning.wrap(plain, recipe) if wrap else plain
        compile_model(model, "mse", optimizer=keras.optimizers.SGD(0.1))
        step = tfmot.UpdatePruningStep()
        step.set_model(model)
        step.on_train_begin()
        data = [tf.constant(part) for part in (x, y, np.arange(48, dtype=np.int32), x, y)]
        compile_epoch(model, 16)(*data)
        weights.append(plain.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)
