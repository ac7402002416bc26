"""Multiply-adds count one way in Keras files and in TFLite files, and by hand."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from keras_layers import LAYERS, NETWORKS, network, rows_for
from secateur.compress import sparsity
from secateur.evaluate import operators, size_table
from secateur.evaluate.sizes import MeasureSizes
from secateur.export.minify import minify
from secateur.export.tflite import convert
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras

L = keras.layers
SETTINGS = MeasureSizes(gzip_level=1, largest_error_ratio=100)


def of_keras_file(model: keras.Model, folder: Path) -> int:
    h5_files.save(folder / "m.h5", model)
    positions = {name: layer.positions for name, layer in sparsity.layers(model).items()}
    return int(size_table.keras_file(folder / "m.h5", SETTINGS, positions)["macs"])


def of_tflite_files(model: keras.Model, *kinds: str) -> list[int]:
    rows = rows_for(model).x
    return [
        operators.macs(operators.read(form))
        for _, content in convert(model, kinds or ("float32",), rows)
        for form in (content, minify(content))
    ]


def random_network(seed: int) -> tuple[keras.Model, int]:
    """A network of random layers with its multiply-adds by hand."""
    random = np.random.default_rng(seed)
    pick = lambda *values: values[random.integers(len(values))]  # noqa: E731
    height, width, channels = (int(random.integers(5, 9)) for _ in range(3))
    inputs = L.Input((height, width, channels))
    x, macs = inputs, 0

    def place() -> int:
        return math.prod(x.shape[1:-1])

    for _ in range(random.integers(1, 4)):
        kind = pick("dense", "conv", "dilated", "grouped", "depthwise", "separable", "transposed")
        size, filters = int(pick(1, 2, 3)), int(pick(2, 4))
        padding, before, c = pick("same", "valid"), place(), x.shape[-1]
        if min(x.shape[1:3]) < 5:
            padding = "same"
        if kind == "dense":
            x = L.Dense(filters)(x)
            macs += before * c * filters
        elif kind == "conv":
            x = L.Conv2D(filters, size, strides=int(pick(1, 2)), padding=padding)(x)
            macs += place() * size * size * c * filters
        elif kind == "dilated":
            x = L.Conv2D(filters, 2, dilation_rate=2, padding=padding, activation="relu")(x)
            macs += place() * 4 * c * filters
        elif kind == "grouped":
            x = L.Conv2D(2 * c, size, groups=c, padding=padding)(x)
            macs += place() * size * size * 2 * c
        elif kind == "depthwise":
            x = L.DepthwiseConv2D(size, depth_multiplier=int(pick(1, 2)), padding=padding)(x)
            macs += place() * size * size * x.shape[-1]
        elif kind == "separable":
            x = L.SeparableConv2D(filters, size, padding=padding)(x)
            macs += place() * (size * size * c + c * filters)
        else:
            x = L.Conv2DTranspose(filters, size, strides=int(pick(1, 2)), padding=padding)(x)
            macs += before * size * size * c * filters
    shared = L.Dense(x.shape[-1], "tanh")
    x = L.GlobalAveragePooling2D()(x)
    uses = int(random.integers(1, 4))
    for _ in range(uses):
        x = shared(x)
    macs += uses * x.shape[-1] ** 2 + x.shape[-1]
    return keras.Model(inputs, L.Dense(1)(x)), macs


@pytest.mark.parametrize("seeds", [range(start, start + 10) for start in range(0, 60, 10)], ids=str)
def test_both_kinds_of_files_count_a_random_network_as_a_hand_does(
    seeds: range, tmp_path: Path
) -> None:
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        model, macs = random_network(seed)
        assert of_keras_file(model, tmp_path) == macs, seed
        assert set(of_tflite_files(model)) == {macs}, seed


def stack(*layers: Any, shape: tuple[int, ...] = (8, 3)) -> keras.Model:
    return keras.Sequential([L.Input(shape), *layers])


def of_any_length() -> keras.Model:
    return keras.Sequential([
        L.Input((None, 1)), L.Conv1D(4, 3, padding="same"), L.Conv1D(2, 3, padding="same"),
    ])  # fmt: skip


def on_two_lengths(nested: keras.Model) -> keras.Model:
    one, other = L.Input((8, 1)), L.AveragePooling1D(2)
    means = [L.GlobalAveragePooling1D()(nested(x)) for x in (one, other(one))]
    return keras.Model(one, L.Add()(means))


BY_HAND = {
    "a Dense layer on steps": (lambda: stack(L.Dense(5)), 8 * 3 * 5),
    "a causal dilated convolution": (
        lambda: stack(L.Conv1D(4, 2, padding="causal", dilation_rate=3)), 8 * 2 * 3 * 4),
    "a dilated convolution of odd length": (
        lambda: stack(L.Conv1D(4, 2, dilation_rate=2), shape=(7, 3)), 5 * 2 * 3 * 4),
    "a transposed convolution": (
        lambda: stack(L.Conv1DTranspose(4, 3, strides=2)), 8 * 3 * 3 * 4),
    "a GRU": (lambda: stack(L.GRU(5, unroll=True)), 8 * (3 * 15 + 5 * 15)),
    "an LSTM both ways": (
        lambda: stack(L.Bidirectional(L.LSTM(2, unroll=True))), 2 * 8 * (3 * 8 + 2 * 8)),
    "attention": (lambda: network("MultiHeadAttention"), 4 * (3 * 3 * 6 + 6 * 3) + 12),
    "a table and a slope for each input": (
        lambda: stack(L.Embedding(9, 4), L.PReLU(), L.Flatten(), L.Dense(1), shape=(6,)), 24),
    "a nested model": (lambda: network("Dense nested"), 6 * 4 + 4 * 3 + 3),
    "a layer on two sizes": (lambda: network("Conv1D of two sizes"), 7 * 12 + 3 * 12 + 60),
    "a layer on each step": (lambda: stack(L.TimeDistributed(L.Dense(5))), 8 * 3 * 5),
    "a convolution on each step": (
        lambda: stack(L.TimeDistributed(L.Conv2D(2, 3)), shape=(3, 6, 6, 1)), 3 * 16 * 9 * 2),
    "a transposed, dilated convolution": (
        lambda: stack(L.Conv2DTranspose(3, 3, dilation_rate=2), shape=(6, 6, 2)), 36 * 9 * 2 * 3),
    "a nested model of any length": (
        lambda: stack(of_any_length(), shape=(8, 1)), 8 * 3 * 4 + 8 * 3 * 4 * 2),
    "a nested model on two lengths": (lambda: on_two_lengths(of_any_length()), (8 + 4) * 36),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_both_kinds_of_files_count_as_a_hand_does(name: str, tmp_path: Path) -> None:
    make, macs = BY_HAND[name]
    keras.utils.set_random_seed(0)
    model = make()
    assert of_keras_file(model, tmp_path) == macs
    assert set(of_tflite_files(model, "float32", "float16", "dynamic")) == {macs}


UNCONVERTIBLE = {"SimpleRNN", "GRU", "LSTM", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D",
                 "CategoryEncoding", "MaxPooling3D", "AveragePooling3D", "RandomCrop",
                 "Conv2D channels first"}  # fmt: skip


@pytest.mark.parametrize(
    "names", np.array_split(sorted({*LAYERS, *NETWORKS} - UNCONVERTIBLE), 6), ids=lambda n: n[0]
)
def test_both_kinds_of_files_count_every_layer_alike(names: list[str], tmp_path: Path) -> None:
    counted = {}
    for name in names:
        model = network(str(name))
        counted[name] = {of_keras_file(model, tmp_path), *of_tflite_files(model)}
    assert {name: counts for name, counts in counted.items() if len(counts) > 1} == {}
