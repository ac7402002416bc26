"""Every layer of Keras goes through all that later stages do, or is refused with what works."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from keras_layers import (
    LAYERS,
    MIDDLES,
    NETWORKS,
    WHOLE_NUMBERS,
    network,
    rows_for,
    shape_of,
    side_by_side,
)
from secateur.arrays.rows import Rows
from secateur.checks import own_model, trial
from secateur.compress.compaction import compacted
from secateur.core.errors import InputError
from secateur.core.tasks import TASKS
from secateur.keras_io import loadable
from secateur.keras_io.backend import keras
from tflite_files import TYPES

REGRESSION = TASKS["regression"]
TOGETHER = 12  # layers in one network

# What is said of a layer that no network of ours can have; all others work.
REFUSED = {
    "ConvLSTM1D": ["TFLite"], "ConvLSTM2D": ["TFLite"], "ConvLSTM3D": ["TFLite"],
    "UpSampling2D nearest": ["'bilinear'", "Conv2DTranspose"],
    "RandomRotation": ["take it out"], "RandomZoom": ["take it out"],
    "RandomTranslation": ["take it out"], "RandomHeight": ["take it out"],
    "RandomWidth": ["take it out"], "RandomCrop": ["take it out"],
    "CategoryEncoding": ["encode the column"],
    "MaxPooling3D": ["Conv3D"], "AveragePooling3D": ["Conv3D"],
}  # fmt: skip
# Layers that take text or several tensors of their own kind, or are base classes or cells.
NOT_IN_A_NETWORK = {
    "AbstractRNNCell", "InputLayer", "Layer", "Wrapper", "GRUCell", "LSTMCell", "SimpleRNNCell",
    "HashedCrossing", "Hashing",
}  # fmt: skip


def tried(made: keras.Model, name: str = "") -> None:
    rows = rows_for(made, name)
    model, names = own_model.prepare("here", made, True)
    own_model.check("here", model, rows.x.shape[1:], 1, REGRESSION, rows)
    trial.run("here", model, names, REGRESSION, rows, True)


def test_every_layer_that_a_file_may_name_is_tried_below() -> None:
    kinds = {name.split()[0] for name in [*LAYERS, *NETWORKS]}
    assert set(loadable.registries()["keras.layers"]) - kinds == NOT_IN_A_NETWORK


def groups() -> Iterator[list[str]]:
    """Layers that work, a few of one input shape together; one of whole numbers is alone.

    Compiling a training takes a second for one layer, and little more for ten.
    """
    by_shape: dict[Any, list[str]] = {}
    for name in [*LAYERS, *NETWORKS]:
        whole = (*WHOLE_NUMBERS, "Discretization")  # read or given
        alone = name in whole or (name in NETWORKS and name not in MIDDLES)
        if name not in REFUSED:
            by_shape.setdefault(name if alone else shape_of(name), []).append(name)
    for names in by_shape.values():
        yield from (names[at : at + TOGETHER] for at in range(0, len(names), TOGETHER))


@pytest.mark.parametrize("names", [*groups()], ids=lambda names: names[0])
def test_layers_that_work_do_so_everywhere(
    names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If they do not, the message names the one that fails."""
    monkeypatch.chdir(tmp_path)
    tried(network(names[0]) if len(names) == 1 else side_by_side(names), names[0])


@pytest.mark.parametrize("name", REFUSED)
def test_a_layer_that_does_not_work_is_refused_with_what_does(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="here: ") as refusal:
        tried(network(name), name)
    message = str(refusal.value)
    assert all(word in message for word in REFUSED[name]), message
    assert "\n" not in message
    assert "MLIR" not in message
    assert "loc(" not in message


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in REFUSED])
def test_a_layer_before_a_dense_one_is_compacted_and_predicts_the_same(name: str) -> None:
    """Layers side by side are no stack, of which only the end is compacted."""
    model = network(name)
    for own in model.layers:
        if isinstance(own, keras.layers.Dense):
            kernel, bias = own.get_weights()
            own.set_weights([np.where(np.abs(kernel) < np.median(np.abs(kernel)), 0, kernel), bias])
    smaller, inputs = compacted(model)
    x = rows_for(model, name).x
    read = x if inputs is None else x[:, inputs]
    np.testing.assert_allclose(smaller(read, training=False), model(x, training=False), atol=1e-5)


@pytest.mark.parametrize(
    ("numbers", "remedy"),
    [([0, 9], "input_dim to at least 10"), ([-1, 3], "from 0"), ([0.5, 3], "standardize: false")],
)
def test_rows_that_an_embedding_cannot_take_have_a_remedy(
    numbers: list[float], remedy: str
) -> None:
    model = keras.Sequential([
        keras.layers.Input((2,)), keras.layers.Embedding(9, 4), keras.layers.Flatten(),
        keras.layers.Dense(1),
    ])  # fmt: skip
    rows = Rows(np.array([numbers], dtype=np.float32), np.zeros((1, 1), dtype=np.float32))
    with pytest.raises(InputError, match=remedy) as refusal:
        trial.run("here", model, {}, REGRESSION, rows, True)
    assert ("standardize" in str(refusal.value)) == (remedy == "standardize: false")


def test_targets_beyond_float32_are_named_before_any_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = network("Dense")
    rows = rows_for(made, "Dense")
    huge = Rows(rows.x, rows.y + np.float32(1e30))
    with pytest.raises(InputError, match=r"targets reach 1e\+30; set data\.standardize: true"):
        trial.run("here", made, {}, REGRESSION, huge, True)


def test_what_a_network_cannot_have_is_said_before_any_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run goes on without it."""
    monkeypatch.chdir(tmp_path)
    made = network("Masking")
    layer = made.get_layer(index=1)
    layer.set_weights([layer.get_weights()[0] + 1e5, layer.get_weights()[1]])
    tried(made, "Masking")
    rows = rows_for(made, "Masking")
    found = trial.lacks("here", made, {}, REGRESSION, rows, TYPES[1:], True)
    assert list(found.no_file) == ["float16"]
    assert "float16 ends at 65,504" in found.no_file["float16"]
    assert found.no_clusters.startswith("weight clustering fails")


def test_a_network_of_dense_layers_lacks_nothing() -> None:
    made = network("Dense")
    found = trial.lacks("here", made, {}, REGRESSION, rows_for(made), TYPES[1:], True)
    assert found == ("", {})


def test_what_clustering_made_must_load(monkeypatch: pytest.MonkeyPatch) -> None:
    made, train = network("Dense"), trial.clustering.train

    def damaged(*args: object, **options: object) -> list:
        (trained,) = train(*args, **options)
        other = keras.Sequential([keras.layers.Input((2,)), keras.layers.Lambda(lambda x: x)])
        return [trained._replace(model=other)]

    monkeypatch.setattr(trial.clustering, "train", damaged)
    found = trial.lacks("here", made, {}, REGRESSION, rows_for(made), TYPES[1:], True)
    assert found.no_clusters.startswith("loading what weight clustering made fails")
    assert "Lambda" in found.no_clusters


def test_few_rows_are_enough() -> None:
    made = network("Dense")
    rows = Rows(*(values[:3] for values in rows_for(made)))
    trial.run("here", made, {}, REGRESSION, rows, True)
    assert trial.lacks("here", made, {}, REGRESSION, rows, TYPES[1:], True) == ("", {})


def test_a_full_disk_is_no_fault_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trial.h5_files, "save", full)
    made = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(OSError, match="No space left"):
        tried(made)
