from pathlib import Path
from typing import Any

import dense
import numpy as np
import pytest

from secateur.arrays.tables import Rows
from secateur.compress import pruning
from secateur.core.errors import InputError
from secateur.evaluate.predictions import predictor
from secateur.keras_io.backend import keras
from secateur.recipes.recipe import Recipe
from secateur.train.training import Training, train_seeds


def network() -> keras.Model:
    return dense.network(dense.dense(12, 5), 6)


def recipe(target: float = 0.5, **changes: Any) -> Recipe:
    schedule = {"type": "ConstantSparsity", "target_sparsity": target, "frequency": 2}
    words = {"start": "initial", "scope": "whole", "schedule": schedule, "epochs": 2, "patience": 1}
    return Recipe(**{**words, **changes})


def prune(rows: Rows, recipe: Recipe, log_dir: Path) -> keras.Model:
    training = Training(optimizer="Adam", learning_rate=0.01, batch_size=9)
    (trained,) = train_seeds(
        dense.REGRESSION, "t", [(0, network())], rows, rows, training,
        epochs=recipe.epochs, patience=None, wrap=lambda model: pruning.wrap(model, recipe),
        callbacks=pruning.callbacks(), logs_folder=log_dir,
    )  # fmt: skip
    return trained.model


@pytest.mark.parametrize("scope", ["whole", ["hidden_2"], "none"])
def test_prunes_what_is_in_scope_to_the_target_and_stripping_changes_no_prediction(
    scope: Any, friedman_rows: Rows, tmp_path: Path
) -> None:
    wanted = recipe(scope=scope, **({"schedule": None} if scope == "none" else {}))
    model = prune(friedman_rows, wanted, tmp_path)
    stripped = pruning.strip(model)
    for name, target in pruning.targets(model, wanted).items():
        kernel = pruning.kernels(stripped)[name]
        assert np.mean(kernel == 0) == pytest.approx(target, abs=0.5 / kernel.size)
    assert [layer.name for layer in stripped.layers] == ["hidden_1", "hidden_2", "output"]
    predict = predictor()
    np.testing.assert_array_equal(
        predict(model, friedman_rows.x), predict(stripped, friedman_rows.x)
    )
    assert list(tmp_path.glob("seed_0/events.out.tfevents.*"))


def test_wraps_only_the_scope() -> None:
    model = pruning.wrap(network(), recipe(scope=["hidden_2"]))
    wrapped = [layer.name for layer in model.layers if hasattr(layer, "pruning_step")]
    assert wrapped == ["prune_low_magnitude_hidden_2"]


def test_refuses_a_layer_that_the_model_does_not_have() -> None:
    with pytest.raises(InputError, match=r"no layer 'hidden_9' has a kernel; allowed: .*hidden_1"):
        pruning.wrap(network(), recipe(scope=["hidden_9"]))


def test_sparsity_counts_zeros_by_kernel_in_all_kernels_and_in_the_whole_model() -> None:
    model = network()
    hidden, *_ = model.layers
    kernel = hidden.kernel.numpy()
    kernel[:, :4] = 0
    hidden.set_weights([kernel, np.ones(12)])
    for layer in model.layers[1:]:
        layer.set_weights([np.ones(weight.shape) for weight in layer.get_weights()])
    expected = {
        "hidden_1": 24 / 72,
        "hidden_2": 0,
        "output": 0,
        "kernels": 24 / 137,
        "model": 24 / 155,
    }
    assert pruning.sparsity(model) == pytest.approx(expected)
    assert pruning.sparsity(pruning.wrap(model, recipe())) == pytest.approx(expected)
