"""What a file may name follows from Keras's and tfmot's registries and one rule."""

import inspect
import json
from pathlib import Path
from typing import Any

import h5py
import pytest
import tensorflow_model_optimization.sparsity.keras as tfmot
from tensorflow.python.util.tf_export import get_symbol_from_name
from tensorflow_model_optimization.python.core.sparsity.keras.prune_registry import PruneRegistry

from secateur.keras_io import h5_files, loadable
from secateur.keras_io.backend import keras

L = keras.layers


def public_layers() -> set[str]:
    """Each class of layers that Keras exports, by the one name that stands in a file."""
    found = {cls for _, cls in inspect.getmembers(L, inspect.isclass)}
    return {cls.__name__ for cls in found if issubclass(cls, L.Layer)}


def test_every_public_class_is_loadable_but_those_with_code_or_files_of_their_own() -> None:
    assert public_layers() - loadable.classes() == loadable.FORBIDDEN
    for space in (keras.initializers, keras.regularizers, keras.constraints):
        own = {cls.__name__ for _, cls in inspect.getmembers(space, inspect.isclass)}
        assert own <= loadable.classes()
    assert {"Sequential", "Functional", "Policy", "PruneLowMagnitude"} <= loadable.classes()


def test_a_forbidden_layer_is_one_whose_configuration_holds_code_or_a_path() -> None:
    """Loading a vocabulary reads the file that the configuration names."""
    for kind in ("StringLookup", "IntegerLookup", "TextVectorization"):
        parameters = inspect.signature(getattr(L, kind)).parameters
        assert "vocabulary" in parameters
    others = {name: getattr(L, name, None) for name in loadable.classes()}
    readers = [n for n, cls in others.items() if cls and "vocabulary" in _options(cls)]
    assert readers == []


def _options(cls: type) -> set[str]:
    return set(inspect.signature(cls).parameters)


def test_an_allowed_operation_is_one_of_tensorflows_public_names() -> None:
    missing = [name for name in loadable.ARITHMETIC if get_symbol_from_name(name) is None]
    assert missing == []
    reaching_out = ("io.", "raw_ops", "py_function", "numpy_function", "saved_model", "load")
    assert not [n for n in loadable.ARITHMETIC if any(word in n for word in reaching_out)]


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


def test_what_tfmot_prunes_is_loadable() -> None:
    registered = {*PruneRegistry._LAYERS_WEIGHTS_MAP, *PruneRegistry._RNN_LAYERS,
                  *PruneRegistry._RNN_CELLS_WEIGHTS_MAP}  # fmt: skip
    known = {cls.__name__ for cls in registered} & public_layers()
    assert {"Dense", "Conv2D", "MultiHeadAttention", "LSTM", "GRUCell"} <= known
    assert known - loadable.classes() == {"Lambda"}


def operation(function: Any) -> dict[str, Any]:
    return {"class_name": "TFOpLambda", "config": {"name": "op", "function": function}}


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"class_name": "Dense"}, []),
        ({"layers": [{"class_name": "Lambda"}, {"class_name": "Dense"}]}, ["Lambda"]),
        ({"a": {"module": "os", "class_name": "Zeros"}}, ["os"]),
        ({"module": "builtins", "class_name": "Dense"}, ["builtins"]),
        ({"module": "keras_of_mine.layers", "class_name": "Dense"}, ["keras_of_mine.layers"]),
        ({"module": "keras.layers; import os", "class_name": "Dense"}, ["keras.layers; import os"]),
        ({"module": "tensorflow_model_optimization.x", "class_name": "Dense"},
         ["tensorflow_model_optimization.x"]),
        ({"class_name": "Dense", "registered_name": "Mine>Dense"}, ["Mine>Dense"]),
        ({"module": "tensorflow.python.ops.init_ops_v2", "class_name": "Dense"},
         ["tensorflow.python.ops.init_ops_v2"]),
        ({"module": "keras.utils", "class_name": "get_file", "config": {}}, ["get_file"]),
        ({"class_name": "add", "config": {}}, ["add"]),
        ({"class_name": "Lambda", "config": {"class_name": "Mine", "module": "b"}},
         ["Lambda", "Mine", "b"]),
        ({"class_name": "TimeDistributed", "config": {"layer": {"class_name": "Bidirectional",
          "config": {"layer": {"class_name": "Lambda"}}}}}, ["Lambda"]),
        ({"class_name": "StringLookup", "config": {"vocabulary": "secret"}}, ["StringLookup"]),
        ({"class_name": "function", "config": "system", "module": "os"},
         ["os", "the function system"]),
        ({"class_name": "function", "config": "system", "module": "builtins"},
         ["the function system"]),
        ({"class_name": "function", "config": "relu", "module": "builtins",
          "registered_name": "function"}, []),
        ({"class_name": "__lambda__", "config": {"value": "x"}}, ["__lambda__"]),
        ({"class_name": "__typespec__", "config": []}, ["__typespec__"]),
        (operation("math.add"), []),
        (operation("io.write_file"), ["tf.io.write_file"]),
        (operation("py_function"), ["tf.py_function"]),
        (operation("numpy_function"), ["tf.numpy_function"]),
        (operation("raw_ops.WriteFile"), ["tf.raw_ops.WriteFile"]),
        (operation(None), ["tf.None"]),
        ({"class_name": "SlicingOpLambda", "config": {"function": "io.read_file"}},
         ["tf.io.read_file"]),
        ({"class_name": "ClassMethod", "config": {"cls_symbol": "io.gfile"}}, ["ClassMethod"]),
        ({"class_name": "Model", "config": {"layers": []}}, []),
        ({"class_name": "Model", "config": {}}, ["Model"]),
        ({"class_name": "BatchNormalizationV1"}, []),
        ({"module": "keras.src.engine.functional", "class_name": "Functional"}, []),
        ({"module": None, "x": [{"module": "keras.layers"}]}, []),
        ({"class_name": ["Dense"]}, ["['Dense']"]),
        ([], []),
        (7, []),
    ],
)  # fmt: skip
def test_finds_at_any_depth_what_a_file_names(config: object, found: list[str]) -> None:
    assert loadable.disallowed(config) == found


@pytest.mark.parametrize(
    ("config", "read"),
    [
        ({"class_name": "Model", "config": {"layers": []}},
         {"class_name": "Functional", "config": {"layers": []}}),
        ({"class_name": "Dense", "module": "keras.layers.core", "config": {"dtype": "float32"}},
         {"class_name": "Dense", "module": "keras.layers", "config": {"dtype": "float32"}}),
        ({"class_name": "Functional", "module": "keras.engine.functional", "config": {}},
         {"class_name": "Functional", "module": "tf_keras.src.engine.functional", "config": {}}),
        ({"class_name": "Identity", "module": "keras.src.initializers.initializers"},
         {"class_name": "Identity", "module": "keras.initializers"}),
        ({"class_name": "BatchNormalizationV2", "config": {}},
         {"class_name": "BatchNormalization", "config": {}}),
        ({"dtype": {"class_name": "Policy", "config": {"name": "mixed_float16"}}},
         {"dtype": "float32"}),
        ({"class_name": "Constant", "module": "tensorflow.python.ops.init_ops_v2"},
         {"class_name": "Constant", "module": "keras.initializers"}),
        ({"dtype": "mixed_bfloat16"}, {"dtype": "float32"}),
        ({"dtype": "float64"}, {"dtype": "float64"}),
        ({"activation": {"class_name": "function", "module": "builtins", "config": "relu"}},
         {"activation": "relu"}),
        ({"class_name": "Own", "module": "mine", "config": [1, "a", None]},
         {"class_name": "Own", "module": "mine", "config": [1, "a", None]}),
    ],
)  # fmt: skip
def test_older_words_become_those_of_this_version(config: object, read: object) -> None:
    assert loadable.canonical(config) == read


def test_a_refusal_names_what_was_found_and_the_key_that_allows_it() -> None:
    message = loadable.refusal(["Lambda", "os"])
    assert "Lambda, os" in message
    assert "model.safe_mode: false" in message


@pytest.mark.parametrize("name", ["ClusterWeights", "QuantizeWrapperV2", "IntegerLookup"])
def test_a_refusal_of_what_no_key_helps_says_what_does(name: str) -> None:
    message = loadable.refusal([name, "x"])
    assert name in message
    assert "safe_mode" not in message
