"""What a layer multiplies with its kernel, at sampled positions of its output."""

import math

import numpy as np

from secateur.arrays.rows import rows_at_once
from secateur.keras_io.backend import keras, tf

FOR_EACH = 8  # samples for each weight of an output, at least, where there are so many
L = keras.layers
SPATIAL = (L.Conv1D, L.Conv2D, L.DepthwiseConv2D)


def weights_of_output(layer: keras.layers.Layer) -> int:
    """Return how many numbers a layer reads at each position of its output."""
    if type(layer) is L.DepthwiseConv2D:
        return math.prod(layer.depthwise_kernel.shape[:-1])
    return math.prod(layer.kernel.shape[:-1])


def places(layer: keras.layers.Layer, x: tf.Tensor, samples: int, number: int) -> np.ndarray:
    """Return sampled positions of a layer's output, by number: (rows, samples of a row).

    Of all rows together there are `samples`, or more for a layer with many weights; fewer where it
    has fewer positions. `number` fixes the draws.
    """
    positions = math.prod(layer.compute_output_shape(x.shape)[1:-1])
    wanted = max(samples, FOR_EACH * weights_of_output(layer)) / len(x)
    each = min(math.ceil(wanted), positions)
    draws = np.random.default_rng(number)
    # Stable: NumPy's other way to sort gave another order on an emulated processor.
    return draws.random((len(x), positions)).argsort(axis=1, kind="stable")[:, :each]


def read(layer: keras.layers.Layer, x: tf.Tensor, where: np.ndarray) -> tf.Tensor:
    """Return what a layer multiplies with its kernel at each place (samples, features), float64."""
    step = rows_at_once(max(1, math.prod(x.shape[1:-1]) * weights_of_output(layer)))
    blocks = [
        tf.gather(_patches(layer, x[i : i + step]), where[i : i + step], batch_dims=1)
        for i in range(0, len(where), step)
    ]
    found = tf.concat(blocks, axis=0)
    return tf.cast(tf.reshape(found, (-1, found.shape[-1])), tf.float64)


def _patches(layer: keras.layers.Layer, x: tf.Tensor) -> tf.Tensor:
    """Return what a layer reads at each position of its output (rows, positions, features)."""
    if not isinstance(layer, SPATIAL):
        return tf.reshape(x, (len(x), -1, x.shape[-1]))
    sizes = [layer.kernel_size, layer.strides, layer.dilation_rate]
    if isinstance(layer, L.Conv1D):
        x = x[:, None]
        sizes = [(1, *size) for size in sizes]
    size, strides, rates = ([1, *sides, 1] for sides in sizes)
    patches = tf.image.extract_patches(x, size, strides, rates, layer.padding.upper())
    return tf.reshape(patches, (len(x), -1, patches.shape[-1]))
