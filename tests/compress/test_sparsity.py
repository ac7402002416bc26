"""What of a model tfmot can prune, and how many of its weights are zero."""

import numpy as np
import pytest

from secateur.compress import masks, pruning, sparsity
from secateur.keras_io.backend import keras
from secateur.recipes.recipe import Recipe
from secateur.recipes.scopes import Layer
from small_networks import dense, network

L = keras.layers
SCHEDULE = {"type": "ConstantSparsity", "target_sparsity": 0.5}


def recipe(scope: object = "whole") -> Recipe:
    return Recipe(start="initial", scope=scope, schedule=SCHEDULE, epochs=1, patience=None)


def test_layers_with_weights_are_known_by_their_kernel_or_why_they_have_none() -> None:
    model = keras.Sequential([
        L.Input((8, 8, 2)), L.Conv2D(4, 3, name="conv"), L.BatchNormalization(name="normal"),
        L.DepthwiseConv2D(2, name="depth"), L.SeparableConv2D(3, 2, name="apart"),
        L.Reshape((16, 3)), L.LSTM(5, name="memory"), L.UnitNormalization(),
        L.Dense(2, name="dense"), L.ELU(),
    ])  # fmt: skip
    assert sparsity.layers(model) == {
        "conv": Layer("Conv2D", (3, 3, 2, 4), positions=36),
        "normal": Layer("BatchNormalization"),
        "depth": Layer("DepthwiseConv2D", None, "tfmot prunes none of its weights", positions=25),
        "apart": Layer(
            "SeparableConv2D", (1, 1, 4, 3), "tfmot prunes no depthwise_kernel", positions=16
        ),
        "memory": Layer("LSTM", (3, 20), positions=16, more=((5, 20),)),
        "dense": Layer("Dense", (5, 2)),
    }


def test_a_layer_that_tfmot_does_not_know_says_so() -> None:
    model = keras.Sequential([L.Input((3,)), L.EinsumDense("ab,bc->ac", 4, name="einsum")])
    assert sparsity.layers(model) == {
        "einsum": Layer("EinsumDense", None, "tfmot does not know such a layer")
    }


def test_what_is_inside_of_a_layer_is_pruned_with_it_and_biases_never_are() -> None:
    body = keras.Sequential([L.Dense(4), L.ReLU(), L.Dense(2)], name="body")
    model = keras.Sequential([
        L.Input((6, 3)), L.TimeDistributed(body, name="steps"),
        L.Bidirectional(L.GRU(5, name="gru"), name="both"), L.Dense(2, name="dense"),
    ])  # fmt: skip
    found = sparsity.layers(model)
    assert {name: (layer.kernel, *layer.more) for name, layer in found.items()} == {
        "steps": ((3, 4), (4, 2)), "both": ((2, 15), (5, 15)) * 2, "dense": ((10, 2),),
    }  # fmt: skip
    # A GRU's biases have two axes.
    assert sum(kernel.size for kernel in sparsity.kernels(model).values()) == 20 + 210 + 20
    assert sparsity.sparsity(model)["kernels"] == 0
    assert 0 < sparsity.sparsity(model)["model"] < 1


def test_a_layer_of_a_users_own_says_what_of_it_can_be_pruned() -> None:
    class Own(L.Dense):
        def get_prunable_weights(self) -> list:
            return [self.kernel]

    model = keras.Sequential([L.Input((3,)), Own(4, name="own"), L.Dense(2, name="dense")])
    assert sparsity.layers(model)["own"] == Layer("Own", (3, 4))


def test_a_layer_with_several_inputs_says_why_it_stays_whole() -> None:
    inputs = L.Input((4, 3))
    model = keras.Model(inputs, L.MultiHeadAttention(2, 3, name="attention")(inputs, inputs))
    layer = sparsity.layers(model)["attention"]
    assert layer.kernel is None
    assert "one input" in layer.trouble


def test_a_wrapped_layer_is_known_as_without_its_wrapper() -> None:
    model = network(dense(12, 5), 6)
    wrapped = pruning.wrap(model, recipe(["hidden_2"]))
    assert sparsity.layers(wrapped) == sparsity.layers(model)
    for name, kernel in sparsity.kernels(model).items():
        np.testing.assert_array_equal(sparsity.kernels(wrapped)[name], kernel)
    assert [layer.name for layer in map(sparsity.unwrapped, wrapped.layers)] == [
        "hidden_1", "hidden_2", "output",
    ]  # fmt: skip


def test_counts_zeros_by_kernel_in_all_kernels_and_in_the_whole_model() -> None:
    model = network(dense(12, 5), 6)
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
    assert sparsity.sparsity(model) == pytest.approx(expected)
    assert sparsity.sparsity(pruning.wrap(model, recipe())) == pytest.approx(expected)


def test_kernels_that_tfmot_cannot_prune_count_as_whole() -> None:
    body = keras.Sequential([L.Input((6,)), L.Dense(10, name="inner")], name="body")
    model = keras.Sequential([L.Input((6,)), body, L.Dense(2, name="top")])
    half = np.arange(20).reshape(10, 2) % 2
    model.layers[-1].set_weights([half.astype(np.float32), np.ones(2)])
    expected = pytest.approx(10 / 80)  # 60 weights of the body, 20 of the top
    assert sparsity.sparsity(model)["kernels"] == expected
    assert sparsity.targets(model, recipe(["top"]))["kernels"] == expected
    logs: dict[str, float] = {}
    log = masks.PruningLog()
    log.set_model(pruning.wrap(model, recipe(["top"])))
    log.on_epoch_end(0, logs)
    assert logs["sparsity"] == expected


def test_targets_are_the_recipes_and_nothing_where_there_is_none() -> None:
    model = network(dense(12), 6)
    assert sparsity.targets(model, recipe(["output"])) == {
        "hidden_1": 0.0, "output": 0.5, "kernels": pytest.approx(0.5 * 12 / 84),
    }  # fmt: skip
    assert sparsity.targets(model, None) == {"hidden_1": 0.0, "output": 0.0, "kernels": 0.0}


def test_kernels_pruned_together_have_a_target_of_all_alone() -> None:
    together = {"spread": "global", "schedule": SCHEDULE, "epochs": 1, "patience": None}
    model, one = network(dense(12), 6), Recipe(start="initial", scope=["output"], **together)
    assert sparsity.targets(model, one) == {
        "hidden_1": 0.0, "kernels": pytest.approx(0.5 * 12 / 84)
    }  # fmt: skip
    every = Recipe(start="initial", scope="whole", **together)
    assert sparsity.targets(model, every) == {"kernels": 0.5}
    keeps = Recipe(start="other", scope=["output"], preserve_sparsity=True, **together)
    assert sparsity.targets(model, keeps) == {}


def test_without_a_target_for_each_kernel_there_is_none_for_all() -> None:
    keeps = Recipe(start="other", scope=["output"], schedule=SCHEDULE, preserve_sparsity=True,
                   epochs=1, patience=None)  # fmt: skip
    assert sparsity.targets(network(dense(12), 6), keeps) == {"output": 0.5}
