"""Make the TFLite files that `faster.py` compares: `faster_networks.py FOLDER`.

Two networks of MLPerf Tiny, three of each, in two types. It needs TensorFlow; `faster.py` imports
this without it.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from secateur.arrays.rows import Rows

ZEROS = 0.8
VARIANTS = ("whole", "zeros", "half")
KINDS = ("float32", "int8")
SHAPES = {"resnet8": (32, 32, 3), "autoencoder": (640,)}


def resnet8(width: float) -> Any:
    """MLPerf Tiny's ResNet-8 of CIFAR-10; the converter folds its BatchNormalization."""
    from secateur.keras_io.backend import keras

    layers = keras.layers

    def convolved(x: Any, filters: int, size: int = 3, strides: int = 1) -> Any:
        return layers.Conv2D(int(filters * width), size, strides, "same")(x)

    def rectified(x: Any) -> Any:
        return layers.ReLU()(layers.BatchNormalization()(x))

    images = layers.Input(SHAPES["resnet8"])
    x = rectified(convolved(images, 16))
    for filters, strides in ((16, 1), (32, 2), (64, 2)):
        y = rectified(convolved(x, filters, strides=strides))
        y = layers.BatchNormalization()(convolved(y, filters))
        around = convolved(x, filters, 1, strides) if strides > 1 else x
        x = layers.ReLU()(layers.Add()([around, y]))
    classes = layers.Dense(10, "softmax")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(images, classes)


def autoencoder(width: float) -> Any:
    """MLPerf Tiny's autoencoder of machines' sounds."""
    from secateur.keras_io.backend import keras

    layers = keras.layers
    x = inputs = layers.Input(SHAPES["autoencoder"])
    for units in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x = layers.ReLU()(layers.BatchNormalization()(layers.Dense(int(units * width))(x)))
    return keras.Model(inputs, layers.Dense(640)(x))


def make(folder: Path) -> None:
    """Write each network's files."""
    from secateur.export.minify import minify
    from secateur.export.tflite import convert
    from secateur.keras_io.backend import keras

    for name, network in (("resnet8", resnet8), ("autoencoder", autoencoder)):
        for variant in VARIANTS:
            keras.utils.set_random_seed(0)
            model = network(0.5 if variant == "half" else 1)
            if variant == "zeros":
                set_zeros(model)
            for kind, content in convert(model, KINDS, rows_of(name).x[:50]):
                (folder / file(name, variant, kind)).write_bytes(minify(content))


def set_zeros(model: Any) -> None:
    """Set the smallest weights of each kernel to zero."""
    for layer in model.layers:
        if hasattr(layer, "kernel"):
            kernel, *others = layer.get_weights()
            bound = np.quantile(np.abs(kernel), ZEROS)
            layer.set_weights([np.where(np.abs(kernel) < bound, 0, kernel), *others])


def file(name: str, variant: str, kind: str) -> str:
    return f"{name}_{variant}_{kind}.tflite"


def rows_of(name: str) -> Rows:
    draws = np.random.default_rng(0)
    x = draws.normal(size=(50, *SHAPES[name])).astype(np.float32)
    return Rows(x, np.zeros((50, 10 if name == "resnet8" else 640), np.float32))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
