"""Short computations whose bytes must be the same on every processor: `python -m … CASE`.

Each prints a hash for what it computes: networks are trained, and predict themselves and from
their TFLite files, and devices tell what they pay for these.
"""

import functools
import hashlib
import sys
from collections.abc import Callable, Iterator
from typing import get_args

import numpy as np

from secateur.arrays.rows import Rows
from secateur.compress import channel_removal
from secateur.core.tasks import TASKS
from secateur.devices import ethos_u, micro
from secateur.evaluate import litert, operators
from secateur.evaluate.predictions import predictor
from secateur.export.tflite import convert_or_reason
from secateur.keras_io.backend import keras, tf
from secateur.recipes.channels import Channels, Score
from secateur.recipes.training import Training
from secateur.train.training import train_seeds

L = keras.layers
NPU = ("ethos-u55-128", "Ethos_U55_High_End_Embedded", "Shared_Sram")
LARGEST_ARENA = 1 << 26  # bytes


def dense() -> Iterator[tuple[str, bytes]]:
    """Train networks of dense layers, whose epochs are compiled.

    Products of small and of odd matrices are computed by other code than large ones.
    """
    draws = np.random.default_rng(0)
    x = draws.normal(size=(400, 10)).astype(np.float32)
    rows = Rows(x, (x[:, :1] * 2 - x[:, 1:2] ** 2).astype(np.float32))
    for units in (4, 19, 128):
        layers = [L.Input(10), L.Dense(units, "relu"), L.BatchNormalization(), L.Dense(1)]
        name = f"dense, {units} units"
        yield from _of(name, "regression", layers, rows, epochs=2, with_files=units == 19)


def convolutional() -> Iterator[tuple[str, bytes]]:
    """Train a network with each kind of convolution, which runs step by step."""
    draws = np.random.default_rng(0)
    x = draws.normal(size=(48, 16, 16, 3)).astype(np.float32)
    rows = Rows(x, draws.integers(0, 4, (48, 1)).astype(np.float32))
    layers = [
        L.Input((16, 16, 3)), L.Conv2D(16, 3, padding="same", use_bias=False),
        L.BatchNormalization(), L.ReLU(), L.DepthwiseConv2D(3, padding="same"), L.Dropout(0.1),
        L.Conv2D(32, 1, activation="relu"), L.Conv2D(24, 3, 2, "same", activation="relu"),
        L.GlobalAveragePooling2D(), L.Dense(4, "softmax"),
    ]  # fmt: skip
    yield from _of("convolutional", "multiclass", layers, rows, epochs=1)


def wide() -> Iterator[tuple[str, bytes]]:
    """Train a network of dense layers with so many weights that it runs step by step."""
    draws = np.random.default_rng(0)
    x = draws.normal(size=(48, 250)).astype(np.float32)
    rows = Rows(x, draws.integers(0, 10, (48, 1)).astype(np.float32))
    layers = [
        L.Input(250), L.Dense(1300, "relu"), L.Dropout(0.1), L.Dense(700, "relu"),
        L.Dense(10, "softmax"),
    ]  # fmt: skip
    yield from _of("wide", "multiclass", layers, rows, epochs=1)


def channels() -> Iterator[tuple[str, bytes]]:
    """Remove channels by each score, and fit what is left to what the network gave."""
    draws = np.random.default_rng(0)
    x = draws.normal(size=(96, 16, 16, 3)).astype(np.float32)
    rows = Rows(x, draws.integers(0, 4, (96, 1)).astype(np.float32))
    keras.utils.set_random_seed(0)
    given = keras.Input((16, 16, 3))
    one = L.ReLU()(L.BatchNormalization()(L.Conv2D(24, 3, padding="same")(given)))
    other = L.BatchNormalization()(L.Conv2D(24, 3, padding="same")(one))
    x = L.BatchNormalization()(L.Conv2D(40, 3, 2)(L.Add()([one, other])))
    pooled = L.GlobalAveragePooling2D()(L.ReLU()(x))
    model = keras.Model(given, L.Dense(4, "softmax")(pooled))
    for score in get_args(Score):
        recipe = Channels.model_validate({"keep": {"macs": 0.5}, "score": score, "round_to": 2})
        start = channel_removal.whole(model, recipe)
        task = TASKS["multiclass"]
        gone = channel_removal.chosen(model, recipe, 1, start, task, rows, 16, 0)
        yield f"channels that go by {score}", gone.tobytes()
        left = channel_removal.without(model, gone, rows, 16).get_weights()
        yield f"weights without them, by {score}", b"".join(own.tobytes() for own in left)


def layers() -> Iterator[tuple[str, bytes]]:
    """Compute the output and the gradient of each kind of layer, activation and loss, by oneDNN."""
    draws = np.random.default_rng(0)
    x = tf.constant(draws.normal(size=(32, 8, 8, 12)).astype(np.float32))
    sequence = tf.reshape(x, (32, 64, 12))
    keras.utils.set_random_seed(0)
    for number, layer in enumerate((
        L.Conv2D(9, 3, 2, "same"), L.Conv2D(8, 3, dilation_rate=2), L.Conv2D(12, 3, groups=3),
        L.DepthwiseConv2D(3, 2, depth_multiplier=2), L.SeparableConv2D(8, 3),
        L.Conv2DTranspose(8, 3, 2), L.Dense(300), L.BatchNormalization(), L.LayerNormalization(),
        L.GroupNormalization(4), L.UnitNormalization(), L.PReLU(), L.AveragePooling2D(3, 2, "same"),
        L.MaxPooling2D(3, 2), L.GlobalAveragePooling2D(), L.Dropout(0.2), L.GaussianNoise(0.2),
    ), 1):  # fmt: skip
        yield f"{number}. {type(layer).__name__}", _passed(layer, x)
    for layer in (L.Conv1D(8, 3), L.LSTM(5), L.GRU(5), L.BatchNormalization()):
        yield f"{type(layer).__name__} of a sequence", _passed(layer, sequence)
    for name in ("elu", "gelu", "mish", "selu", "sigmoid", "softmax", "softplus", "swish", "tanh"):
        yield name, _passed(L.Activation(name), x)
    targets = tf.constant(draws.integers(0, 2, (32, 1)).astype(np.float32))
    for loss in ("binary_crossentropy", "mse", "mae", "huber", "kl_divergence", "log_cosh"):
        of = functools.partial(keras.losses.get(loss), targets)
        yield loss, _passed(L.Lambda(of), tf.sigmoid(sequence[:, 0, :1]))


CASES: dict[str, Callable[[], Iterator[tuple[str, bytes]]]] = {
    "dense": dense,
    "convolutional": convolutional,
    "wide": wide,
    "channels": channels,
    "layers": layers,
}


def _passed(layer: keras.layers.Layer, x: tf.Tensor) -> bytes:
    """Return the bytes of a layer's output in training and after it, and of all gradients."""

    def passed(x: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            trained = layer(x, training=True)
            error = tf.reduce_sum(trained * trained)
        gradients = tape.gradient(error, [x, *layer.trainable_variables])
        return [trained, layer(x, training=False), *gradients]

    layer.build(x.shape)
    return b"".join(found.numpy().tobytes() for found in tf.function(passed, autograph=False)(x))


def _of(
    name: str,
    task: str,
    layers: list[keras.layers.Layer],
    rows: Rows,
    epochs: int,
    with_files: bool = True,
) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes of a trained network's weights, and of predictions with it and its files."""
    keras.utils.set_random_seed(0)
    training = Training(optimizer="AdamW", learning_rate=0.003, weight_decay=0.003, batch_size=16)
    (trained,) = train_seeds(
        TASKS[task], name, [(0, keras.Sequential(layers))], rows, rows, training, epochs=epochs,  # type: ignore[index]
        patience=None, verbose=False,
    )  # fmt: skip
    model = trained.model
    yield f"{name}: weights", b"".join(weights.tobytes() for weights in model.get_weights())
    yield f"{name}: predictions", predictor()(model, rows.x).tobytes()
    kinds = ["float32", "int8", "int4"] if with_files else []
    for kind, content, _ in convert_or_reason(model, kinds, rows.x):
        yield f"{name}: {kind} file", content
        yield f"{name}: predictions of its {kind} file", litert.predict(content, rows.x).tobytes()
        yield f"{name}: what devices pay for its {kind} file", _paid(kind, content, rows.x[:4])


def _paid(kind: str, content: bytes, x: np.ndarray) -> bytes:
    """Return what devices pay for a file, in this process: QEMU ends a child of a child here."""
    graph = operators.read(content)
    paid: list[object] = [operators.of(graph), operators.peak_activation_bytes(graph)]
    if micro.version():
        run = micro.run(content, x, LARGEST_ARENA)
        paid += [run.arena_bytes, run.outputs.tobytes()]
    if ethos_u.version() and kind == "int8":
        paid += [ethos_u.compiled(content, *NPU)]
    return repr(paid).encode()


def main(case: str) -> None:
    """Print a hash for each result of a case."""
    for name, content in CASES[case]():
        print(f"{hashlib.sha256(content).hexdigest()[:16]}  {name}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
