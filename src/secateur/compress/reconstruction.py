"""Layers fitted again after channels have gone: each gives, as nearly as it can, what it gave.

Each layer's weights are those of the least squares between what the whole network's layer gives on
training rows and what the smaller network's layer reads there, layer by layer from the inputs on.
So what a channel told the next layer is told by the channels that stay, and what earlier layers
have lost is made up for.

Source: Y. He et al. (2017), "Channel Pruning for Accelerating Very Deep Neural Networks".
"""

import itertools
import math
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from secateur.arrays.rows import Rows
from secateur.keras_io.backend import keras, tf
from secateur.network import readings
from secateur.network.channels import Channels
from secateur.network.flattened import called

ROWS = 2000  # of the training rows, at most
NUMBERS = 1 << 27  # of all activations of those rows: 512 MiB of each network
SAMPLES = 20_000  # positions of all rows together, at least, where there are so many
MOST = 2400  # weights of an output; the square of it is solved
RIDGE = 1e-3  # of the mean square: keeps a weight near to what it was where little tells it
SAME = 1e-6  # of the largest output
FITTED = (keras.layers.Dense, keras.layers.Conv1D, keras.layers.Conv2D)


class _Targets(NamedTuple):
    """What a layer of the whole network gives, before its activation, where it is sampled."""

    places: np.ndarray  # (rows, samples of a row): positions of its output, by number
    values: tf.Tensor  # (rows * samples, outputs that stay), float64


def fit_again(
    whole: keras.Model, smaller: keras.Model, found: Channels, stays: np.ndarray, train: Rows
) -> None:
    """Fit the layers of a network without some channels to those of the whole network, in place.

    Dense layers and convolutions are fitted; what is frozen, shared, grouped, or has more than
    `MOST` weights an output, stays as it was cut. All else does, too.

    Args:
        whole: the network with all of its channels.
        smaller: the same without some, as `removal.removed` returns it.
        found: the graph of channels of `whole`.
        stays: (channels,) whether a channel does, by its number.
        train: the training rows.
    """
    rows = max(1, min(len(train.x), ROWS, NUMBERS // _numbers(whole)))
    chosen = np.linspace(0, len(train.x) - 1, rows).astype(int)
    x = tf.cast(np.asarray(train.x[chosen]), whole.inputs[0].dtype)
    targets: dict[str, _Targets] = {}
    calls = Counter[str]()

    def note(layer: keras.layers.Layer, inputs: Any) -> None:
        # Counted here: a layer's own nodes are of other networks too, which it was in before.
        calls[layer.name] += 1
        if calls[layer.name] > 1:
            targets.pop(layer.name, None)
        elif _fits(layer):
            kept = stays[found.outputs[layer.name]]
            targets[layer.name] = _given(layer, inputs[0], kept, len(targets))

    def fit(layer: keras.layers.Layer, inputs: Any) -> None:
        if layer.name in targets:
            _fit(layer, inputs[0], targets.pop(layer.name))

    called(whole, [x], training=False, before=note)
    called(smaller, [x], training=False, before=fit)


def _numbers(model: keras.Model) -> int:
    """Return how many numbers the outputs of all layers hold for one row."""
    nodes = itertools.chain.from_iterable(model._nodes_by_depth.values())
    tensors = [tensor for node in nodes for tensor in tf.nest.flatten(node.outputs)]
    return sum(math.prod(side or 1 for side in tensor.shape[1:]) for tensor in tensors)


def _fits(layer: keras.layers.Layer) -> bool:
    """Return whether a layer can be fitted; a constraint would undo what is solved for."""
    if type(layer) not in FITTED or not layer.trainable:
        return False
    if layer.kernel_constraint or layer.bias_constraint:
        return False
    if getattr(layer, "groups", 1) != 1 or getattr(layer, "padding", "") == "causal":
        return False
    return readings.weights_of_output(layer) <= MOST


def _given(layer: keras.layers.Layer, x: tf.Tensor, kept: np.ndarray, number: int) -> _Targets:
    """Return what a layer of the whole network gives, of the channels that stay."""
    places = readings.places(layer, x, SAMPLES, number)
    kernel = tf.reshape(layer.kernel, (readings.weights_of_output(layer), -1))
    kernel = tf.cast(tf.boolean_mask(kernel, kept, axis=1), tf.float64)
    values = tf.matmul(readings.read(layer, x, places), kernel)
    if layer.use_bias:
        values += tf.cast(tf.boolean_mask(layer.bias, kept), tf.float64)
    return _Targets(places, values)


def _fit(layer: keras.layers.Layer, x: tf.Tensor, targets: _Targets) -> None:
    """Set a layer's weights to those of the least squares, near to those that it has."""
    read, values = readings.read(layer, x, targets.places), targets.values
    if not bool(tf.reduce_all(tf.math.is_finite(read)) & tf.reduce_all(tf.math.is_finite(values))):
        return
    kernel = tf.cast(tf.reshape(layer.kernel, (read.shape[-1], -1)), tf.float64)
    now = tf.matmul(read, kernel) + (tf.cast(layer.bias, tf.float64) if layer.use_bias else 0)
    if float(tf.reduce_max(tf.abs(now - values))) <= SAME * float(tf.reduce_max(tf.abs(values))):
        return  # no channel before it has gone
    middle = centre = None
    if layer.use_bias:
        middle, centre = tf.reduce_mean(read, axis=0), tf.reduce_mean(values, axis=0)
        read, values = read - middle, values - centre
    square = tf.matmul(read, read, transpose_a=True)
    ridge = RIDGE * tf.linalg.trace(square) / len(square)
    if not float(ridge) > 0:  # nothing that it reads varies
        return
    square = tf.linalg.set_diag(square, tf.linalg.diag_part(square) + ridge)
    beside = tf.matmul(read, values, transpose_a=True) + ridge * kernel
    solved = tf.linalg.cholesky_solve(tf.linalg.cholesky(square), beside)
    layer.kernel.assign(tf.cast(tf.reshape(solved, layer.kernel.shape), tf.float32))
    if layer.use_bias:
        layer.bias.assign(tf.cast(centre - tf.linalg.matvec(solved, middle, True), tf.float32))
