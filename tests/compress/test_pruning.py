"""A recipe prunes what is in its scope to its target, and keeps the zeros that it is to keep."""

from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.compress import pruning, sparsity
from secateur.core.errors import InputError
from secateur.evaluate.predictions import predictor
from secateur.keras_io.backend import keras
from secateur.recipes.recipe import Recipe
from secateur.recipes.training import Training
from secateur.train.training import train_seeds
from small_networks import REGRESSION, dense, listing
from small_networks import network as built

CONSTANT = {"type": "ConstantSparsity", "target_sparsity": 0.5, "frequency": 2}
GROWING = {
    "type": "PolynomialDecay", "initial_sparsity": 0.5, "final_sparsity": 0.75, "begin_step": 0,
    "end_step": 8, "frequency": 2,
}  # fmt: skip
NOTHING = {"scope": "none", "schedule": None}
KEEPING = {"start": "sparse", "preserve_sparsity": True}


def network(seed: int = 0) -> keras.Model:
    return built(dense(12, 5), 6, seed)


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{
        "start": "initial", "scope": "whole", "schedule": CONSTANT, "epochs": 2, "patience": 1,
        **changes,
    })  # fmt: skip


def train(rows: Rows, recipe: Recipe, models: list[keras.Model]) -> list[keras.Model]:
    """Each model trained by the recipe, as the stage `prune` does, and stripped."""
    training = Training(optimizer="Adam", learning_rate=0.01, batch_size=15)
    trained = train_seeds(
        REGRESSION, "t", [*enumerate(models)], rows, rows, training, epochs=recipe.epochs,
        patience=None, verbose=False, wrap=lambda model: pruning.wrap(model, recipe),
        callbacks=pruning.callbacks(recipe),
    )  # fmt: skip
    return [copied(pruning.strip(model)) for _, model, _ in trained]


def copied(model: keras.Model) -> keras.Model:
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    return twin


@pytest.mark.parametrize("scope", ["whole", ["hidden_2"]])
def test_prunes_what_is_in_scope_to_the_target_and_stripping_changes_no_prediction(
    scope: Any, friedman_rows: Rows
) -> None:
    wanted, kept = recipe(scope=scope), {}

    def wrap(model: keras.Model) -> keras.Model:
        kept["wrapped"] = pruning.wrap(model, wanted)
        return kept["wrapped"]

    training = Training(optimizer="Adam", learning_rate=0.01, batch_size=15)
    (trained,) = train_seeds(
        REGRESSION, "t", [(0, network())], friedman_rows, friedman_rows, training,
        epochs=2, patience=None, verbose=False, wrap=wrap, callbacks=pruning.callbacks(wanted),
    )  # fmt: skip
    assert trained.model is kept["wrapped"]
    stripped = pruning.strip(trained.model)
    for name, target in sparsity.targets(stripped, wanted).items():
        if name == "kernels":  # all of them
            continue
        kernel = sparsity.kernels(stripped)[name]
        assert np.mean(kernel == 0) == pytest.approx(target, abs=0.5 / kernel.size)
    assert [layer.name for layer in stripped.layers] == ["hidden_1", "hidden_2", "output"]
    predict = predictor()
    np.testing.assert_array_equal(
        predict(trained.model, friedman_rows.x), predict(stripped, friedman_rows.x)
    )


@pytest.mark.parametrize(
    "how",
    [
        {"schedule": {"hidden_1": GROWING, "output": CONSTANT}, "scope": ["hidden_1", "output"]},
        {"schedule": GROWING, "spread": "erdos_renyi_kernel"},
    ],
    ids=["by layer", "by shape"],
)
def test_each_layer_reaches_a_target_of_its_own(how: dict[str, Any], friedman_rows: Rows) -> None:
    wanted = recipe(**how)
    (stripped,) = train(friedman_rows, wanted, [network()])
    targets = sparsity.targets(stripped, wanted)
    for name, kernel in sparsity.kernels(stripped).items():
        assert np.mean(kernel == 0) == pytest.approx(targets[name], abs=0.5 / kernel.size), name
    assert len({targets[name] for name in ("hidden_1", "hidden_2", "output")}) == 3
    if "spread" in how:
        zeros = [np.sum(kernel == 0) for kernel in sparsity.kernels(stripped).values()]
        assert sum(zeros) == pytest.approx(0.75 * (72 + 60 + 5), abs=1.5)


def test_a_recipe_that_prunes_nothing_wraps_nothing() -> None:
    model = network()
    assert pruning.wrap(model, recipe(**NOTHING)) is model
    assert [layer.name for layer in pruning.strip(model).layers] == [
        "hidden_1", "hidden_2", "output",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (recipe(scope=["hidden_1"]), {"hidden_1"}),
        (recipe(scope=["hidden_1"], **KEEPING), {"hidden_1", "conv_1", "output"}),
        (recipe(**NOTHING, **KEEPING), {"hidden_1", "conv_1", "output"}),
    ],
    ids=["in scope", "in scope and kept", "kept"],
)
def test_wraps_the_scope_and_where_zeros_are_kept_every_other_kernel(
    wanted: Recipe, names: set[str]
) -> None:
    model = built(
        listing(
            {"type": "Conv1D", "filters": 3, "kernel_size": 2}, {"type": "BatchNormalization"},
            {"type": "Flatten"}, {"type": "Dense", "units": 4},
        ),
        [6, 1],
    )  # fmt: skip
    wrapped = [
        layer.layer.name
        for layer in pruning.wrap(model, wanted).layers
        if hasattr(layer, "pruning_step")
    ]
    assert set(wrapped) == names


def test_blocks_are_those_of_the_layers_in_scope_alone() -> None:
    wanted = recipe(scope=["hidden_1"], block_size=[2, 3], block_pooling_type="MAX")
    blocks = {
        layer.layer.name: (tuple(layer.block_size), layer.block_pooling_type)
        for layer in pruning.wrap(network(), wanted).layers
        if hasattr(layer, "pruning_step")
    }
    assert blocks == {"hidden_1": ((2, 3), "MAX")}


def test_refuses_a_layer_that_the_model_does_not_have() -> None:
    with pytest.raises(InputError, match=r"scope: .*'hidden_9'.*hidden_1"):
        pruning.wrap(network(), recipe(scope=["hidden_9"]))


# Zeros that are to stay


def pruned(seed: int) -> keras.Model:
    """Half of each kernel is zero: the smallest weights, as pruning leaves it."""
    model = network(seed)
    for layer in model.layers:
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel * (np.abs(kernel) > np.median(np.abs(kernel))), bias])
    return model


def zeros(model: keras.Model) -> dict[str, np.ndarray]:
    return {name: kernel == 0 for name, kernel in sparsity.kernels(model).items()}


def test_every_zero_stays_of_every_seed_and_the_other_weights_move(friedman_rows: Rows) -> None:
    starts = [pruned(seed) for seed in (0, 1)]
    before = [copied(model) for model in starts]
    after = train(friedman_rows, recipe(**NOTHING, **KEEPING), starts)
    for old, new in zip(before, after, strict=True):
        for name, gone in zeros(old).items():
            np.testing.assert_array_equal(zeros(new)[name], gone, name)
            assert gone.any(), name
            moved = sparsity.kernels(old)[name] != sparsity.kernels(new)[name]
            assert moved[~gone].any(), name
    assert not np.array_equal(zeros(before[0])["hidden_1"], zeros(before[1])["hidden_1"])


def test_a_schedule_to_a_higher_sparsity_takes_no_zero_back(friedman_rows: Rows) -> None:
    wanted = recipe(scope=["hidden_1"], schedule=GROWING, **KEEPING)
    start = pruned(0)
    before = zeros(start)
    (model,) = train(friedman_rows, wanted, [start])
    after = zeros(model)
    for name, gone in before.items():
        assert after[name][gone].all(), name
        assert after[name].mean() == (0.75 if name == "hidden_1" else gone.mean())


def test_zeros_are_lost_unless_they_are_to_be_kept(friedman_rows: Rows) -> None:
    start = pruned(0)
    before = zeros(start)
    (model,) = train(friedman_rows, recipe(**NOTHING), [start])
    for name, gone in zeros(model).items():
        assert gone.sum() < 0.8 * before[name].sum(), name
