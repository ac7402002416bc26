"""Biases of channels that have next to no weights, in files of several precisions."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

import random_channels
from secateur.evaluate import litert
from secateur.export import biases
from secateur.export.by_layer import Activations, Assignment
from secateur.export.quantizable import of_all, scaled
from secateur.export.tflite import mixed
from secateur.keras_io.backend import keras

L = keras.layers
X = np.random.default_rng(0).normal(size=(60, 8, 8, 2)).astype(np.float32)


def network(*layers: keras.layers.Layer) -> keras.Model:
    model = keras.Sequential([L.Input((8, 8, 2)), *layers])
    random_channels.randomize(model, np.random.default_rng(1))
    return model


def zero_filter() -> keras.Model:
    model = network(L.Conv2D(4, 3, activation="relu", name="c"), L.Flatten(), L.Dense(1))
    kernel, _ = model.get_layer("c").get_weights()
    kernel[..., 1] = 0
    model.get_layer("c").set_weights([kernel, np.float32([0.1, 0.5, 0.1, 0.1])])
    return model


def tiny_channel() -> keras.Model:
    layers = [L.Conv2D(4, 3, name="c"), L.BatchNormalization(name="b"), L.ReLU(), L.Flatten()]
    model = network(*layers, L.Dense(2))
    gamma, beta, *rest = model.get_layer("b").get_weights()
    gamma[2] = 1e-7
    model.get_layer("b").set_weights([gamma, np.abs(beta) + 1, *rest])
    return model


def dead_layer() -> keras.Model:
    model = network(L.Flatten(), L.Dense(6, "relu", name="d"), L.Dense(2))
    kernel, bias = model.get_layer("d").get_weights()
    model.get_layer("d").set_weights([kernel, np.full_like(bias, -1000)])
    return model


@pytest.mark.parametrize("activations", ["int8", "int16"])
@pytest.mark.parametrize("make", [zero_filter, tiny_channel, dead_layer])
def test_a_channel_without_weights_keeps_its_bias(make: object, activations: Activations) -> None:
    model = make()  # type: ignore[operator]
    made = mixed(scaled(model, X), X, Assignment(activations=activations, weights={}))
    wanted = model.predict(X, verbose=0)
    apart = np.abs(litert.predict(made, X) - wanted).max()
    assert apart < 0.05 * np.abs(wanted).max()


def test_int4_kernels_are_packed_anew() -> None:
    model = zero_filter()
    small = of_all(model, "int4")
    assert set(small.weights.values()) == {"int4"}
    found = litert.predict(mixed(scaled(model, X), X, small), X)
    wanted = model.predict(X, verbose=0)
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.97


def test_a_file_whose_biases_fit_stays_as_it_is() -> None:
    made = mixed(network(L.Flatten(), L.Dense(3)), X, Assignment(weights={}))
    assert biases.fitted(made, made) is made


@pytest.mark.parametrize("shape", [(3, 5), (4, 2)])
def test_packing_undoes_unpacking(shape: tuple[int, int]) -> None:
    steps = np.random.default_rng(0).integers(-8, 8, shape).astype(np.int8)
    model = schema.ModelT()
    model.buffers = [schema.BufferT()]
    kernel = schema.TensorT()
    kernel.type, kernel.buffer, kernel.shape = biases.INT4, 0, list(shape)
    biases._pack(model, kernel, steps)
    assert len(model.buffers[0].data) == (steps.size + 1) // 2
    np.testing.assert_array_equal(biases._unpacked(model, kernel), steps)
