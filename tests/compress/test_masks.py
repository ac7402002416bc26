"""Callbacks set tfmot's masks, or follow them; each training begins them anew."""

import numpy as np
import pytest
import tensorflow_model_optimization.sparsity.keras as tfmot

from secateur.compress import masks, pruning
from secateur.keras_io.backend import keras
from secateur.recipes.recipe import Recipe
from small_networks import dense, network

SCHEDULE = {"type": "ConstantSparsity", "target_sparsity": 0.5}


@pytest.fixture
def model() -> keras.Model:
    """Of whose three kernels the second and third are pruned."""
    recipe = Recipe(start="initial", scope=["hidden_2", "output"], schedule=SCHEDULE, epochs=1,
                    patience=None)  # fmt: skip
    return pruning.wrap(network(dense(12, 10), 6), recipe)


def found(model: keras.Model) -> list[np.ndarray]:
    return [variable.numpy() for variable in model.variables if "mask" in variable.name]


def begin(callback: keras.callbacks.Callback, model: keras.Model) -> list[np.ndarray]:
    """The masks after a training has begun."""
    callback.set_model(model)
    callback.on_train_begin()
    return found(model)


def test_zeros_where_a_training_starts_are_masked(model: keras.Model) -> None:
    kernel = model.get_layer("prune_low_magnitude_hidden_2").layer.kernel
    kernel.assign(np.where(np.arange(120).reshape(12, 10) % 3, kernel.numpy(), 0))
    one, other = begin(masks.PreservedZeros(), model)
    np.testing.assert_array_equal(one, (kernel.numpy() != 0).astype(np.float32))
    assert other.all()
    kernel.assign(np.ones((12, 10)))
    assert all(mask.all() for mask in begin(masks.PreservedZeros(), model))


def test_random_masks_leave_as_many_as_asked_for_at_places_of_the_seed(model: keras.Model) -> None:
    runs = [(0.5, 1), (0.5, 1), (0.5, 2), (0.85, 1), (0.0, 1)]
    callback = masks.RandomMasks(runs)
    first, same, other, sparser, dense_ones = [begin(callback, model) for _ in runs]
    assert [int(mask.sum()) for mask in first] == [60, 5]
    assert [int(mask.sum()) for mask in sparser] == [18, 2]  # Python rounds a half to even
    assert [int(mask.sum()) for mask in dense_ones] == [120, 10]
    np.testing.assert_array_equal(first[0], same[0])
    assert not np.array_equal(first[0], other[0])
    assert {mask.shape for mask in first} == {(12, 10), (10, 1)}


def test_a_decays_final_sparsity_is_each_trainings_own(model: keras.Model) -> None:
    decay = tfmot.PolynomialDecay(0.0, 0.5, 0, 10, frequency=10)
    callback = masks.FinalSparsity(decay, [0.5, 0.75])
    for sparsity in (0.5, 0.75):
        callback.on_train_begin()
        prunes, reached = decay(10)
        assert bool(prunes)
        assert float(reached) == pytest.approx(sparsity)


def test_an_epochs_log_has_the_sparsity_of_masks_and_of_kernels_without_one(
    model: keras.Model,
) -> None:
    begin(masks.RandomMasks([(0.5, 0)]), model)
    kernel = model.get_layer("hidden_1").kernel
    kernel.assign(np.zeros(kernel.shape))
    model(np.zeros((1, 6)))  # as a validation does, this masks the weights
    log = masks.PruningLog()
    log.set_model(model)
    logs = {"loss": 1.0}
    log.on_epoch_end(0, logs)
    assert logs == {
        "loss": 1.0, "hidden_2/sparsity": 0.5, "hidden_2/threshold": 0.0, "output/sparsity": 0.5,
        "output/threshold": 0.0, "sparsity": pytest.approx((72 + 60 + 5) / (72 + 120 + 10)),
    }  # fmt: skip


def test_a_diverged_network_has_no_zeros_in_its_log_either(model: keras.Model) -> None:
    """A mask says 98 % where the file holds NaN only."""
    begin(masks.RandomMasks([(0.9, 0)]), model)
    for layer in model.layers[1:]:
        layer.layer.kernel.assign(np.full(layer.layer.kernel.shape, np.nan))
    model(np.zeros((1, 6)))
    log = masks.PruningLog()
    log.set_model(model)
    logs: dict[str, float] = {}
    log.on_epoch_end(0, logs)
    assert logs["sparsity"] == 0


def test_the_pruning_step_begins_at_the_optimizers_and_an_epochs_end_masks_nothing(
    model: keras.Model,
) -> None:
    model.compile("adam", "mse")
    before = model.get_weights()
    step = masks.PruningStep()
    step.set_model(model)
    step.on_train_begin()
    step.on_epoch_end(0)
    for one, other in zip(before, model.get_weights(), strict=True):
        if one.ndim:  # not the step itself
            np.testing.assert_array_equal(one, other)
