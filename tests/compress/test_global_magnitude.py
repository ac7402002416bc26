"""One threshold prunes all layers together, in a compiled epoch and step by step."""

from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.compress import pruning, sparsity
from secateur.keras_io.backend import keras, tf
from secateur.network.model import Model
from secateur.recipes.recipe import Recipe
from secateur.recipes.training import Training
from secateur.train.training import train_seeds
from small_networks import REGRESSION, dense, listing, network

CONVOLUTIONS = listing(
    {"type": "Conv1D", "filters": 3, "kernel_size": 2, "activation": "relu"}, {"type": "Flatten"},
    {"type": "Dense", "units": 8, "activation": "relu"},
)  # fmt: skip
GROWING = {
    "type": "PolynomialDecay", "initial_sparsity": 0.2, "final_sparsity": 0.8, "begin_step": 0,
    "end_step": 12, "frequency": 2,
}  # fmt: skip


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{
        "start": "initial", "scope": "whole", "spread": "global", "schedule": GROWING, "epochs": 3,
        "patience": None, **changes,
    })  # fmt: skip


@pytest.fixture
def model() -> keras.Model:
    """Layers of 60, 40 and 4 weights; those of the second are small, of the last tiny."""
    made = network(dense(10, 4), 6)
    random = np.random.default_rng(0)
    for layer, scale in zip(made.layers, (1, 0.3, 1e-3), strict=True):
        layer.kernel.assign(scale * random.normal(size=layer.kernel.shape))
    return made


def masks(model: keras.Model, sparsity: float, compiled: bool, **how: Any) -> dict[str, np.ndarray]:
    """Each layer's mask after the first step that prunes."""
    constant = {"type": "ConstantSparsity", "target_sparsity": sparsity, "frequency": 1}
    wrapped = pruning.wrap(model, recipe(schedule=constant, **how))
    for layer in wrapped.layers:
        if hasattr(layer, "pruning_step"):
            layer.pruning_step.assign(0)
    step = tf.function(lambda x: wrapped(x, training=True), jit_compile=compiled, autograph=False)
    step(tf.ones((2, 6)))
    return {
        layer.layer.name: layer.pruning_vars[0][1].numpy()
        for layer in wrapped.layers
        if hasattr(layer, "pruning_step")
    }


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("wanted", [0.0, 0.3, 0.5, 0.9])
def test_the_smallest_weights_of_all_layers_go_but_one_of_each_layer_stays(
    model: keras.Model, wanted: float, compiled: bool
) -> None:
    before = {name: np.abs(kernel) for name, kernel in sparsity.kernels(model).items()}
    found = masks(model, wanted, compiled)
    kept = round(104 * (1 - wanted))
    threshold = np.sort(np.concatenate([kernel.ravel() for kernel in before.values()]))[-kept]
    for name, kernel in before.items():
        np.testing.assert_array_equal(found[name], kernel >= min(threshold, kernel.max()), name)
    saved = sum(kernel.max() < threshold for kernel in before.values())
    assert saved == {0.0: 0, 0.3: 1, 0.5: 1, 0.9: 2}[wanted]  # the tiny ones, then the small ones
    assert sum(mask.sum() for mask in found.values()) == kept + saved


def test_layers_out_of_scope_have_no_part_in_the_threshold(model: keras.Model) -> None:
    found = masks(model, 0.5, True, scope=["hidden_2", "output"])
    assert list(found) == ["hidden_2", "output"]
    assert found["hidden_2"].sum() + found["output"].sum() == 22 + 1


def test_zeros_that_are_kept_elsewhere_have_no_part_either(model: keras.Model) -> None:
    keeps = {"start": "sparse", "preserve_sparsity": True, "scope": ["hidden_2", "output"]}
    found = masks(model, 0.5, True, **keeps)
    assert found["hidden_1"].all()
    assert found["hidden_2"].sum() + found["output"].sum() == 22 + 1


@pytest.mark.parametrize("layers", [dense(12, 5), CONVOLUTIONS], ids=["compiled", "by step"])
def test_a_training_reaches_the_target_by_a_spread_of_its_own_and_repeats(
    layers: Model, friedman_rows: Rows
) -> None:
    rows, shape = friedman_rows, [6]
    if layers is CONVOLUTIONS:
        rows, shape = Rows(rows.x[..., None], rows.y), [6, 1]

    def trained(seeds: list[int]) -> dict[int, dict[str, np.ndarray]]:
        own = recipe()
        training = Training(optimizer="Adam", learning_rate=0.01, batch_size=15)
        return {
            seed: sparsity.kernels(pruning.strip(made))
            for seed, made, _ in train_seeds(
                REGRESSION, "t", [(seed, network(layers, shape, seed)) for seed in seeds], rows,
                rows, training, epochs=own.epochs, patience=None, verbose=False,
                wrap=lambda model: pruning.wrap(model, own), callbacks=pruning.callbacks(own),
            )
        }  # fmt: skip

    found, alone = trained([0, 1]), trained([1])
    for kernels in found.values():
        size = sum(kernel.size for kernel in kernels.values())
        left = sum(np.count_nonzero(kernel) for kernel in kernels.values())
        assert left - round(0.2 * size) in range(len(kernels))
    left = [[np.count_nonzero(own) for own in kernels.values()] for kernels in found.values()]
    assert left[0] != left[1]
    for name, kernel in found[1].items():
        np.testing.assert_array_equal(kernel, alone[1][name], name)
