"""Every layer of Keras goes through all that later stages do, or is refused with what works."""

from pathlib import Path

import numpy as np
import pytest

from keras_layers import LAYERS, NETWORKS, network, rows_for
from secateur.arrays.tables import Rows
from secateur.checks import own_model, trial
from secateur.core.errors import InputError
from secateur.core.tasks import TASKS
from secateur.keras_io import loadable
from secateur.keras_io.backend import keras
from tflite_files import TYPES

REGRESSION = TASKS["regression"]

# What is said of a layer that no network of ours can have; all others work.
REFUSED = {
    "SimpleRNN": ["unroll=True"], "GRU": ["unroll=True"], "LSTM": ["unroll=True"],
    "ConvLSTM1D": ["TFLite"], "ConvLSTM2D": ["TFLite"], "ConvLSTM3D": ["TFLite"],
    "UpSampling2D nearest": ["'bilinear'", "Conv2DTranspose"],
    "RandomRotation": ["take it out"], "RandomZoom": ["take it out"],
    "RandomTranslation": ["take it out"], "RandomHeight": ["take it out"],
    "RandomWidth": ["take it out"], "RandomCrop": ["take it out"],
    "CategoryEncoding": ["encode the column"],
    "MaxPooling3D": ["Conv3D"], "AveragePooling3D": ["Conv3D"],
    "Conv1D dilated groups": ["groups", "dilation_rate"],
    "Conv2D dilated groups": ["groups", "dilation_rate"],
    "Conv2D channels first": ["channels_first", "layers.Permute"],
}  # fmt: skip
# Layers that take text or several tensors of their own kind, or are base classes or cells.
NOT_IN_A_NETWORK = {
    "AbstractRNNCell", "InputLayer", "Layer", "Wrapper", "GRUCell", "LSTMCell", "SimpleRNNCell",
    "HashedCrossing", "Hashing",
}  # fmt: skip


def tried(made: keras.Model, name: str = "") -> trial.Found:
    rows = rows_for(made, name)
    model, names = own_model.prepare("here", made, True)
    own_model.check("here", model, rows.x.shape[1:], 1, REGRESSION, rows)
    return trial.run("here", model, names, REGRESSION, rows, True, TYPES)


def test_every_layer_that_a_file_may_name_is_tried_below() -> None:
    kinds = {name.split()[0] for name in [*LAYERS, *NETWORKS]}
    assert set(loadable.registries()["keras.layers"]) - kinds == NOT_IN_A_NETWORK


@pytest.mark.parametrize("name", [*LAYERS, *NETWORKS])
def test_a_layer_works_everywhere_or_is_refused_with_what_does(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = network(name)
    if name not in REFUSED:
        tried(made, name)
        return
    with pytest.raises(InputError, match="here: ") as refusal:
        tried(made, name)
    message = str(refusal.value)
    assert all(word in message for word in REFUSED[name]), message
    assert "\n" not in message
    assert "MLIR" not in message
    assert "loc(" not in message


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
        trial.run("here", model, {}, REGRESSION, rows, True, TYPES)
    assert ("standardize" in str(refusal.value)) == (remedy == "standardize: false")


def test_targets_beyond_float32_are_named_before_any_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = network("Dense")
    rows = rows_for(made, "Dense")
    huge = Rows(rows.x, rows.y + np.float32(1e30))
    with pytest.raises(InputError, match=r"targets reach 1e\+30; set data\.standardize: true"):
        trial.run("here", made, {}, REGRESSION, huge, True, TYPES)


def test_what_a_network_cannot_have_is_said_before_any_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run goes on without it."""
    monkeypatch.chdir(tmp_path)
    made = network("Masking")
    layer = made.get_layer(index=1)
    layer.set_weights([layer.get_weights()[0] + 1e5, layer.get_weights()[1]])
    found = tried(made, "Masking")
    assert "float16 ends at 65,504" in found.no_file["float16"]
    assert found.no_clusters.startswith("weight clustering fails")
