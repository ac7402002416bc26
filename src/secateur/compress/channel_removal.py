"""A round of a removal of channels, by a recipe: which go, and the network without them."""

from functools import partial

import numpy as np

from secateur.arrays.rows import Rows
from secateur.compress import channel_choice, channel_scores
from secateur.compress.reconstruction import fit_again
from secateur.compress.removal import removed, staying
from secateur.core.errors import InputError
from secateur.core.tasks import Task
from secateur.keras_io.backend import keras
from secateur.network import channels
from secateur.network.channels import Channels as Graph
from secateur.recipes.channels import Channels
from secateur.train import loss_gradients
from secateur.train.normalization import estimate_again

COSTS = {"macs": channel_choice.macs, "weights": channel_choice.weights}


def whole(model: keras.Model, recipe: Channels) -> int:
    """Return what a network has of what a recipe keeps a share of."""
    (kind,) = recipe.keep.given()
    return COSTS[kind](model, channels.of(model), np.zeros(0, int))


def check(model: keras.Model, recipe: Channels, share: float) -> None:
    """Raise InputError if a network cannot lose all but a share of what the recipe keeps.

    How small it can be depends on no score, and so on no training.
    """
    found = channels.of(model)
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    try:
        if recipe.score == "bn_scale":
            channel_scores.scores(found, weights, recipe.score, scales=_scales(model))
        _choose(model, found, recipe, np.zeros(len(found.first)), whole(model, recipe) * share)
    except ValueError as error:
        raise _told(recipe, error) from None


def chosen(
    model: keras.Model,
    recipe: Channels,
    number: int,
    start: int,
    task: Task,
    train: Rows,
    batch_size: int,
    seed: int,
) -> np.ndarray:
    """Return the channels that one round removes, by number.

    Each round leaves the same share of what the round before has left.

    Args:
        model: the network as the round before has trained it.
        recipe: which channels go.
        number: of the round, from 1.
        start: what the network to start from had, as `whole` says.
        task: whose loss the score `taylor` is of.
        train: the training rows.
        batch_size: of the rows that the network sees at once.
        seed: for the score `random`.

    Raises:
        InputError: the network cannot become as small.
    """
    found = channels.of(model)
    ((_, share),) = recipe.keep.given().items()
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    try:
        scored = channel_scores.scores(
            found, weights, recipe.score, scales=_scales(model),
            gradients=loss_gradients.of_batches(model, task, train, batch_size), seed=seed,
        )  # fmt: skip
        return _choose(model, found, recipe, scored, start * share ** (number / recipe.rounds))
    except ValueError as error:
        raise _told(recipe, error) from None


def _choose(
    model: keras.Model, found: Graph, recipe: Channels, scored: np.ndarray, most: float
) -> np.ndarray:
    (kind,) = recipe.keep.given()
    return channel_choice.choose(
        found, scored, partial(COSTS[kind], model, found), most, across=recipe.across,
        round_to=recipe.round_to, min_channels=recipe.min_channels, keep_layers=recipe.keep_layers,
    )  # fmt: skip


def _told(recipe: Channels, error: ValueError) -> InputError:
    if recipe.score == "bn_scale" and "scales" in str(error):
        return InputError(f"channels.score: 'bn_scale': {error}; take another score")
    ((kind, share),) = recipe.keep.given().items()
    return InputError(
        f"channels.keep.{kind}: {share}: {error}; keep more, or lower round_to or min_channels, or "
        "name fewer keep_layers"
    )


def without(model: keras.Model, gone: np.ndarray, train: Rows, batch_size: int) -> keras.Model:
    """Return a network without channels; what stays is fitted to what the whole network gave.

    Its batch normalizations are estimated again, on the training rows.
    """
    found = channels.of(model)
    smaller = removed(model, found, gone)
    fit_again(model, smaller, found, staying(found, gone), train)
    estimate_again(smaller, train, batch_size)
    return smaller


def _scales(model: keras.Model) -> dict[str, np.ndarray]:
    return {
        layer.name: layer.gamma.numpy()
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization) and layer.scale
    }
