"""Compaction changes no prediction, and leaves nothing dead."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secateur.export.compaction import ACTIVATIONS, Layer, compact, compact_model, dense_tail
from secateur.keras_io.backend import keras
from small_networks import listing
from small_networks import network as built


def stack(seed: int, widths: list[int], activations: list[str], sparsity: float) -> list[Layer]:
    """Random Dense layers, whole rows and columns of whose kernels may be zero."""
    random = np.random.default_rng(seed)
    layers = []
    for (rows, columns), name in zip(pairwise(widths), activations, strict=True):
        kernel = random.normal(size=(rows, columns)) * (random.random((rows, columns)) > sparsity)
        kernel *= random.random((rows, 1)) > sparsity / 2
        kernel *= random.random((1, columns)) > sparsity / 2
        bias = random.normal(size=columns) * (random.random(columns) > 0.3)
        layers.append(Layer(kernel.astype(np.float32), bias.astype(np.float32), name))
    return layers


def forward(layers: list[Layer], x: np.ndarray) -> np.ndarray:
    """In float64, so that what differs is compaction and not the rounding."""
    for kernel, bias, activation in layers:
        x = ACTIVATIONS[activation](x @ kernel.astype(np.float64) + bias)
    return x


@st.composite
def stacks(draw: st.DrawFn) -> list[Layer]:
    widths = draw(st.lists(st.integers(1, 9), min_size=2, max_size=5))
    names = st.sampled_from(sorted(ACTIVATIONS))
    activations = draw(st.lists(names, min_size=len(widths) - 1, max_size=len(widths) - 1))
    sparsity = draw(st.sampled_from([0.0, 0.3, 0.6, 0.9, 1.0]))
    return stack(draw(st.integers(0, 10**6)), widths, activations, sparsity)


@settings(max_examples=300, deadline=None)
@given(layers=stacks(), seed=st.integers(0, 100))
def test_predictions_stay_and_nothing_dead_is_left(layers: list[Layer], seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(20, layers[0].kernel.shape[0]))
    smaller, inputs = compact(layers)
    before, after = forward(layers, x), forward(smaller, x[:, inputs])
    # A folded constant is rounded to float32 once.
    scale = 1 + np.max(np.abs(before)) + sum(float(np.abs(b).sum()) for _, b, _ in layers)
    np.testing.assert_allclose(after, before, rtol=0, atol=1e-5 * scale)
    assert [len(layer.bias) for layer in smaller[-1:]] == [len(layers[-1].bias)]
    assert len(inputs) == smaller[0].kernel.shape[0]
    for layer, following in pairwise(smaller):
        if len(layer.bias) > 1:
            assert layer.kernel.any(axis=0).all()
            assert following.kernel.any(axis=1).all()
    if len(inputs) > 1:
        assert smaller[0].kernel.any(axis=1).all()
    again, all_of_them = compact(smaller)
    assert all_of_them == list(range(len(inputs)))
    assert [layer.kernel.shape for layer in again] == [layer.kernel.shape for layer in smaller]


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activations_are_those_of_keras(name: str) -> None:
    x = np.linspace(-20, 20, 81)
    expected = np.asarray(keras.activations.get(name)(x.astype(np.float32)))
    np.testing.assert_allclose(ACTIVATIONS[name](x), expected, rtol=2e-6, atol=1e-6)


def network(kernels: list[np.ndarray], biases: list[list[float]]) -> keras.Model:
    layers = [keras.layers.Input((len(kernels[0]),), name="inputs")]
    layers += [
        keras.layers.Dense(len(bias), "relu", name=f"layer_{i}") for i, bias in enumerate(biases)
    ]
    model = keras.Sequential(layers, name="network")
    arrays = [a for pair in zip(kernels, biases, strict=True) for a in pair]
    model.set_weights([np.array(a, np.float32) for a in arrays])
    return model


def test_a_keras_model_by_hand() -> None:
    """Unit 0 lives; unit 1 is never read; unit 2 is the constant 3; input 1 feeds only unit 1."""
    kernel = np.array([[1, 0, 0], [0, 5, 0], [2, 0, 0]])
    model = network([kernel, np.array([[4], [0], [10]])], [[0.5, 7, 3], [1]])
    smaller, inputs = compact_model(model)
    assert inputs == [0, 2]
    kernels = smaller.get_weights()
    np.testing.assert_array_equal(kernels[0], [[1], [2]])
    np.testing.assert_array_equal(kernels[1], [0.5])
    np.testing.assert_array_equal(kernels[2], [[4]])
    np.testing.assert_array_equal(kernels[3], [1 + 3 * 10])
    assert [layer.name for layer in smaller.layers] == ["layer_0", "layer_1"]
    x = np.random.default_rng(0).random((50, 3)).astype(np.float32)
    np.testing.assert_allclose(smaller(x[:, inputs]), model(x), rtol=1e-6)


def test_a_network_that_is_a_constant_stays_one() -> None:
    model = network([np.zeros((4, 3)), np.ones((3, 1))], [[1, 2, -3], [0.5]])
    smaller, inputs = compact_model(model)
    assert inputs == [0]
    assert [w.shape for w in smaller.get_weights()] == [(1, 1), (1,), (1, 1), (1,)]
    assert smaller(np.ones((2, 1), np.float32)).numpy().tolist() == [[3.5], [3.5]]


def test_a_diverged_model_is_compacted_too() -> None:
    kernel = np.array([[np.nan, 0], [1, 0]])
    smaller, inputs = compact_model(network([kernel, np.ones((2, 1))], [[np.nan, np.inf], [0]]))
    assert inputs == [0, 1]
    assert [w.shape for w in smaller.get_weights()] == [(2, 1), (1,), (1, 1), (1,)]


def test_before_other_layers_all_inputs_stay_and_the_dense_ones_behind_them_compact() -> None:
    layers = [
        {"type": "Conv1D", "filters": 2, "kernel_size": 2, "activation": "relu"},
        {"type": "BatchNormalization"}, {"type": "Flatten"},
        {"type": "Dense", "units": 5, "activation": "relu"}, {"type": "Dropout", "rate": 0.5},
        {"type": "Dense", "units": 4, "activation": "tanh"},
    ]  # fmt: skip
    model = built(listing(*layers), [6, 1], outputs=3, task="multiclass")
    weights = model.get_weights()
    weights[-6][:, 1:4] = 0  # hidden_1: three units are constants
    weights[-4][4] = 0  # hidden_2 does not read the last one
    model.set_weights(weights)
    smaller, inputs = compact_model(model)
    assert inputs is None
    units = {layer.name: layer.units for layer in smaller.layers if hasattr(layer, "units")}
    assert units == {"hidden_1": 1, "hidden_2": 4, "output": 3}
    x = np.random.default_rng(0).normal(size=(50, 6, 1)).astype(np.float32)
    np.testing.assert_allclose(smaller(x), model(x), rtol=1e-5, atol=1e-6)


def test_a_model_with_branches_stays_as_it_is() -> None:
    start = keras.layers.Input((4,), name="inputs")
    ends = [keras.layers.Dense(2, name=name)(start) for name in "ab"]
    model = keras.Model(start, keras.layers.Add(name="sum")(ends), name="network")
    same, inputs = compact_model(model)
    assert inputs is None
    for one, other in zip(same.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


L = keras.layers


def ends_in_dense_layers(skip: bool) -> keras.Model:
    """Two branches before a stack of Dense layers; with `skip`, the stack's input skips it."""
    start = L.Input((4,), name="inputs")
    both = L.Add(name="sum")([L.Dense(3, name=name)(start) for name in "ab"])
    end = L.Dense(4, "relu", name="hidden")(both)
    end = L.Dense(3, "relu", name="small")(L.Dropout(0.5)(end))
    end = L.Concatenate()([both, end]) if skip else end
    return keras.Model(start, L.Dense(2, name="output")(end))


def test_behind_branches_the_dense_layers_compact() -> None:
    model = ends_in_dense_layers(skip=False)
    weights = model.get_weights()
    weights[-6][:, 1] = 0  # hidden: a unit that is constant
    weights[-5][1] = 2
    weights[-2][[0, 2]] = 0  # output: reads one unit
    model.set_weights(weights)
    smaller, inputs = compact_model(model)
    assert inputs is None
    units = {layer.name: layer.units for layer in smaller.layers if hasattr(layer, "units")}
    assert units == {"a": 3, "b": 3, "hidden": 3, "small": 1, "output": 2}
    x = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    np.testing.assert_allclose(smaller(x), model(x), rtol=1e-5, atol=1e-6)


def test_a_layer_whose_input_goes_elsewhere_too_or_that_is_called_twice_stays() -> None:
    model = ends_in_dense_layers(skip=True)
    assert [layer.name for layer in model.layers[dense_tail(model) :]] == ["output"]
    start, twice = L.Input((4,)), L.Dense(4, "relu", name="twice")
    model = keras.Model(start, L.Dense(1, name="output")(twice(twice(start))))
    assert dense_tail(model) == 2


@pytest.mark.parametrize(
    ("layers", "start"),
    [
        ([L.Dense(4, "relu"), L.Dropout(0.5), L.Dense(1)], 0),
        ([L.Dense(4, "relu"), L.Dense(3, "softmax")], 0),  # the last may have any activation
        ([L.Dense(4, "softmax"), L.Dense(4, "tanh"), L.Dense(1)], 1),
        ([L.Dense(4, "relu"), L.BatchNormalization(), L.Dense(4, "relu"), L.Dense(1)], 2),
        ([L.Dense(4, "relu", use_bias=False), L.Dense(1)], 1),
        ([L.Dense(4, "relu"), L.ReLU()], 2),
    ],
)
def test_the_stack_of_dense_layers_at_the_end_is_found(layers: list, start: int) -> None:
    model = keras.Sequential(
        [L.Input((5,)), *(type(own).from_config(own.get_config()) for own in layers)]
    )
    assert dense_tail(model) == start


def test_compaction_of_a_compact_model_changes_nothing() -> None:
    model = built(listing({"type": "Dense", "units": 5, "activation": "relu"}), 4)
    same, inputs = compact_model(model)
    assert inputs == [0, 1, 2, 3]
    for one, other in zip(same.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
