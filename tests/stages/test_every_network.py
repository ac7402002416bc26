"""Networks of all kinds: pruned to the target in the file, and TFLite files that predict alike."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.checks import own_model
from secateur.compress import pruning, sparsity
from secateur.compress.compaction import compacted
from secateur.core.tasks import TASKS
from secateur.evaluate import litert, operators, size_table
from secateur.evaluate.sizes import MeasureSizes
from secateur.export.tflite import convert
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.network.inputs import Given
from secateur.recipes.recipe import Recipe
from secateur.recipes.training import Training
from secateur.train.training import train_seeds

L = keras.layers
TARGET = 0.5
RECIPE = Recipe.model_validate({
    "start": "initial", "scope": "whole", "epochs": 2, "patience": None,
    "schedule": {"type": "PolynomialDecay", "initial_sparsity": 0.0, "final_sparsity": TARGET,
                 "begin_step": 0, "end_step": 4, "frequency": 2},
})  # fmt: skip
SETTINGS = MeasureSizes(gzip_level=9, largest_error_ratio=2)
TRAINING = Training(optimizer="Adam", learning_rate=0.003, batch_size=8)


def image_network() -> keras.Model:
    """Convolutions of all kinds in branches, and a body that is nested and called twice."""
    body = keras.Sequential([
        L.SeparableConv2D(4, 3, padding="same", name="apart"), L.BatchNormalization(), L.ReLU(),
    ], name="body")  # fmt: skip
    inputs = L.Input((6, 6, 4))
    once = body(inputs)
    both = L.Add()([once, body(once)])
    down = L.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(both)
    down = L.DepthwiseConv2D(3, padding="same")(L.BatchNormalization()(down))
    up = L.Conv2DTranspose(4, 2, strides=2, activation="relu")(down)
    end = L.GlobalAveragePooling2D()(L.Concatenate()([both, up]))
    return keras.Model(inputs, L.Dense(2)(L.Dense(6, "relu", name="hidden")(end)))


def sequence_network() -> keras.Model:
    """Recurrent layers of all kinds, whose loops Keras does not unroll."""
    inputs = L.Input((5, 4))
    both = L.Bidirectional(L.GRU(6, return_sequences=True))(L.Conv1D(4, 2, padding="same")(inputs))
    steps = L.TimeDistributed(L.Dense(5, "relu"))(L.LayerNormalization()(both))
    summary, *state = L.LSTM(6, return_state=True, dropout=0.2, name="encoder")(steps)
    again = L.LSTM(6, recurrent_dropout=0.2, name="decoder")(steps, initial_state=state)
    cells = L.RNN(L.StackedRNNCells([L.LSTMCell(4), L.GRUCell(4)]))(steps)
    return keras.Model(inputs, L.Dense(2)(L.Concatenate()([summary, again, cells])))


def table_network() -> keras.Model:
    """Several inputs, a model in a model, shared layers, a table, and arithmetic between them."""
    one, other = L.Input((3,), name="one"), L.Input((3,), name="other")
    numbers = L.Input((2,), dtype="int32", name="numbers")
    deep = keras.Sequential([L.Dense(6, "tanh", name="mix"), L.Dropout(0.2)], name="deep")
    tower = keras.Sequential([deep, L.Dense(4, name="last")], name="tower")
    left, right = tower(one), tower(other)
    ids = L.Flatten()(L.Embedding(4, 3, name="ids")(numbers))
    end = L.Concatenate()([(left - right) * 0.5, ids, L.Dense(4, name="mix")(one[:, :2])])
    return keras.Model([one, numbers, other], L.Dense(2)(end))


# Of a table with six columns, of which one is a category with three levels.
TABLE = Given(
    (8,), {"a": [0], "b": [1], "color": [2, 3, 4], "c": [5], "d": [6], "e": [7]},
    {"numbers": ["e", "a"], "one": ["color"], "other": ["d", "b", "c"]},
)  # fmt: skip


def two_sizes() -> keras.Model:
    """A convolution that is called on two lengths."""
    inputs = L.Input((8, 2))
    head = L.Conv1D(6, 2, name="head", dilation_rate=2)
    ends = [L.GlobalMaxPooling1D()(head(part)) for part in (inputs, L.AveragePooling1D(2)(inputs))]
    return keras.Model(inputs, L.Dense(2)(L.Concatenate()(ends)))


def rows_for(model: keras.Model) -> Rows:
    random = np.random.default_rng(0)
    x = random.integers(0, 4, (40, *model.input_shape[1:])).astype(np.float32)
    return Rows(x, np.stack([x.reshape(40, -1).mean(1), x.reshape(40, -1)[:, 0]], 1) / 4)


def trained(model: keras.Model, rows: Rows, **options: Any) -> keras.Model:
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    (made,) = train_seeds(
        TASKS["regression"], "t", [(0, twin)], rows, rows, TRAINING, epochs=2, patience=None,
        verbose=False, **options,
    )  # fmt: skip
    return made.model


@pytest.mark.parametrize("make", [image_network, sequence_network, table_network, two_sizes])
def test_a_network_is_pruned_in_its_file_and_its_tflite_files_predict_alike(
    make: Callable[[], keras.Model], tmp_path: Path
) -> None:
    keras.utils.set_random_seed(0)
    keras.backend.reset_uids()
    given = TABLE if make is table_network else None
    model, _ = own_model.prepare("here", make(), True, given)
    rows = rows_for(model)
    options = {
        "wrap": lambda built: pruning.wrap(built, RECIPE), "callbacks": pruning.callbacks(RECIPE),
    }  # fmt: skip
    made = trained(model, rows, **options)
    again = trained(model, rows, **options)
    for one, other in zip(made.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)

    h5_files.save(tmp_path / "wrapped.h5", made)
    stripped = pruning.strip(h5_files.load(tmp_path / "wrapped.h5"))
    h5_files.save(tmp_path / "stripped.h5", stripped)
    kept = h5_files.load(tmp_path / "stripped.h5")
    kernels, targets = sparsity.kernels(kept), sparsity.targets(model, RECIPE)
    assert kernels.keys() == targets.keys() - {"kernels"}
    for name, kernel in kernels.items():
        assert np.mean(kernel == 0) == pytest.approx(TARGET, abs=1 / kernel.size + 0.02), name
    assert sparsity.sparsity(kept)["kernels"] == pytest.approx(targets["kernels"], abs=0.02)

    expected = np.asarray(kept(rows.x, training=False))
    np.testing.assert_array_equal(expected, np.asarray(made(rows.x, training=False)))
    smaller, inputs = compacted(kept)
    assert inputs is None
    np.testing.assert_allclose(smaller(rows.x, training=False), expected, atol=1e-5)

    positions = {name: layer.positions for name, layer in sparsity.layers(model).items()}
    macs = {
        size_table.keras_file(tmp_path / f"{kind}.h5", SETTINGS, positions)["macs"]
        for kind in ("wrapped", "stripped")
    }
    for kind, content in convert(kept, ["float32", "int8"], rows.x):
        difference = np.abs(litert.predict(content, rows.x) - expected)
        macs.add(operators.macs(operators.read(content)))
        if kind == "float32":
            assert difference.max() < 1e-5
        else:  # rounding adds up over the steps of a recurrent layer
            assert difference.mean() < 0.05 * np.ptp(expected)
    assert len(macs) == 1


def test_dead_filters_go_and_the_files_of_the_rest_predict_alike(tmp_path: Path) -> None:
    """Multiply-adds of the smaller file are counted by the positions of the whole network."""
    keras.utils.set_random_seed(0)
    keras.backend.reset_uids()
    model, _ = own_model.prepare("here", image_network(), True)
    for layer in model.layers[:-1]:
        if type(layer) in (L.Conv2D, L.Conv2DTranspose, L.Dense):
            kernel, *rest = layer.get_weights()
            kernel[..., 0::2, :] = 0  # of a transposed one the filters
            kernel[..., 0::2] = 0
            layer.set_weights([kernel, *rest])
    rows = rows_for(model)
    smaller, inputs = compacted(model)
    assert inputs is None
    assert smaller.get_layer("hidden").units == 3
    assert smaller.count_params() < 0.8 * model.count_params()
    expected = np.asarray(model(rows.x, training=False))
    np.testing.assert_allclose(smaller(rows.x, training=False), expected, atol=1e-5)

    h5_files.save(tmp_path / "whole.h5", model)
    h5_files.save(tmp_path / "smaller.h5", smaller)
    positions = {name: layer.positions for name, layer in sparsity.layers(model).items()}
    whole, less = (
        size_table.keras_file(tmp_path / f"{kind}.h5", SETTINGS, positions)["macs"]
        for kind in ("whole", "smaller")
    )
    assert less < 0.8 * whole
    for kind, content in convert(smaller, ["float32", "int8"], rows.x):
        difference = np.abs(litert.predict(content, rows.x) - expected)
        assert operators.macs(operators.read(content)) == less
        assert difference.max() < (1e-5 if kind == "float32" else 0.05 * np.ptp(expected))
