"""The grids that TFLite's int8 and int4 weights lie on: whole multiples of a scale."""

from typing import Literal, NamedTuple

import numpy as np

from secateur.keras_io.backend import keras

L = keras.layers
Weights = Literal["int8", "int4"]
LARGEST = {"int8": 127, "int4": 7}  # both are symmetric
# Devices have kernels for int4 weights of these alone; other layers keep int8 beside them.
INT4 = (L.Dense, L.Conv1D, L.Conv2D)
KERNELS = (*INT4, L.DepthwiseConv2D)  # layers whose kernels are put on grids
CLOSE = 1e-3  # of a step


class Grid(NamedTuple):
    """Where a layer's weights lie."""

    largest: int  # multiple of a scale
    one_scale: bool  # for the whole kernel, or for each channel that the layer makes


def grid(layer: keras.layers.Layer, weights: Weights) -> Grid:
    """Return the grid of a layer's kernel in a file of int8 or int4 weights.

    Convolutions have a scale for each channel, as TFLite wants. Dense layers have one for all: a
    file's scales would take more bytes than they gain. Batch normalization after a dense layer is
    folded into its channels, which then need their own; and tflite-micro knows no int4 weights with
    several scales in a dense layer.
    """
    return Grid(LARGEST[type_of(layer, weights)], _one_scale(layer))


def type_of(layer: keras.layers.Layer, weights: Weights) -> Weights:
    """Return the type of a layer's kernel in a file of int8 or int4 weights."""
    one_if_dense = _one_scale(layer) == isinstance(layer, L.Dense)
    return "int4" if weights == "int4" and type(layer) in INT4 and one_if_dense else "int8"


def _one_scale(layer: keras.layers.Layer) -> bool:
    after = [node.layer for node in layer.outbound_nodes]
    normalized = any(isinstance(other, L.BatchNormalization) for other in after)
    return isinstance(layer, L.Dense) and not normalized


def channel_axes(layer: keras.layers.Layer, grid: Grid) -> tuple[int, ...]:
    """Return the axes of a layer's kernel along which scales differ, as a TFLite file has them."""
    if grid.one_scale:
        return ()
    if isinstance(layer, L.DepthwiseConv2D):
        return (2, 3)
    return (2,) if isinstance(layer, L.Conv2DTranspose) else (-1,)


def by_channel(layer: keras.layers.Layer, kernel: np.ndarray) -> np.ndarray:
    """Return a kernel as (weights of a channel, channels that the layer makes)."""
    made = -2 if isinstance(layer, L.DepthwiseConv2D) else -1
    return kernel.reshape(-1, int(np.prod(kernel.shape[made:])))


def lies_on(kernel: np.ndarray, grid: Grid) -> bool:
    """Return whether a kernel (weights of a channel, channels) lies on its grid."""
    bound = np.abs(kernel).max(axis=None if grid.one_scale else 0, initial=0)
    steps = kernel / np.where(bound > 0, bound, 1) * grid.largest
    return bool((np.abs(steps - np.round(steps)) < CLOSE).all())
