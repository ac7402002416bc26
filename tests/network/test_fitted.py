"""A network with several inputs takes one vector, which is divided among them."""

from typing import Any

import numpy as np
import pytest

from secateur.keras_io.backend import keras
from secateur.keras_io.loadable import disallowed
from secateur.network.adapted import adapted
from secateur.network.fitted import fitted
from secateur.network.inputs import Given

L = keras.layers
X = np.random.default_rng(0).integers(0, 4, (6, 5)).astype(np.float32)
# A category with three levels between two numbers.
COLUMNS = {"a": [0], "color": [1, 2, 3], "b": [4]}


def given(wanted: dict[str, list[str]]) -> Given:
    return Given((5,), COLUMNS, wanted)


@pytest.mark.parametrize(
    ("shapes", "wanted", "order"),
    [
        ({"left": (2,), "right": (3,)}, {"left": ["b", "a"], "right": ["color"]}, [4, 0, 1, 2, 3]),
        ({"left": (4,), "right": (1,)}, {"right": ["b"], "left": ["a", "color"]}, [0, 1, 2, 3, 4]),
        ({"left": (2, 1), "right": (3, 1)}, {"left": ["a", "b"], "right": ["color"]},
         [0, 4, 1, 2, 3]),
        ({"inputs": (2,), "all_": (4,)}, {"inputs": ["a", "b"], "all_": ["color", "a"]},
         [0, 4, 1, 2, 3, 0]),
        ({"one": (), "rest": (4,)}, {"one": ["b"], "rest": ["a", "color"]}, [4, 0, 1, 2, 3]),
        ({"only": (5,)}, {"only": ["b", "color", "a"]}, [4, 1, 2, 3, 0]),
    ],
)  # fmt: skip
def test_each_input_gets_its_columns_in_their_order(
    shapes: dict[str, Any], wanted: dict[str, list[str]], order: list[int]
) -> None:
    keras.utils.set_random_seed(0)
    ends = [L.Input(shape, name=name) for name, shape in shapes.items()]
    flat = [L.Reshape((int(np.prod(end.shape[1:])),))(end) for end in ends]
    joined = L.Concatenate(name="left_columns")(flat) if len(flat) > 1 else flat[0]
    model = keras.Model(ends, L.Dense(2, name="inputs_")(joined))
    parts, at = [], 0
    for name in model.input_names:
        size = int(np.prod(shapes[name]))
        parts.append(X[:, order[at : at + size]].reshape(-1, *shapes[name]))
        at += size
    made, _ = adapted(model, given(wanted))
    assert made.input_shape == (None, 5)
    assert not disallowed({"class_name": "Functional", "config": made.get_config()})
    np.testing.assert_array_equal(made(X), model(parts))


def test_whole_numbers_and_nested_models_work_too() -> None:
    keras.utils.set_random_seed(0)
    ids, rest = L.Input((2,), dtype="int32", name="ids"), L.Input((3,), name="rest")
    looked_up = L.Flatten()(L.Embedding(4, 3, name="table")(ids))
    inner = keras.Sequential([L.Dense(4, "relu", name="mix")], name="inner")
    model = keras.Model(
        {"ids": ids, "rest": rest}, L.Dense(1)(L.Concatenate()([looked_up, inner(rest)]))
    )
    made, names = adapted(model, given({"ids": ["a", "b"], "rest": ["color"]}))
    assert names == {"mix": "inner/mix"}
    before = model({"ids": X[:, [0, 4]].astype(int), "rest": X[:, 1:4]})
    np.testing.assert_array_equal(made(X), before)


@pytest.mark.parametrize(
    "model",
    [
        lambda: keras.Sequential([L.Input((None, 3)), L.LSTM(4), L.Dense(1)]),
        lambda: keras.Model(i := L.Input((None, 3)), L.Dense(1)(L.LSTM(4)(i))),
    ],
)
def test_a_side_that_is_open_becomes_that_of_the_data(model: Any) -> None:
    x = np.random.default_rng(0).normal(size=(2, 7, 3)).astype(np.float32)
    made, names = adapted(model(), Given((7, 3)))
    assert made.input_shape == (None, 7, 3)
    assert names == {}
    assert made(x).shape == (2, 1)
    other = model()
    assert fitted(other, Given((7, 4))) is other  # which `own_model` refuses
