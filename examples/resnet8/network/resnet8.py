"""ResNet-8 of MLPerf Tiny, the network of its image classification."""

from collections.abc import Sequence
from typing import Any

import tf_keras as keras

L = keras.layers
REGULARIZER = 1e-4  # of MLPerf Tiny


def build_model(input_shape: Sequence[int], outputs: int) -> keras.Model:
    """Return the network for images (height, width, channels): three blocks, each with an `Add`.

    Source: Banbury et al. (2021), "MLPerf Tiny Benchmark"; github.com/mlcommons/tiny.
    """
    images = L.Input(input_shape)
    x = _convolution(images, 16, 3, 1, "conv_1")
    x = L.ReLU(name="relu_1")(L.BatchNormalization(name="norm_1")(x))
    for number, (filters, strides) in enumerate(((16, 1), (32, 2), (64, 2)), start=1):
        x = _block(x, filters, strides, f"block_{number}")
    x = L.GlobalAveragePooling2D(name="pool")(x)
    classes = L.Dense(outputs, "softmax", kernel_initializer="he_normal", name="output")(x)
    return keras.Model(images, classes)


def _block(x: Any, filters: int, strides: int, name: str) -> Any:
    """Two convolutions, and a short way around them: a third one where the shape changes."""
    y = _convolution(x, filters, 3, strides, f"{name}_conv_1")
    y = L.ReLU(name=f"{name}_relu_1")(L.BatchNormalization(name=f"{name}_norm_1")(y))
    y = _convolution(y, filters, 3, 1, f"{name}_conv_2")
    y = L.BatchNormalization(name=f"{name}_norm_2")(y)
    if strides > 1:
        x = _convolution(x, filters, 1, strides, f"{name}_short")
    return L.ReLU(name=f"{name}_relu_2")(L.Add(name=f"{name}_add")([x, y]))


def _convolution(x: Any, filters: int, size: int, strides: int, name: str) -> Any:
    return L.Conv2D(
        filters, size, strides, "same", kernel_initializer="he_normal",
        kernel_regularizer=keras.regularizers.L2(REGULARIZER), name=name,
    )(x)  # fmt: skip
