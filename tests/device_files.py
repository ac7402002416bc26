"""Small TFLite files for tests of devices: dense and convolutional, float32 to int8."""

from functools import cache
from typing import Any

import numpy as np

from secateur.arrays.rows import Rows
from secateur.devices.costs import MeasureCosts
from secateur.export.minify import minify
from secateur.export.tflite import convert
from secateur.keras_io.backend import keras
from small_networks import dense, listing, network

SETTINGS = MeasureCosts(
    accelerator="ethos-u55-128", system="Ethos_U55_High_End_Embedded", memory_mode="Shared_Sram",
    rows=4, largest_arena_bytes=1_000_000,
)  # fmt: skip


@cache
def dense_file(kind: str, units: int = 24) -> bytes:
    return _file(network(dense(units), 10), kind)


@cache
def conv_file(kind: str) -> bytes:
    layers: list[dict[str, Any]] = [
        {"type": "Conv2D", "filters": 8, "kernel_size": 3}, {"type": "Flatten"},
    ]  # fmt: skip
    return _file(network(listing(*layers), [8, 8, 1]), kind)


@cache
def dilated_file(kind: str, padding: str = "valid") -> bytes:
    """A network whose shapes a conversion leaves open: they depend on the number of rows."""
    given = keras.Input((16, 3))
    keras.utils.set_random_seed(0)
    x = keras.layers.Conv1D(6, 3, dilation_rate=2, padding=padding, activation="relu")(given)
    x = keras.layers.Conv1D(4, 3, dilation_rate=3, activation="tanh")(x)
    x = keras.layers.TimeDistributed(keras.layers.Dense(3))(x)
    return _file(keras.Model(given, keras.layers.Dense(1)(keras.layers.Flatten()(x))), kind)


def rows_of(*shape: int) -> Rows:
    random = np.random.default_rng(0)
    return Rows(random.random((4, *shape), dtype=np.float32), random.random((4, 1)))


def _file(model: keras.Model, kind: str) -> bytes:
    rows = np.random.default_rng(1).random((20, *model.input_shape[1:]), dtype=np.float32)
    ((_, content),) = convert(model, [kind], rows)
    return minify(content)
