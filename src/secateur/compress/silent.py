"""Removal of what changes no prediction: channels that nothing reads, and constant ones.

After a recipe has made zeros, units are dead wherever they are. A constant channel goes into the
biases of what reads it, where that is exact.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from secateur.compress import constants
from secateur.compress.constants import Weights
from secateur.compress.removal import removed
from secateur.keras_io.backend import keras
from secateur.network import channels
from secateur.network.channels import Channels
from secateur.network.ties import WHOLE

FOLDING = (keras.layers.Dense, keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D)


def without_silent(model: keras.Model, *, inputs: bool = False) -> tuple[keras.Model, list[int]]:
    """Return a network that predicts the same with fewer channels, and the inputs it still reads.

    Each layer keeps one channel at least. Inputs go if `inputs` is set and the network has one
    input of one axis.
    """
    found = channels.of(model, inputs=inputs)
    gone, weights = silent(model, found)
    smaller = removed(model, found, gone, weights)
    own = found.outputs[model.inputs[0].node.layer.name]
    dropped = np.isin(found.first[own], gone)
    return smaller, np.flatnonzero(~dropped).tolist()


def silent(model: keras.Model, found: Channels) -> tuple[np.ndarray, Weights]:
    """Return the numbers of the channels that can go, and the weights of what is left.

    The weights are by layer, as long as they were; those of what goes are zero. Of what one layer
    makes, one channel is left.
    """
    given = {layer.name: layer.get_weights() for layer in model.layers}
    values = constants.read(model, given)
    # As if all constants could go; what another layer reads as well cannot, and stays as it is.
    folded = _folded(model, found, given, values, np.ones(len(found.first), bool))
    gone = _unread(found, folded)
    weights = _folded(model, found, given, values, gone)
    _clear(found, weights, gone)
    for own in found.outputs.values():
        numbers = found.first[own]
        if gone[numbers].all():
            gone[numbers[0]] = False
    return np.flatnonzero(gone), weights


def _folded(
    model: keras.Model,
    found: Channels,
    given: Weights,
    values: Mapping[str, list[np.ndarray]],
    folding: np.ndarray,
) -> Weights:
    """Return weights where the constants among `folding` are in the biases of what read them."""
    weights = {name: [array.copy() for array in own] for name, own in given.items()}
    for layer in model.layers:
        calls = values.get(layer.name, [])
        reads = [axis for axis in found.axes.get(layer.name, []) if axis.role == "reads"]
        if type(layer) not in FOLDING or getattr(layer, "groups", 1) != 1:
            continue
        if len(calls) != 1 or not reads:
            continue
        own, read = weights[layer.name], calls[0]
        exact = constants.reads_exactly(layer, read) & np.isfinite(read)
        exact &= folding[found.first[reads[0].channels]]
        if not exact.any():
            continue
        with np.errstate(over="ignore"):
            added = constants.added(own[0], read, exact)
            if layer.use_bias:
                own[1] = (own[1] + added).astype(own[1].dtype)
            elif added.any():
                own.append(added.astype(own[0].dtype))  # the layer gets a bias
        own[0][..., exact, :] = 0
    return weights


def _unread(found: Channels, weights: Weights) -> np.ndarray:
    """Return which channels (channels,) no weight reads, directly or through others.

    What makes them is set to zero in `weights`.
    """
    gone = np.zeros(len(found.first), bool)
    made = np.zeros(len(found.first), bool)
    made[found.first[np.concatenate([np.zeros(0, int), *found.outputs.values()])]] = True
    made[WHOLE] = False
    while (dead := made & ~gone & ~_read(found, weights)).any():
        gone |= dead
        _clear(found, weights, gone)
    return gone


def _read(found: Channels, weights: Weights) -> np.ndarray:
    """Return which channels (channels,) some weight reads, by the first that is tied to each."""
    read = np.zeros(len(found.first), bool)
    for name, axes in found.axes.items():
        for axis in axes:
            if axis.role == "reads":
                along = np.moveaxis(weights[name][axis.weight], axis.axis, 0)
                nonzero = (along != 0).reshape(len(along), -1).any(axis=1)
                np.logical_or.at(read, found.first[axis.channels], nonzero)
    return read


def _clear(found: Channels, weights: Weights, gone: np.ndarray) -> None:
    """Set to zero all weights of channels that are gone: what makes them reads nothing any more."""
    for name, axes in found.axes.items():
        for axis in axes:
            along: Any = np.moveaxis(weights[name][axis.weight], axis.axis, 0)  # a view
            along[gone[found.first[axis.channels]]] = 0
