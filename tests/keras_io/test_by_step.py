"""Networks with a convolution or recurrence run step by step, in any layer, and wide ones."""

import pytest

from secateur.compress import pruning
from secateur.keras_io import by_step
from secateur.keras_io.backend import keras, tf
from secateur.recipes.recipe import Recipe

L = keras.layers
DENSE = [
    [L.Input(4), L.Dense(3, "relu"), L.BatchNormalization(), L.Dropout(0.5), L.Dense(1)],
    [L.Input((4, 4, 1)), L.Flatten(), L.Dense(3), L.Reshape((3, 1)), L.AveragePooling1D(),
     L.GlobalAveragePooling1D()],
    [L.Input(3), L.Embedding(9, 4), L.GlobalAveragePooling1D(), L.Dense(1)],
]  # fmt: skip
BY_STEP = [
    [L.Input((8, 8, 1)), L.Conv2D(2, 3)],
    [L.Input((8, 8, 1)), L.DepthwiseConv2D(3)],
    [L.Input((8, 8, 1)), L.SeparableConv2D(2, 3)],
    [L.Input((8, 8, 1)), L.Conv2DTranspose(2, 3)],
    [L.Input((8, 2)), L.Conv1D(2, 3)],
    [L.Input((8, 2)), L.Conv1DTranspose(2, 3)],
    [L.Input((4, 4, 4, 1)), L.Conv3D(2, 3)],
    [L.Input((8, 2)), L.LSTM(3)],
    [L.Input((8, 2)), L.GRU(3, return_sequences=True), L.Dense(1)],
    [L.Input((8, 2)), L.Bidirectional(L.SimpleRNN(3))],
    [L.Input((5, 8, 8, 1)), L.TimeDistributed(L.Conv2D(2, 3))],
    [L.Input((8, 8, 1)), keras.Sequential([L.Input((8, 8, 1)), L.Conv2D(2, 3)])],
]


@pytest.mark.parametrize("layers", DENSE, ids=lambda layers: type(layers[1]).__name__)
def test_networks_of_dense_layers_are_compiled(layers: list[L.Layer]) -> None:
    assert not by_step.runs_by_step(keras.Sequential(layers))


@pytest.mark.parametrize("layers", BY_STEP, ids=lambda layers: type(layers[1]).__name__)
def test_convolutions_and_recurrence_run_by_step(layers: list[L.Layer]) -> None:
    assert by_step.runs_by_step(keras.Sequential(layers))


def test_a_wide_network_runs_by_step_and_its_masks_do_not_count() -> None:
    def network(units: int) -> keras.Model:
        return keras.Sequential([L.Input(999), L.Dense(units, use_bias=False)])

    assert by_step.runs_by_step(network(1202))  # 1.2 million weights and more
    narrower = network(1201)
    assert not by_step.runs_by_step(narrower)
    schedule = {"type": "ConstantSparsity", "target_sparsity": 0.5}
    recipe = Recipe(start="initial", scope="whole", schedule=schedule, epochs=1, patience=1)
    wrapped = pruning.wrap(narrower, recipe)
    assert wrapped.count_params() > 1_500_000
    assert not by_step.runs_by_step(wrapped)


def test_a_lambda_is_seen_through() -> None:
    model = keras.Sequential(
        [L.Input((8, 8, 1)), L.Lambda(lambda x: tf.nn.conv2d(x, tf.ones((3, 3, 1, 1)), 1, "SAME"))]
    )
    assert by_step.runs_by_step(model)


def test_multiply_adds_of_a_row() -> None:
    model = keras.Sequential(
        [L.Input((8, 8, 3)), L.Conv2D(4, 3, padding="same"), L.DepthwiseConv2D(3, padding="same"),
         L.Flatten(), L.Dense(5)]
    )  # fmt: skip
    found = by_step.multiply_adds(by_step.traced(lambda x: model(x, training=False), model, 1))
    assert found == 64 * 4 * 27 + 64 * 4 * 9 + 64 * 4 * 5
