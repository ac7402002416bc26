"""A user's model must fit the data, the task, tfmot and TFLite."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from secateur.checks import own_model
from secateur.core.errors import InputError
from secateur.core.tasks import TASKS, TaskName
from secateur.keras_io.backend import keras

L = keras.layers


def stack(*layers: keras.layers.Layer) -> keras.Model:
    return keras.Sequential([L.Input((3,)), *layers])


def check(model: Any, task: TaskName = "binary", outputs: int = 1, safe_mode: bool = True) -> None:
    own_model.check("here", model, [3], outputs, TASKS[task], safe_mode)


def compiled() -> keras.Model:
    model = stack(L.Dense(1, "sigmoid"))
    model.compile()
    return model


def of_two_inputs() -> keras.Model:
    ends = [L.Input((3,)), L.Input((3,))]
    return keras.Model(ends, L.Dense(1, "sigmoid")(L.Add()(ends)))


class Own(keras.Model):
    pass


class OwnLayer(keras.layers.Layer):
    pass


def of_keras_3() -> Any:
    class Model:
        pass

    Model.__module__ = "keras.src.models"
    return Model()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: 3, ["builtins.int", "tf_keras.Model"]),
        (of_keras_3, ["Keras 3", "tf_keras"]),
        (compiled, ["compiled", "model.compile"]),
        (Own, ["Own", "Sequential", "Functional"]),
        (lambda: keras.Sequential([L.Dense(1, "sigmoid")]), ["layers.Input"]),
        (lambda: stack(L.Lambda(lambda x: x), L.Dense(1, "sigmoid")),
         ["Lambda", "model.safe_mode: false"]),
        (lambda: stack(OwnLayer(), L.Dense(1, "sigmoid")), ["OwnLayer", "safe_mode"]),
        (lambda: stack(L.Dense(1, "sigmoid", name="model")), ["'model'", "kernels"]),
        (lambda: stack(L.Dense(1, "sigmoid", name="a>b")), ["'a>b'"]),
        (lambda: stack(L.Dense(1, "sigmoid", name="a" * 61)), ["60"]),
        (lambda: stack(L.Dense(1, "sigmoid", dtype="float64")), ["float64", "float32"]),
        (of_two_inputs, ["inputs"]),
        (lambda: stack(L.Dense(2, "sigmoid")), ["(2,)", "binary", "(3,)", "(1,)"]),
        (lambda: keras.Sequential([L.Input((4,)), L.Dense(1, "sigmoid")]), ["(4,)"]),
        (lambda: stack(L.Dense(1)), ["probabilities", "sigmoid"]),
        (lambda: stack(L.Reshape((3, 1)), L.LSTM(2), L.Dense(1, "sigmoid")), ["TFLite"]),
    ],
)  # fmt: skip
def test_refuses_a_model_and_says_what_it_must_be(
    make: Callable[[], Any], words: list[str]
) -> None:
    keras.utils.set_random_seed(0)
    with pytest.raises(InputError, match="here: ") as refusal:
        check(make())
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_classes_need_shares_that_add_up_to_one() -> None:
    check(stack(L.Dense(4, "softmax")), "multiclass", 4)
    with pytest.raises(InputError, match=r"here: .*softmax"):
        check(stack(L.Dense(4, "sigmoid")), "multiclass", 4)


def test_numbers_may_be_any() -> None:
    model = stack(L.Dense(1))
    model.set_weights([np.full((3, 1), 99.0), np.zeros(1)])
    check(model, "regression")


def test_a_functional_model_whose_inputs_have_any_name_is_accepted() -> None:
    inputs = L.Input((3,), name="inputs")
    check(keras.Model(inputs, L.Dense(1, "sigmoid")(inputs)))


def test_without_safe_mode_a_model_may_bring_code() -> None:
    check(stack(L.Lambda(lambda x: x), L.Dense(1, "sigmoid")), safe_mode=False)
