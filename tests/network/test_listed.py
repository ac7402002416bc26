"""The network of the listed layers: names, shapes, and weights that a seed fixes."""

from typing import Any

import numpy as np
import pytest

from secateur.compress import sparsity
from secateur.core.errors import InputError
from secateur.core.tasks import TASKS
from secateur.network import listed
from secateur.network.model import Model
from small_networks import dense, listing, network

RELU = dense(128, output="relu")


def test_the_network_is_the_published_one_and_a_seed_fixes_its_weights() -> None:
    model = network(RELU, 10, 3)
    assert model.count_params() == 1537
    assert sparsity.layers(model) == RELU.dense_layers([10], 1)
    same, other = network(RELU, 10, 3), network(RELU, 10, 4)
    np.testing.assert_array_equal(model.get_weights()[0], same.get_weights()[0])
    assert not np.array_equal(model.get_weights()[0], other.get_weights()[0])
    assert same.get_config() == model.get_config()  # no name counts up


@pytest.mark.parametrize(
    ("task", "outputs", "output", "activation"),
    [("regression", 1, None, "linear"), ("regression", 1, "relu", "relu"),
     ("binary", 1, None, "sigmoid"), ("multiclass", 3, None, "softmax")],
)  # fmt: skip
def test_the_last_activation_is_the_tasks_or_the_users(
    task: Any, outputs: int, output: str | None, activation: str
) -> None:
    last = network(dense(2, output=output), 3, task=task, outputs=outputs).layers[-1]
    assert (last.name, last.units, last.activation.__name__) == ("output", outputs, activation)


@pytest.mark.parametrize(
    ("layers", "inputs", "words"),
    [
        ([{"type": "Dense", "units": 4}], [5, 5, 1], ["model.layers: ", "(5, 5, 4)", "Flatten"]),
        ([{"type": "Flatten"}, {"type": "Conv2D", "filters": 1, "kernel_size": 3}], [5, 5, 1],
         ["model.layers.1: ", "Conv2D", "(25,)"]),
        ([{"type": "Conv2D", "filters": 1, "kernel_size": 3}], [2, 2, 1],
         ["model.layers.0: ", "Conv2D", "(2, 2, 1)"]),
        ([{"type": "MaxPooling1D"}], [1, 3], ["model.layers.0: ", "MaxPooling1D", "(1, 3)"]),
    ],
)  # fmt: skip
def test_a_layer_that_cannot_take_what_it_is_given_is_named(
    layers: list[dict[str, Any]], inputs: list[int], words: list[str]
) -> None:
    with pytest.raises(InputError, match=r"params\.yaml: ") as refusal:
        network(listing(*layers), inputs)
    assert all(word in str(refusal.value) for word in words), refusal.value


@pytest.mark.parametrize(("inputs", "outputs"), [([6], 1), ([4, 4, 2], 3)])
@pytest.mark.parametrize("units", [1, 7])
def test_one_hidden_layer_has_the_parameters_asked_for(
    units: int, inputs: list[int], outputs: int
) -> None:
    own = listed.one_hidden(dense(5), units, inputs)
    built = network(own, inputs, outputs=outputs)
    assert listed.units_of(built.count_params(), inputs, outputs) == units
    assert listed.units_of(1, inputs, outputs) == 1  # never none


def test_one_hidden_layer_takes_the_activation_of_the_first_dense_one() -> None:
    tanh = listing({"type": "Flatten"}, {"type": "Dense", "units": 5, "activation": "tanh"})
    (_, hidden) = listed.one_hidden(tanh, 3, [4, 4]).named()[1]
    assert hidden.activation == "tanh"
    own = listed.one_hidden(Model(build="network/a.py", params={"width": 1}), 3, [4])
    assert (own.layers[0].activation, own.build, own.params) == ("relu", None, {})


def test_an_autoencoder_of_arrays_ends_in_the_shape_of_its_inputs() -> None:
    model = listing({"type": "Flatten"}, {"type": "Dense", "units": 3})
    made = listed.build(model, [4, 2], [4, 2], TASKS["regression"], 0)
    assert made.output_shape == (None, 4, 2)
    assert made.get_layer("output").kernel.shape == (3, 8)
