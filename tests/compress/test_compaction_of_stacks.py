"""Compaction of a stack of Dense layers: nothing dead is left, and the bytes are known."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secateur.compress.compaction import compacted, is_stack
from secateur.compress.constants import ACTIVATIONS
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from small_networks import listing
from small_networks import network as built

L = keras.layers


class Layer(NamedTuple):
    """A Dense layer as arrays: kernel (inputs, units), bias (units,), Keras's activation."""

    kernel: np.ndarray
    bias: np.ndarray
    activation: str


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


def network(layers: list[Layer]) -> keras.Model:
    found = keras.Sequential([L.Input((len(layers[0].kernel),), name="inputs")], name="network")
    for number, (_, bias, activation) in enumerate(layers):
        found.add(L.Dense(len(bias), activation, name=f"layer_{number}"))
    found.set_weights([np.array(a, np.float32) for layer in layers for a in layer[:2]])
    return found


def arrays(model: keras.Model) -> list[Layer]:
    return [
        Layer(own.kernel.numpy(), own.bias.numpy(), own.activation.__name__) for own in model.layers
    ]


def forward(layers: list[Layer], x: np.ndarray) -> np.ndarray:
    """In float64, so that what differs is compaction and not the rounding."""
    for kernel, bias, activation in layers:
        x = ACTIVATIONS[activation](x @ kernel.astype(np.float64) + bias)
    return x


def by_hand(layers: list[Layer]) -> tuple[list[Layer], list[int]]:
    """Compact a stack by another way: layer by layer, until nothing changes.

    This is what compaction was before it knew of other layers; its bytes are to stay.
    """
    found, before = layers, b""
    while before != (now := b"".join(a.tobytes() for layer in found for a in layer[:2])):
        before = now
        for i in range(len(found) - 1):
            found = [*found[:i], *_dropped(found[i], found[i + 1]), *found[i + 2 :]]
    inputs = np.flatnonzero(found[0].kernel.any(axis=1)).tolist() or [0]
    return [found[0]._replace(kernel=found[0].kernel[inputs]), *found[1:]], inputs


def _dropped(layer: Layer, after: Layer) -> tuple[Layer, Layer]:
    read, varies = after.kernel.any(axis=1), layer.kernel.any(axis=0)
    constant, kept = np.flatnonzero(read & ~varies), np.flatnonzero(read & varies)
    values = ACTIVATIONS[layer.activation](layer.bias[constant].astype(np.float64))
    bias = (after.bias + values @ after.kernel[constant].astype(np.float64)).astype(np.float32)
    kernel, rest = layer.kernel[:, kept], after.kernel[kept]
    if not kept.size:
        kernel, rest = np.zeros_like(layer.kernel[:, :1]), np.zeros_like(after.kernel[:1])
    own = layer.bias[kept] if kept.size else np.zeros(1, np.float32)
    return Layer(kernel, own, layer.activation), after._replace(kernel=rest, bias=bias)


@st.composite
def stacks(draw: st.DrawFn) -> list[Layer]:
    widths = draw(st.lists(st.integers(1, 9), min_size=2, max_size=5))
    names = st.sampled_from(sorted(ACTIVATIONS))
    activations = draw(st.lists(names, min_size=len(widths) - 1, max_size=len(widths) - 1))
    sparsity = draw(st.sampled_from([0.0, 0.3, 0.6, 0.9, 1.0]))
    return stack(draw(st.integers(0, 10**6)), widths, activations, sparsity)


@settings(max_examples=100, deadline=None)
@given(layers=stacks(), seed=st.integers(0, 100))
def test_predictions_of_a_stack_stay_and_nothing_dead_is_left(
    layers: list[Layer], seed: int
) -> None:
    x = np.random.default_rng(seed).normal(size=(20, len(layers[0].kernel)))
    model, inputs = compacted(network(layers))
    smaller = arrays(model)
    assert inputs is not None
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
    expected, read = by_hand(layers)
    assert inputs == read
    for one, other in zip(smaller, expected, strict=True):
        for own, wanted in zip(one[:2], other[:2], strict=True):
            assert own.shape == wanted.shape
            assert (own + 0.0).tobytes() == (wanted + 0.0).tobytes()  # -0.0 is 0.0


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activations_are_those_of_keras(name: str) -> None:
    x = np.linspace(-20, 20, 81)
    expected = np.asarray(keras.activations.get(name)(x.astype(np.float32)))
    np.testing.assert_allclose(ACTIVATIONS[name](x), expected, rtol=2e-6, atol=1e-6)


def relu(kernels: list[Any], biases: list[list[float]]) -> keras.Model:
    pairs = zip(kernels, biases, strict=True)
    return network([Layer(np.array(k), np.array(b), "relu") for k, b in pairs])


def test_a_keras_model_by_hand() -> None:
    """Unit 0 lives; unit 1 is never read; unit 2 is the constant 3; input 1 feeds only unit 1."""
    model = relu([[[1, 0, 0], [0, 5, 0], [2, 0, 0]], [[4], [0], [10]]], [[0.5, 7, 3], [1]])
    smaller, inputs = compacted(model)
    assert inputs == [0, 2]
    kernels = smaller.get_weights()
    np.testing.assert_array_equal(kernels[0], [[1], [2]])
    np.testing.assert_array_equal(kernels[1], [0.5])
    np.testing.assert_array_equal(kernels[2], [[4]])
    np.testing.assert_array_equal(kernels[3], [1 + 3 * 10])
    assert [layer.name for layer in smaller.layers] == ["layer_0", "layer_1"]
    assert (smaller.name, smaller.input_names) == ("network", ["inputs"])
    x = np.random.default_rng(0).random((50, 3)).astype(np.float32)
    np.testing.assert_allclose(smaller(x[:, inputs]), model(x), rtol=1e-6)


def test_a_network_that_is_a_constant_stays_one() -> None:
    model = relu([np.zeros((4, 3)), np.ones((3, 1))], [[1, 2, -3], [0.5]])
    smaller, inputs = compacted(model)
    assert inputs == [0]
    assert [w.shape for w in smaller.get_weights()] == [(1, 1), (1,), (1, 1), (1,)]
    assert smaller(np.ones((2, 1), np.float32)).numpy().tolist() == [[3.5], [3.5]]


def test_a_diverged_model_is_compacted_too() -> None:
    """What is infinite is folded nowhere: its sums over several places are not its product."""
    model = relu([[[np.nan, 0, 0], [1, 0, 0]], np.ones((3, 1))], [[np.nan, np.inf, 2], [0]])
    smaller, inputs = compacted(model)
    assert inputs == [0, 1]
    assert [w.shape for w in smaller.get_weights()] == [(2, 2), (2,), (2, 1), (1,)]
    assert np.isnan(smaller(np.ones((1, 2), np.float32))).all()


def test_an_autoencoder_gives_all_of_what_it_read() -> None:
    layers = stack(0, [5, 4, 2, 4, 5], ["relu", "linear", "relu", "linear"], 0)
    layers[0].kernel[2] = 0  # it does not read one of its inputs
    layers[2].kernel[:, 1] = 0  # a constant unit
    model = network(layers)
    smaller, inputs = compacted(model)
    assert inputs == [0, 1, 3, 4]
    assert smaller.output_shape == (None, 5)
    assert [own.units for own in smaller.layers] == [4, 2, 3, 5]
    x = np.random.default_rng(0).normal(size=(50, 5)).astype(np.float32)
    np.testing.assert_allclose(smaller(x[:, inputs]), model(x), rtol=1e-5, atol=1e-5)


def test_compaction_of_a_compact_model_changes_no_byte() -> None:
    model = built(listing({"type": "Dense", "units": 5, "activation": "relu"}), 4)
    same, inputs = compacted(model)
    assert inputs == [0, 1, 2, 3]
    assert h5_files.content(same) == h5_files.content(model)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([L.Dense(4, "relu"), L.Dropout(0.5), L.Dense(1)], True),
        ([L.Dense(4, "relu"), L.Dense(3, "softmax")], True),  # the last may have any activation
        ([L.Dense(4, "softmax"), L.Dense(4, "tanh"), L.Dense(1)], False),
        ([L.Dense(4, "relu"), L.BatchNormalization(), L.Dense(4, "relu"), L.Dense(1)], False),
        ([L.Dense(4, "relu", use_bias=False), L.Dense(1)], False),
        ([L.Dense(4, "relu"), L.ReLU()], False),
    ],
)
def test_only_a_stack_of_dense_layers_loses_inputs(layers: list, expected: bool) -> None:
    model = keras.Sequential(
        [L.Input((5,)), *(type(own).from_config(own.get_config()) for own in layers)]
    )
    kernel, *rest = model.layers[0].get_weights()
    kernel[[1, 3]] = 0
    model.layers[0].set_weights([kernel, *rest])
    smaller, inputs = compacted(model)
    assert is_stack(model) == expected
    assert inputs == ([0, 2, 4] if expected else None)
    assert smaller.input_shape == (None, 3 if expected else 5)
    functional = keras.Model(model.inputs, model.outputs)
    assert compacted(functional)[1] is None
