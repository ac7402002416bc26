"""The section `model`: exactly one of three forms; a key of an earlier version names the new."""

import re
from typing import Any

import pytest

from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.core.tasks import TASKS
from secateur.network.model import Model
from secateur.recipes.scopes import Layer
from small_networks import listing

DENSE = [{"type": "Dense", "units": 8, "activation": "relu"}]


def refusal(**section: Any) -> str:
    with pytest.raises(InputError) as refused:
        validate(Model, section, "params.yaml: model")
    assert str(refused.value).startswith("params.yaml: model")
    return str(refused.value)


@pytest.mark.parametrize(
    "section",
    [
        {"layers": DENSE},
        {"layers": DENSE, "output_activation": "relu", "safe_mode": False},
        {"build": "network/my_model.py"},
        {"build": "network/my_model.py:net", "params": {"width": 3}},
        {"build": "network/deep/my_package:net"},
        {"build": "./network/my_model.py"},
        {"file": "network/mine.h5"},
        {"file": "network/deep/saved_model"},
    ],
)
def test_each_of_the_three_forms_is_accepted(section: dict[str, Any]) -> None:
    model = validate(Model, section, "model")
    assert model.safe_mode is section.get("safe_mode", True)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({}, ["layers, build and file"]),
        ({"safe_mode": True}, ["layers, build and file"]),
        ({"layers": DENSE, "build": "network/a.py"}, ["layers", "build"]),
        ({"layers": DENSE, "file": "network/a.h5"}, ["layers", "file"]),
        ({"build": "network/a.py", "file": "network/a.h5"}, ["build", "file"]),
    ],
)
def test_none_or_several_of_the_three_are_refused(
    section: dict[str, Any], words: list[str]
) -> None:
    message = refusal(**section)
    assert all(word in message for word in [*words, "one"]), message


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"source": "network/a.h5"}, ["'source'", "file", "layers"]),
        ({"layers": DENSE, "source": "src/secateur/network.py"}, ["'source'", "file"]),
        ({"builder": "mine.nets:build"}, ["'builder'", "build", "network/my_model.py:build_model"]),
        ({"layers": DENSE, "trust": False}, ["'trust'", "safe_mode", "false"]),
    ],
)
def test_a_key_of_an_earlier_version_names_the_new_one(
    section: dict[str, Any], words: list[str]
) -> None:
    message = refusal(**section)
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"layers": []}, ["model.layers: []"]),
        ({"layers": [{"type": "Dense", "units": 0}]}, ["model.layers.0.units: 0"]),
        ({"layers": [{"type": "Dens", "units": 1}]}, ["model.layers.0.type: 'Dens'", "'Dense'"]),
        ({"layers": [{"type": "Dense", "unit": 1}]}, ["'unit'", "did you mean 'units'"]),
        ({"layers": [*DENSE, {"type": "Dropout", "rate": 1.0}]}, ["model.layers.1.rate: 1.0"]),
        ({"layers": DENSE, "output_activation": "rleu"}, ["output_activation: 'rleu'", "'relu'"]),
        ({"file": "network/a.h5", "output_activation": "relu"}, ["output_activation", "layers"]),
        ({"layers": DENSE, "params": {"width": 3}}, ["params", "build"]),
        ({"build": "network/a.py", "params": [3]}, ["model.params: [3]"]),
        ({"build": "network/a.py", "safe_mode": "yes"}, ["model.safe_mode: 'yes'"]),
        ({"build": 3}, ["model.build: 3"]),
        ({"layers": DENSE, "layer": 1}, ["'layer'", "did you mean 'layers'"]),
    ],
)
def test_other_values_are_refused(section: dict[str, Any], words: list[str]) -> None:
    message = refusal(**section)
    assert all(word in message for word in words), message


@pytest.mark.parametrize("name", ["output", "inputs", "hidden_2"])
def test_two_layers_must_not_share_a_name(name: str) -> None:
    assert repr(name) in refusal(layers=[{**DENSE[0], "name": name}, *DENSE])


@pytest.mark.parametrize(
    "path",
    ["mine.h5", "src/mine.py", "/network/mine.py", "network/../mine.py", "../network/mine.py",
     "network", "Network/mine.py", "..", "", "/", "network/.."],
)  # fmt: skip
@pytest.mark.parametrize("key", ["file", "build"])
def test_a_path_outside_of_the_folder_is_refused_with_advice_that_works(
    key: str, path: str
) -> None:
    message = refusal(**{key: path})
    assert f"model.{key}" in message
    rest = message.split(repr(path), 1)[1]
    advised = re.findall(r"network/[\w.]+", rest)[-1]
    assert getattr(validate(Model, {key: advised}, "model"), key) == advised


@pytest.mark.parametrize("given", ["my_package.nets:build_model", "nets:net", "nets", "a.b.c"])
def test_a_dotted_name_is_refused_because_a_path_is_wanted(given: str) -> None:
    message = refusal(build=given)
    for word in (repr(given), "path", "network/my_model.py"):
        assert word in message


@pytest.mark.parametrize("name", ["1st", "a.b", "a b", "a:b", "net()"])
def test_what_stands_after_the_colon_must_be_a_functions_name(name: str) -> None:
    message = refusal(build=f"network/my_model.py:{name}")
    assert repr(name) in message
    assert "network/my_model.py:function" in message


def test_layers_are_named_by_kind_and_number_unless_the_user_names_them() -> None:
    model = listing(
        {"type": "Conv2D", "filters": 1, "kernel_size": 1}, {"type": "MaxPooling2D"},
        {"type": "BatchNormalization"}, {"type": "Conv1D", "filters": 1, "kernel_size": 1},
        {"type": "Dense", "units": 1, "name": "mine"}, {"type": "Dense", "units": 1},
        {"type": "GlobalMaxPooling1D"}, {"type": "Flatten"}, {"type": "Dropout", "rate": 0.5},
    )  # fmt: skip
    assert [name for name, _ in model.named()] == [
        "conv_1", "pooling_1", "normalization_1", "conv_2", "mine", "hidden_2", "pooling_2",
        "flatten_1", "dropout_1",
    ]  # fmt: skip


def test_classes_need_the_output_that_gives_probabilities() -> None:
    listing(*DENSE).check_task(TASKS["multiclass"])
    listing(*DENSE, output="softplus").check_task(TASKS["regression"])
    listing(*DENSE, output="sigmoid").check_task(TASKS["binary"])
    with pytest.raises(InputError, match=r"output_activation: 'linear': .*multiclass.*'softmax'"):
        listing(*DENSE, output="linear").check_task(TASKS["multiclass"])


def test_kernels_are_known_without_tensorflow_where_all_layers_are_dense() -> None:
    model = listing(*DENSE, {"type": "Dropout", "rate": 0.1}, {"type": "BatchNormalization"},
                    {"type": "Dense", "units": 3})  # fmt: skip
    assert model.dense_layers([6], 2) == {
        "hidden_1": Layer("Dense", (6, 8)),
        "hidden_2": Layer("Dense", (8, 3)),
        "output": Layer("Dense", (3, 2)),
    }
    assert model.dense_layers([6, 6], 2) is None  # an image
    assert listing(*DENSE, {"type": "Flatten"}).dense_layers([6], 2) is None
    assert Model(build="network/a.py").dense_layers([6], 2) is None
