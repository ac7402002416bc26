"""A model whose calls never come is found, and layers keep their calls under new names."""

import json
from typing import Any

import pytest

from secateur.keras_io import calls
from secateur.keras_io.backend import keras

L = keras.layers


def test_a_nested_model_and_a_layer_called_twice_are_connected() -> None:
    inputs = L.Input((4,))
    for first in ([L.Input((4,))], []):
        body = keras.Sequential([*first, L.Dense(4)])
        ends = keras.Model(inputs, L.Dense(1)(L.Add()([body(body(inputs)), inputs * 2.0])))
        config = {"class_name": "Functional", "config": ends.get_config()}
        assert calls.connected(json.loads(json.dumps(config, default=str)))


def called(name: str, *on: str) -> dict[str, Any]:
    inbound = [[[other, 0, 0, {}] for other in on]] if on else []
    return {"name": name, "class_name": "Dense", "config": {}, "inbound_nodes": inbound}


@pytest.mark.parametrize(
    ("layers", "whole"),
    [
        ([called("a"), called("b", "a"), called("c", "a", "b")], True),
        ([called("c", "b"), called("b", "a"), called("a")], True),
        ([called("a"), called("b", "gone")], False),
        ([called("a"), called("b", "c"), called("c", "b")], False),
        (["no layer"], False),
    ],
)
def test_a_call_that_never_comes_is_found_where_keras_would_wait_without_end(
    layers: list[Any], whole: bool
) -> None:
    config = {"class_name": "Functional", "config": {"layers": layers, "input_layers": []}}
    assert calls.connected({"config": [config]}) == whole


def test_calls_have_the_new_names_and_the_rest_stays() -> None:
    given = [[["a", 0, 0, {"y": ["b", 1, 0]}]], ["a", "b"], [["c", 0, 0]], "a", None]
    new = [[["x", 0, 0, {"y": ["z", 1, 0]}]], ["a", "b"], [["c", 0, 0]], "a", None]
    assert calls.renamed(given, {"a": "x", "b": "z"}) == new
