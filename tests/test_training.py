"""The compiled epoch is the same training as Keras's own `fit`."""

from collections.abc import Iterator
from typing import Any

import dense
import numpy as np
import pytest
import tensorflow_model_optimization.sparsity.keras as tfmot

from conftest import TINY
from import_graph import ROOT
from secateur.arrays.tables import Rows
from secateur.compress import pruning
from secateur.core import params
from secateur.core.errors import InputError
from secateur.keras_io.backend import keras, tf
from secateur.recipes.recipe import Recipe, Recipes
from secateur.train.epoch import compile_epoch
from secateur.train.training import Trained, Training, batch_order, train_seeds

TRAINING = Training(optimizer="Adam", learning_rate=0.01, batch_size=16)
SHIPPED: dict[str, Recipe] = params.section("recipes", Recipes, ROOT / "params.yaml")


def network(seed: int = 0) -> keras.Model:
    return dense.network(dense.dense(12), 6, seed)


def faster(recipe: Recipe) -> Recipe:
    """A shipped recipe with its schedule and blocks, but steps that a tiny training reaches."""
    if recipe.schedule is None:
        return recipe
    steps: dict[str, Any] = {"frequency": 4, "begin_step": 4}
    if recipe.schedule.type == "PolynomialDecay":
        steps["end_step"] = 16
    return recipe.model_copy(update={"schedule": recipe.schedule.model_copy(update=steps)})


def variables(model: keras.Model) -> dict[str, np.ndarray]:
    return {variable.name: variable.numpy() for variable in model.variables}


@pytest.mark.parametrize("name", [None, *SHIPPED])
def test_is_the_same_training_as_fit(name: str | None, friedman_rows: Rows) -> None:
    recipe = faster(SHIPPED[name]) if name else None
    x, y = friedman_rows
    models = []
    for compiled in (False, True):
        model = pruning.wrap(network(), recipe) if recipe else network()
        training = (recipe and recipe.training) or TRAINING
        model.compile(training.build(83, 4), "mse")  # the cosine goes from its start to zero
        epoch = compile_epoch(model, 16)
        step = tfmot.UpdatePruningStep()
        step.set_model(model)
        step.on_train_begin()
        for number in range(4):
            order = batch_order(3, number, 83)  # five batches of 16 and one of 3
            if compiled:
                data = [tf.constant(part) for part in (x[:83], y[:83], order, x[83:], y[83:])]
                logs = {key: float(value) for key, value in epoch(*data).items()}
            else:
                logs = model.fit(
                    x[order], y[order], batch_size=16, shuffle=False, verbose=0,
                    validation_data=(x[83:], y[83:]), validation_batch_size=16, callbacks=[step],
                ).history  # fmt: skip
                logs = {key: values[0] for key, values in logs.items()}
            step.on_epoch_end(number)
        models.append((variables(model), int(model.optimizer.iterations), logs))

    (expected, expected_step, expected_logs), (got, step_count, logs) = models
    assert step_count == expected_step == 24
    assert got.keys() == expected.keys()
    for key, value in expected.items():
        if "mask" in key or "pruning_step" in key:
            np.testing.assert_array_equal(got[key], value, key)
        else:
            np.testing.assert_allclose(got[key], value, atol=1e-5, err_msg=key)
    assert logs == pytest.approx(expected_logs, rel=1e-5)
    if recipe and recipe.schedule:
        assert any(0 < mask.mean() < 1 for key, mask in got.items() if "mask" in key)


def trained(
    seeds: list[int], rows: Rows, recipe: Recipe | None = None, **more: Any
) -> dict[int, Any]:
    result = train_seeds(
        dense.REGRESSION, "test", [(seed, network(seed)) for seed in seeds], rows, rows,
        (recipe and recipe.training) or TRAINING,
        **{"epochs": 3, "patience": None, **more},
        wrap=lambda model: pruning.wrap(model, recipe) if recipe else model,
        callbacks=pruning.callbacks() if recipe else (),
    )  # fmt: skip
    return {seed: (variables(model), curves) for seed, model, curves in result}


@pytest.mark.parametrize("name", [None, "whole_model", "dense_only", "small"])
def test_a_seed_does_not_depend_on_those_trained_before_it(
    name: str | None, friedman_rows: Rows
) -> None:
    recipe = faster(SHIPPED[name]) if name else None
    alone = trained([5], friedman_rows, recipe)[5]
    second = trained([2, 5], friedman_rows, recipe)[5]
    for key, value in alone[0].items():
        np.testing.assert_array_equal(second[0][key], value, key)
    assert alone[1] == second[1]


def test_seeds_differ_and_recipes_share_a_seeds_batch_order(friedman_rows: Rows) -> None:
    result = trained([0, 1], friedman_rows)
    assert not np.array_equal(result[0][0]["hidden_1/kernel:0"], result[1][0]["hidden_1/kernel:0"])
    assert sorted(batch_order(0, 0, 9)) == list(range(9))
    orders = [batch_order(seed, epoch, 50).tolist() for seed in (0, 1) for epoch in (0, 1)]
    assert len({tuple(order) for order in orders}) == 4
    assert batch_order(1, 1, 50).tolist() == orders[3]


def test_curves_have_a_row_an_epoch_with_the_sparsity(friedman_rows: Rows) -> None:
    _, curves = trained([0], friedman_rows, faster(SHIPPED["whole_model"]))[0]
    assert [row["epoch"] for row in curves] == [1, 2, 3]
    assert [row["sparsity"] for row in curves] == [0.5] * 3
    _, dense = trained([0], friedman_rows)[0]
    assert [row["sparsity"] for row in dense] == [0.0] * 3
    assert dense[0]["loss"] > dense[1]["loss"] > dense[2]["loss"]
    assert list(dense[0]) == ["seed", "epoch", "loss", "val_loss", "sparsity"]


def test_early_stopping_counts_only_from_the_epoch_given(friedman_rows: Rows) -> None:
    class Worse(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            logs["val_loss"] = float(epoch)

    def epochs(stop_from: int) -> int:
        result = train_seeds(
            dense.REGRESSION, "test", [(0, network())], friedman_rows, friedman_rows, TRAINING,
            epochs=9, patience=2,
            callbacks=[Worse()], stop_from=stop_from,
        )  # fmt: skip
        return len(next(iter(result)).curves)

    assert epochs(0) == 3
    assert epochs(4) == 7


def run(models: list[tuple[int, keras.Model]], train: Rows, validation: Rows) -> Iterator[Trained]:
    return train_seeds(
        dense.REGRESSION, "t", models, train, validation, TRAINING, epochs=1, patience=1
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"train": 5}, r"inputs \(5,\) to train on, \(6,\) to validate on"),
        ({"train": 5, "validation": 5}, r"the model of seed 0 takes \(6,\)"),
        ({"rows": 15}, "batch_size: 16: larger than the 15 training rows"),
    ],
)
def test_refuses_data_that_do_not_fit(
    friedman_rows: Rows, change: dict[str, int], words: str
) -> None:
    x, y = friedman_rows
    rows = change.get("rows", 90)
    train = Rows(x[:rows, : change.get("train", 6)], y[:rows])
    validation = Rows(x[:, : change.get("validation", 6)], y)
    with pytest.raises(InputError, match=words):
        next(run([(0, network())], train, validation))


def test_refuses_seeds_of_different_networks(friedman_rows: Rows) -> None:
    models = [(0, network()), (1, dense.network(dense.dense(9), 6, 1))]
    with pytest.raises(InputError, match="seed 1 is not built like the first"):
        next(run(models, friedman_rows, friedman_rows))


def test_prints_a_line_for_each_finished_training(
    friedman_rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    trained([4, 6], friedman_rows)
    out, err = capsys.readouterr()
    assert [line.split(", validation MSE ")[0] for line in out.splitlines()] == [
        "test, seed 4: 3 epochs",
        "test, seed 6: 3 epochs",
    ]
    assert err == ""  # no bar where there is no terminal


def test_tiny_recipes_are_those_shipped() -> None:
    assert {*TINY["recipes"], "control_small", "small", "smallest"} == SHIPPED.keys()
