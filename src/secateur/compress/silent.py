"""Removal of what changes no prediction: channels that nothing reads, and constant ones.

After a recipe has made zeros, units are dead wherever they are. A constant channel goes into the
biases of what reads it, where that is exact.
"""

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

    The weights are by layer, as long as they were; those of what goes are zero.
    """
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    _fold(model, weights)
    return unread(found, weights), weights


def _fold(model: keras.Model, weights: Weights) -> None:
    """Add constants to the biases of what reads them, and read them no more."""
    given = constants.read(model, weights)
    for layer in model.layers:
        calls = given.get(layer.name, [])
        if type(layer) not in FOLDING or len(calls) != 1 or getattr(layer, "groups", 1) != 1:
            continue
        values, own = calls[0], weights[layer.name]
        exact = constants.reads_exactly(layer, values) & np.isfinite(values)
        sums = own[0].reshape(-1, *own[0].shape[-2:]).sum(axis=0, dtype=np.float64)
        added = values[exact] @ sums[exact]
        if layer.use_bias:
            own[1] = (own[1] + added).astype(np.float32)
        elif added.any():
            own.append(added.astype(np.float32))  # the layer gets a bias
        own[0][..., exact, :] = 0


def unread(found: Channels, weights: Weights) -> np.ndarray:
    """Return the numbers of channels that no weight reads, directly or through others.

    What makes them is set to zero in `weights`. Of what one layer makes, one channel is left.
    """
    gone = np.zeros(len(found.first), bool)
    made = np.zeros(len(found.first), bool)
    made[found.first[np.concatenate([np.zeros(0, int), *found.outputs.values()])]] = True
    made[WHOLE] = False
    while (dead := made & ~gone & ~_read(found, weights)).any():
        gone |= dead
        _clear(found, weights, gone)
    for own in found.outputs.values():
        numbers = found.first[own]
        if gone[numbers].all():
            gone[numbers[0]] = False
    return np.flatnonzero(gone)


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
    """Set to zero what makes or carries channels that are gone: it reads nothing any more."""
    for name, axes in found.axes.items():
        for axis in axes:
            if axis.role != "reads":
                along: Any = np.moveaxis(weights[name][axis.weight], axis.axis, 0)  # a view
                along[gone[found.first[axis.channels]]] = 0
