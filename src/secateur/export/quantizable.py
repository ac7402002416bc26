"""A network made ready for int8 or int4: the same predictions, of which less is lost."""

from collections.abc import Mapping

import numpy as np

from secateur.arrays.rows import Readable
from secateur.export import rounding
from secateur.export.by_layer import Assignment, Precision
from secateur.keras_io import grids
from secateur.keras_io.backend import keras
from secateur.keras_io.grids import Weights
from secateur.network.equalization import equalized
from secateur.network.wiring import wiring


def quantizable(model: keras.Model, x: Readable, weights: Weights = "int8") -> keras.Model:
    """Return a network that loses less as int8, or with int4 weights.

    `x` are calibration rows (n, *inputs), which must be training rows. A network that was trained
    on the grid stays as it is, and one whose training diverged.
    """
    if trained_for(model, weights):
        return model
    return on_grids(scaled(model, x), x, of_all(model, weights).weights)


def scaled(model: keras.Model, x: Readable) -> keras.Model:
    """Return a network whose channels have like ranges, so that one scale serves all.

    One that was trained on a grid is left on it, and one whose training diverged as it is.
    """
    finite = all(np.isfinite(values).all() for values in model.get_weights())
    return equalized(model, x) if finite and not trained_for(model, "int8") else model


def on_grids(model: keras.Model, x: Readable, weights: Mapping[str, Precision]) -> keras.Model:
    """Return a network whose kernels lie on the grids of their precision: by layer, int8 else."""
    if not all(np.isfinite(values).all() for values in model.get_weights()):
        return model
    own = {}
    for layer in _kernels(model):
        precision = weights.get(layer.name, "int8")
        if precision != "float32":
            own[layer.name] = grids.grid(layer, precision)
    return rounding.rounded(model, x, own)


def of_all(model: keras.Model, weights: Weights) -> Assignment:
    """Return the precision of each kernel where as many as can be are int8, or int4.

    Layers that the network calls more than once are not among them: all of them stay int8, as the
    file does not tell whose their kernels are.
    """
    times = wiring(model).times
    own = [layer for layer in _kernels(model) if times[layer.name] == 1]
    return Assignment(weights={layer.name: grids.type_of(layer, weights) for layer in own})


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
    return [layer for layer in model.layers if type(layer) in grids.KERNELS]


def _lies_on(layer: keras.layers.Layer, grid: grids.Grid) -> bool:
    return grids.lies_on(grids.by_channel(layer, layer.weights[0].numpy()), grid)


def of_one_scale(model: keras.Model) -> list[str]:
    """Return the dense layers that have one scale for all channels."""
    return [layer.name for layer in _dense(model) if grids.grid(layer, "int8").one_scale]


def one_scale(model: keras.Model) -> bool:
    """Return whether all dense layers do."""
    return len(of_one_scale(model)) == len(_dense(model))


def _dense(model: keras.Model) -> list[keras.layers.Layer]:
    return [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
