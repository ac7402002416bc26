"""A user's model must fit the data, the task, tfmot and TFLite."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.checks import own_model
from secateur.compress import pruning
from secateur.core.errors import InputError
from secateur.core.tasks import TASKS, TaskName
from secateur.keras_io.backend import keras
from secateur.network.inputs import Given
from secateur.recipes.recipe import Recipe

L = keras.layers


def stack(*layers: keras.layers.Layer) -> keras.Model:
    return keras.Sequential([L.Input((3,)), *layers])


X = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
ROWS = Rows(X, (X[:, :1] > 0).astype(np.float32))


def check(
    model: Any,
    task: TaskName = "binary",
    outputs: int = 1,
    safe_mode: bool = True,
    rows: Rows = ROWS,
) -> None:
    made, _ = own_model.prepare("here", model, safe_mode, Given((3,)))
    own_model.check("here", made, [3], outputs, TASKS[task], rows)
    own_model.check_probabilities("here", made, TASKS[task], np.asarray(made(rows.x)))


def compiled() -> keras.Model:
    model = stack(L.Dense(1, "sigmoid"))
    model.compile()
    return model


def of_two_inputs() -> keras.Model:
    ends = [L.Input((3,)), L.Input((3,))]
    return keras.Model(ends, L.Dense(1, "sigmoid")(L.Add()(ends)))


def of_two_outputs() -> keras.Model:
    x = L.Input((3,))
    return keras.Model(x, {"one": L.Dense(1, "sigmoid")(x), "other": L.Dense(1)(x)})


class Own(keras.Model):
    """A subclassed model with a layer that it calls twice."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = L.Dense(3, "relu", name="shared")
        self.drop = L.Dropout(0.5)
        self.last = L.Dense(1, "sigmoid", name="last")

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        once = self.drop(self.shared(inputs), training=training)
        return self.last(once * 0.5 + self.shared(once))


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
        (Own, ["Own is a subclassed model", "tf_keras.Model(x, model.call(x))"]),
        (lambda: keras.Sequential([L.Dense(1, "sigmoid")]), ["layers.Input"]),
        (lambda: stack(L.Lambda(lambda x: x), L.Dense(1, "sigmoid")),
         ["Lambda", "model.safe_mode: false"]),
        (lambda: stack(OwnLayer(), L.Dense(1, "sigmoid")), ["OwnLayer", "safe_mode"]),
        (lambda: stack(L.Dense(1, "sigmoid", dtype="float64")), ["float64", "float32"]),
        (of_two_inputs, ["inputs 'input_", "(3,)", "take one input"]),
        (of_two_outputs, ["several outputs", "Concatenate"]),
        (lambda: stack(L.Dense(2, "sigmoid")), ["(2,)", "binary", "(1,)"]),
        (lambda: keras.Sequential([L.Input((4,)), L.Dense(1, "sigmoid")]), ["(4,)"]),
        (lambda: stack(L.Dense(1)), ["probabilities", "sigmoid"]),
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


@pytest.mark.parametrize(
    ("task", "outputs", "last", "words"),
    [
        ("binary", 1, L.Dense(2, "softmax"), ["two units", "Dense(1, 'sigmoid')", "multiclass"]),
        ("binary", 1, L.Dense(3, "softmax"), ["3 units", "Dense(1, 'sigmoid')", "multiclass"]),
        ("binary", 1, L.Dense(1, "softmax"), ["always 1", "Dense(1, 'sigmoid')"]),
        ("regression", 1, L.Dense(1, "softmax"), ["always 1", "Dense(1)"]),
        ("binary", 1, L.Dense(1), ["logits", "layers.Activation('sigmoid')"]),
        ("multiclass", 3, L.Dense(1, "sigmoid"), ["one unit", "Dense(3, 'softmax')"]),
        ("multiclass", 2, L.Dense(1, "sigmoid"), ["Dense(2, 'softmax')", "task: binary"]),
        ("multiclass", 3, L.Dense(10, "softmax"), ["10 units", "3 classes", "Dense(3, 'softmax')"]),
        ("multiclass", 3, L.Dense(3), ["logits", "layers.Activation('softmax')"]),
        ("multiclass", 3, L.Dense(3, "sigmoid"), ["sigmoid", "must be softmax"]),
        ("regression", 1, L.Dense(3, "softmax"), ["3 units", "Dense(1)", "task: multiclass"]),
        ("regression", 1, L.Reshape((3, 1)), ["2 axes", "Flatten", "Dense(1)"]),
    ],
)  # fmt: skip
def test_a_near_miss_names_the_layer_or_the_task_that_fits(
    task: TaskName, outputs: int, last: Any, words: list[str]
) -> None:
    with pytest.raises(InputError, match="here: ") as refusal:
        check(stack(type(last).from_config(last.get_config())), task, outputs)
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_a_sigmoid_cannot_give_targets_outside_of_0_to_1() -> None:
    check(stack(L.Dense(1, "sigmoid")), "regression")
    far = Rows(X, np.linspace(-2, 3, 8, dtype=np.float32)[:, None])
    with pytest.raises(InputError, match=r"sigmoid.*-2 to 3.*Dense\(1\)"):
        check(stack(L.Dense(1, "sigmoid")), "regression", rows=far)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused_with_their_layer(value: float) -> None:
    model = stack(L.Dense(2, name="fine"), L.Dense(1, "sigmoid", name="lost"))
    model.layers[1].set_weights([np.full((2, 1), value), np.zeros(1)])
    with pytest.raises(InputError, match=r"layer 'lost'.*NaN or infinite"):
        check(model)


def test_a_layers_name_of_any_kind_is_taken_and_kept_beside_another() -> None:
    model = stack(L.Dense(2, name="conv1/bn"), L.Dense(1, "sigmoid", name="model"))
    made, names = own_model.prepare("here", model, True)
    assert [layer.name for layer in made.layers] == ["conv1.bn", "model_2"]
    assert names == {"conv1.bn": "conv1/bn", "model_2": "model"}
    np.testing.assert_array_equal(made(X), model(X))


def test_what_is_advised_for_a_subclassed_model_works() -> None:
    model = Own()
    x = L.Input((3,))
    made, _ = own_model.prepare("here", keras.Model(x, model.call(x)), True)
    np.testing.assert_array_equal(made(X), model(X))
    assert sum(weight.size for weight in made.get_weights()) == 3 * 3 + 3 + 3 + 1
    check(made)


def test_a_model_that_was_never_stripped_is_stripped_with_its_masks_applied() -> None:
    wrapped = pruning.wrap(
        stack(L.Dense(4, name="one"), L.Dense(1, "sigmoid", name="two")),
        Recipe(start="initial", scope=["one"], epochs=1, patience=None,
               schedule={"type": "ConstantSparsity", "target_sparsity": 0.5}),
    )  # fmt: skip
    ((_, mask, _),) = wrapped.layers[0].pruning_vars
    mask.assign(np.eye(3, 4))
    made, _ = own_model.prepare("here", wrapped, True)
    assert [type(layer).__name__ for layer in made.layers] == ["Dense", "Dense"]
    kernel = made.get_layer("one").kernel.numpy()
    np.testing.assert_array_equal(kernel != 0, np.eye(3, 4) != 0)


def test_a_regression_of_several_outputs_needs_a_unit_for_each() -> None:
    rows = Rows(X, np.concatenate([X[:, :1], X[:, 1:2] + 3], axis=1))
    check(stack(L.Dense(2)), "regression", 2, rows=rows)
    with pytest.raises(InputError, match=r"\(1,\).*\(2,\).*Dense\(2\)"):
        check(stack(L.Dense(1)), "regression", 2, rows=rows)


def test_an_autoencoder_of_arrays_gives_the_shape_of_its_inputs() -> None:
    x = np.zeros((8, 2, 3), np.float32)
    for shape in ((2, 3), (6,)):
        made = keras.Sequential([L.Input((2, 3)), L.Flatten(), L.Dense(6), L.Reshape(shape)])
        if shape == (2, 3):
            own_model.check("here", made, [2, 3], [2, 3], TASKS["regression"], Rows(x, x))
        else:
            with pytest.raises(InputError, match=r"\(6,\).*inputs.*\(2, 3\)"):
                own_model.check("here", made, [2, 3], [2, 3], TASKS["regression"], Rows(x, x))


def test_a_penalty_that_rebuilding_would_lose_is_refused() -> None:
    x = L.Input((3,))
    inner = keras.Model(x, L.Dense(2, name="hidden")(x), name="inner")
    outputs = L.Dense(1, "sigmoid")(inner(x))
    model = keras.Model(x, outputs)
    model.add_loss(0.1 * keras.backend.sum(keras.backend.square(outputs)))
    with pytest.raises(InputError, match="here: gives a model with add_loss and with nested"):
        own_model.prepare("here", model, False, Given((3,)))
    flat = keras.Model(x, L.Dense(1, "sigmoid")(x))
    flat.add_loss(0.1 * keras.backend.sum(keras.backend.square(flat.output)))
    made, _ = own_model.prepare("here", flat, False, Given((3,)))
    assert len(made.losses) == 1
