"""Weights rounded to the grid of int8 or int4 so that what one loses the others make up for.

Each weight's nearest value is not the best one: layers read numbers that go together, and an error
of one weight can be undone by the next. E. Frantar et al., 2023, "GPTQ: Accurate Post-Training
Quantization for Generative Pre-trained Transformers", round one weight after the other and move
those that are left to the least squares of what the layer gives.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from secateur.arrays.rows import Readable, evenly
from secateur.keras_io.backend import keras, tf
from secateur.keras_io.grids import KERNELS, Grid, by_channel, lies_on
from secateur.network import readings
from secateur.network.flattened import called
from secateur.network.wiring import wiring

L = keras.layers
ROWS = 1000  # of the calibration rows, at most
SAMPLES = 4000  # positions of all of them together, at least, where there are so many
MOST = 1200  # weights of an output; a matrix of the square of it is inverted
DAMPING = 1e-2  # of the mean square: what little tells about stays near to what it was


def rounded(model: keras.Model, x: Readable, grids: Mapping[str, Grid]) -> keras.Model:
    """Return a network whose kernels lie on grids.

    Zeros stay zeros, and the largest weight of a scale stays the largest, so that its grid is that
    which a converter finds. Biases, or means of batch normalizations, are corrected by what the
    rounding shifts. Layers that are shared or grouped keep their weights.

    Args:
        model: the network.
        x: calibration rows (n, *inputs), which must be training rows.
        grids: of the layers to round, by name.
    """
    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    inputs = [tf.cast(np.asarray(x[evenly(len(x), ROWS)]), model.inputs[0].dtype)]
    after = _normalizations(model)
    given: dict[str, tuple[np.ndarray, tf.Tensor]] = {}  # by layer: places, means of what it reads
    calls = Counter[str]()

    def note(layer: keras.layers.Layer, read: Sequence[Any]) -> None:
        calls[layer.name] += 1
        if calls[layer.name] > 1:
            given.pop(layer.name, None)
        elif layer.name in grids and _can(layer):
            where = readings.places(layer, read[0], SAMPLES, len(given))
            given[layer.name] = where, _means(readings.read(layer, read[0], where))

    def fit(layer: keras.layers.Layer, read: Sequence[Any]) -> None:
        if layer.name not in given:
            return
        where, means = given.pop(layer.name)
        now = readings.read(layer, read[0], where)
        shift = _round(layer, now, means, grids[layer.name])
        if layer.use_bias:
            layer.bias.assign_sub(shift)
        elif name := after.get(layer.name):
            twin.get_layer(name).moving_mean.assign_add(shift)

    called(model, inputs, training=False, before=note)
    called(twin, inputs, training=False, before=fit)
    return twin


def _can(layer: keras.layers.Layer) -> bool:
    if type(layer) not in KERNELS or getattr(layer, "data_format", None) == "channels_first":
        return False
    if getattr(layer, "padding", "") == "causal":
        return False
    return type(layer) is L.DepthwiseConv2D or getattr(layer, "groups", 1) == 1


def folded(model: keras.Model) -> dict[str, str]:
    """Return the layer that each batch normalization is folded into, by its name.

    It may lie behind others, and behind what passes its input on once it has been trained.
    """
    wired = wiring(model)
    found = {}
    for call in wired.calls:
        before = call
        while before is not None and _passes(before.layer):
            before = wired.makers.get(id(before.keras_inputs[0]))
        if type(call.layer) is L.BatchNormalization and before is not None:
            found[call.layer.name] = before.layer.name
    kernels = {layer.name for layer in model.layers if type(layer) in KERNELS}
    return {name: layer for name, layer in found.items() if layer in kernels}


def _passes(layer: keras.layers.Layer) -> bool:
    return type(layer) in (L.BatchNormalization, L.Dropout, L.Activation) and _linear(layer)


def _normalizations(model: keras.Model) -> dict[str, str]:
    """Return the batch normalization after each layer that one alone reads, by its name."""
    wired = wiring(model)
    found = {}
    for call in wired.calls:
        readers = [reader.layer for reader in wired.readers.get(id(call.outputs), [])]
        alone = len(readers) == 1 and wired.times[readers[0].name] == 1
        if alone and type(readers[0]) is L.BatchNormalization and _linear(call.layer):
            found[call.layer.name] = readers[0].name
    return found


def _linear(layer: keras.layers.Layer) -> bool:
    function = getattr(layer, "activation", None)
    return function is None or keras.activations.serialize(function) == "linear"


def _means(read: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(read, axis=0)


def _round(layer: keras.layers.Layer, read: tf.Tensor, means: tf.Tensor, grid: Grid) -> np.ndarray:
    """Round a layer's kernel, and return by how much each of its outputs is too large then.

    `read` (samples, features) is what the layer reads after all layers before it are rounded,
    `means` (features,) what it read before.
    """
    depthwise = type(layer) is L.DepthwiseConv2D
    variable = layer.depthwise_kernel if depthwise else layer.kernel
    # (problems, features, outputs): a depthwise layer has one problem for each channel.
    channels = variable.shape[-2] if depthwise else 1
    kernel = variable.numpy().astype(np.float64).reshape(-1, channels, variable.shape[-1])
    kernel = kernel.transpose(1, 0, 2)
    read = tf.transpose(tf.reshape(read, (len(read), -1, channels)), (2, 0, 1))
    before = tf.transpose(tf.reshape(means, (-1, channels))).numpy()
    after = tf.reduce_mean(read, axis=1)
    made = kernel
    if not lies_on(by_channel(layer, variable.numpy()), grid):
        if kernel.shape[1] <= MOST and bool(tf.reduce_all(tf.math.is_finite(read))):
            factor = _factor(read - after[:, None])
        else:  # each weight alone, to its nearest value
            factor = np.broadcast_to(np.eye(kernel.shape[1]), (channels, *2 * [kernel.shape[1]]))
        made = _one_by_one(kernel, factor, grid)
        variable.assign(made.transpose(1, 0, 2).reshape(variable.shape).astype(np.float32))
    shift = (after.numpy()[:, :, None] * made - before[:, :, None] * kernel).sum(axis=1)
    return shift.reshape(-1).astype(np.float32)  # type: ignore[no-any-return]


def _factor(read: tf.Tensor) -> np.ndarray:
    """Return the upper Cholesky factor of the inverse of what features have in common.

    `read` (problems, samples, features) is centred. TensorFlow's own float64 computes it: NumPy's
    libraries give other last digits on other processors.
    """
    square = tf.matmul(read, read, transpose_a=True)
    diagonal = tf.linalg.diag_part(square)
    mean = tf.reduce_mean(diagonal, axis=-1, keepdims=True)
    damped = diagonal + DAMPING * mean + tf.cast(mean <= 0, tf.float64)
    square = tf.linalg.set_diag(square, damped)
    eye = tf.eye(int(square.shape[-1]), batch_shape=square.shape[:1], dtype=tf.float64)
    inverse = tf.linalg.cholesky_solve(tf.linalg.cholesky(square), eye)
    inverse = (inverse + tf.linalg.matrix_transpose(inverse)) / 2
    return tf.linalg.matrix_transpose(tf.linalg.cholesky(inverse)).numpy()  # type: ignore[no-any-return]


def _one_by_one(kernel: np.ndarray, factor: np.ndarray, grid: Grid) -> np.ndarray:
    """Return a kernel (problems, features, outputs) on its grids.

    `factor` (problems, features, features) is upper triangular: row i says how the features after i
    make up for an error of i.
    """
    zero = kernel == 0
    bound = np.abs(kernel).max(axis=None if grid.one_scale else 1, keepdims=True)
    step = np.where(bound > 0, bound, 1) / grid.largest
    top = np.abs(kernel) == bound
    largest = grid.largest
    left, made = kernel.copy(), np.zeros_like(kernel)
    for i in range(kernel.shape[1]):
        steps = np.clip(np.round(left[:, i] / step[:, 0]), -largest, largest)
        steps = np.where(top[:, i], np.sign(kernel[:, i]) * largest, steps)
        made[:, i] = np.where(zero[:, i], 0, steps * step[:, 0])
        error = (left[:, i] - made[:, i]) / factor[:, i, i, None]
        left[:, i + 1 :] -= factor[:, i, i + 1 :, None] * error[:, None]
        left = np.where(zero, 0, left)
    return made
