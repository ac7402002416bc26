"""A network made ready for int8 or int4: the same predictions, of which less is lost."""

import numpy as np

from secateur.arrays.rows import Readable
from secateur.export import rounding
from secateur.keras_io import grids
from secateur.keras_io.backend import keras
from secateur.keras_io.grids import Weights
from secateur.network.equalization import equalized


def quantizable(model: keras.Model, x: Readable, weights: Weights = "int8") -> keras.Model:
    """Return a network that loses less as int8, or with int4 weights.

    `x` are calibration rows (n, *inputs), which must be training rows. A network that was trained
    on the grid stays as it is, and one whose training diverged.
    """
    if not all(np.isfinite(values).all() for values in model.get_weights()):
        return model
    if trained_for(model, weights):
        return model
    equal = equalized(model, x)
    own = {layer.name: grids.grid(layer, weights) for layer in _kernels(model)}
    return rounding.rounded(equal, x, own)


def trained_for(model: keras.Model, weights: Weights) -> bool:
    """Return whether all kernels lie on the grid of quantization-aware training.

    int4 weights count for int8 too, which has a value near to each.
    """
    kernels = _kernels(model)
    return bool(kernels) and any(
        all(_lies_on(layer, grids.grid(layer, own)) for layer in kernels)
        for own in {weights, "int4"}
    )


def _kernels(model: keras.Model) -> list[keras.layers.Layer]:
    return [layer for layer in model.layers if type(layer) in rounding.ROUNDED]


def _lies_on(layer: keras.layers.Layer, grid: grids.Grid) -> bool:
    return grids.lies_on(grids.by_channel(layer, layer.weights[0].numpy()), grid)


def one_scale(model: keras.Model) -> bool:
    """Return whether every dense layer has one scale for all channels."""
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    return all(grids.grid(layer, "int8").one_scale for layer in dense)
