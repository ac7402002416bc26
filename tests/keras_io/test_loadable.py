"""The hand-kept lists of what a file may name, against the registries they were taken from."""

import inspect
import json
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import h5py
import pytest
import tensorflow_model_optimization.sparsity.keras as tfmot
from tensorflow_model_optimization.python.core.sparsity.keras.prune_registry import PruneRegistry

from secateur.keras_io import h5_files, loadable
from secateur.keras_io.backend import keras

# Public layers that a file may not bring, by the reason. A class that a new Keras adds is in
# neither list: whoever updates Keras decides.
NOT_LOADABLE = {
    "holds code, which loading runs": {"Lambda"},
    "a base class, which computes nothing by itself": {"AbstractRNNCell", "Layer", "Wrapper"},
    "wraps another layer, or takes cells of any class": {
        "RNN", "SpectralNormalization", "StackedRNNCells",
    },
    "looks words up in a table that is stored beside the weights": {
        "IntegerLookup", "StringLookup", "TextVectorization",
    },
    "takes text or categories, where secateur encodes columns itself": {
        "CategoryEncoding", "DenseFeatures", "Discretization", "HashedCrossing", "Hashing",
    },
    "prepares inputs, where secateur encodes and standardizes itself": {
        "CenterCrop", "Normalization", "Resizing",
    },
    "changes images at random while it trains; draws that secateur cannot repeat": {
        "RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip", "RandomHeight",
        "RandomRotation", "RandomTranslation", "RandomWidth", "RandomZoom",
    },
    "stock and harmless, not decided yet": {
        "ActivityRegularization", "AdditiveAttention", "Attention", "ConvLSTM1D", "ConvLSTM2D",
        "ConvLSTM3D", "Cropping3D", "EinsumDense", "GroupNormalization", "Identity",
        "LocallyConnected1D", "LocallyConnected2D", "SpatialDropout3D", "UnitNormalization",
        "UpSampling3D", "ZeroPadding3D",
    },
}  # fmt: skip
# Of tfmot's registry, what is in no list of ours.
NOT_LOADABLE_BUT_PRUNABLE = {
    "Lambda",  # holds code
    "RNN",  # takes cells of any class
    # Stock and harmless: nobody has asked for them yet.
    "ActivityRegularization", "Cropping3D", "LocallyConnected1D", "LocallyConnected2D",
    "SpatialDropout3D", "UpSampling3D", "ZeroPadding3D",
}  # fmt: skip
INITIALIZERS = {
    "Zeros", "Ones", "Constant", "RandomNormal", "RandomUniform", "TruncatedNormal", "Orthogonal",
    "VarianceScaling", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal",
    "LecunUniform", "Identity",
}  # fmt: skip
REGISTRIES = {
    keras: {"Sequential"},
    keras.layers: loadable.LAYERS,
    keras.initializers: INITIALIZERS,
    keras.regularizers: {"L1", "L2", "L1L2"},
    keras.constraints: {"MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm"},
    tfmot: {"PruneLowMagnitude", "ConstantSparsity", "PolynomialDecay"},
}


def public_layers() -> set[str]:
    """Each class of layers that Keras exports, by the one name that stands in a file."""
    layer = keras.layers.Layer
    found = {cls for _, cls in inspect.getmembers(keras.layers, inspect.isclass)}
    return {cls.__name__ for cls in found if issubclass(cls, layer)}


def not_loadable() -> Iterable[str]:
    return (name for group in NOT_LOADABLE.values() for name in group)


def test_every_public_layer_is_loadable_or_left_out_for_a_reason() -> None:
    given = sorted([*loadable.LAYERS, *not_loadable()])
    assert len(given) == len(set(given)), "a layer is listed twice"
    assert set(given) == public_layers()


@pytest.mark.parametrize("module", REGISTRIES, ids=lambda module: module.__name__)
def test_every_name_is_that_of_a_class_in_its_registry(module: ModuleType) -> None:
    for name in REGISTRIES[module]:
        if name == "PruneLowMagnitude":  # tfmot exports a function that makes it
            continue
        assert inspect.isclass(getattr(module, name)), name
        assert getattr(module, name).__name__ == name  # an alias never stands in a file


def test_every_class_is_of_one_of_the_registries() -> None:
    ours = set().union(*REGISTRIES.values()) | {"Functional"}
    assert ours == loadable.CLASSES


def test_our_own_files_name_nothing_else(tmp_path: Path) -> None:
    inputs = keras.layers.Input((4,))
    functional = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    pruned = tfmot.prune_low_magnitude(
        keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(2)]),
        pruning_schedule=tfmot.PolynomialDecay(0, 0.5, 0, 10),
    )
    for model in (functional, pruned):
        h5_files.save(tmp_path / "m.h5", model)
        with h5py.File(tmp_path / "m.h5") as file:
            config = json.loads(file.attrs["model_config"])
        assert loadable.disallowed(config) == []
        assert loadable.names_class(config, type(model).__name__)
        assert loadable.names_class(config, "PruneLowMagnitude") == (model is pruned)


def test_what_tfmot_prunes_is_loadable_unless_left_out_here() -> None:
    registered = {*PruneRegistry._LAYERS_WEIGHTS_MAP, *PruneRegistry._RNN_LAYERS,
                  *PruneRegistry._RNN_CELLS_WEIGHTS_MAP}  # fmt: skip
    known = {cls.__name__ for cls in registered} & public_layers()
    assert {"Dense", "Conv2D", "MultiHeadAttention", "LSTM", "GRUCell"} <= known
    assert known - loadable.LAYERS == NOT_LOADABLE_BUT_PRUNABLE
    assert set(not_loadable()) >= NOT_LOADABLE_BUT_PRUNABLE


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"class_name": "Dense"}, []),
        ({"layers": [{"class_name": "Lambda"}, {"class_name": "Dense"}]}, ["Lambda"]),
        ({"a": {"module": "os", "class_name": "Zeros"}}, ["os"]),
        ({"class_name": "Lambda", "config": {"class_name": "Mine", "module": "b"}},
         ["Lambda", "Mine", "b"]),
        ({"module": None, "x": [{"module": "keras.layers"}]}, []),
        ({"class_name": ["Dense"]}, ["['Dense']"]),
        ([], []),
        (7, []),
    ],
)  # fmt: skip
def test_finds_at_any_depth_what_a_file_names(config: object, found: list[str]) -> None:
    assert loadable.disallowed(config) == found


def test_a_refusal_names_what_was_found_and_the_key_that_allows_it() -> None:
    message = loadable.refusal(["Lambda", "os"])
    assert "Lambda, os" in message
    assert "model.safe_mode: false" in message
