"""Frozen layers of a user's network, which no training changes (Keras: `trainable = False`)."""

from secateur.core.errors import InputError
from secateur.keras_io.backend import keras
from secateur.network.model import FrozenLayers

REMEDY = "set model.frozen_layers: train, or keep if that is meant"


def names(model: keras.Model) -> list[str]:
    """Return the names of the layers that have weights of which some are frozen."""
    return [
        layer.name
        for layer in model.layers
        if any(inner.weights and not inner.trainable for inner in layer._flatten_layers())
    ]


def settle(
    where: str, model: keras.Model, wanted: FrozenLayers | None, *, untrained: bool
) -> list[str]:
    """Unfreeze a model's layers if they are to train; return the names of those that stay frozen.

    `untrained` says that the weights are random.

    Raises:
        InputError: `wanted` does not settle whether layers may stay that could never learn.
    """
    if wanted == "train":
        model.trainable = True
        return []
    found = names(model)
    if found and wanted is None:
        if not model.trainable_weights:
            raise InputError(f"{where}: every layer is frozen, and nothing would train; {REMEDY}")
        if untrained:
            raise InputError(
                f"{where}: layer {found[0]!r} is frozen and would keep its random weights; {REMEDY}"
            )
    if found:
        _check_kept(where, model)
    return found


def _check_kept(where: str, model: keras.Model) -> None:
    """Raise InputError if a copy trains what is frozen: Keras keeps no flag of an inner layer."""
    twin = keras.models.clone_model(model)
    for layer, copied in zip(model.layers, twin.layers, strict=True):
        if len(layer.trainable_weights) != len(copied.trainable_weights):
            raise InputError(
                f"{where}: layer {layer.name!r} is frozen in part, and Keras forgets that when it "
                "copies or saves the layer; freeze all of it (trainable = False), or set "
                "model.frozen_layers: train"
            )
