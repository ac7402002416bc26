"""A round of a removal of channels, by a recipe: which go, and the network without them."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from secateur.arrays.rows import Rows
from secateur.compress import channel_choice, channel_scores
from secateur.compress.channel_choice import TooMuchError
from secateur.compress.reconstruction import fit_again
from secateur.compress.removal import removed, staying
from secateur.core.errors import InputError
from secateur.core.tasks import Task
from secateur.keras_io.backend import keras
from secateur.network import channels
from secateur.network.channels import Channels as Graph
from secateur.recipes.channel_refusals import too_much
from secateur.recipes.channel_terms import NONE, Terms
from secateur.recipes.channels import BUDGET, Channels
from secateur.train import loss_gradients
from secateur.train.normalization import estimate_again

COSTS = {"macs": channel_choice.macs, "weights": channel_choice.weights}


class Measure(NamedTuple):
    """A cost that a file of the network tells; it can be pickled, for seeds train side by side."""

    cost: Callable[[keras.Model], float]
    versions: dict[str, str]  # of the packages that tell it


def whole(model: keras.Model, recipe: Channels, measure: Measure | None = None) -> float:
    """Return what a network has of what a recipe keeps.

    `measure` tells it, where it is not counted.

    Raises:
        InputError: nobody can tell.
    """
    try:
        if measure:
            return measure.cost(model)
        return COSTS[recipe.keep.kind](model, channels.of(model), np.zeros(0, int))
    except ValueError as error:
        raise _told(recipe, error) from None


def check(
    model: keras.Model, recipe: Channels, most: float, measure: Measure | None = None
) -> None:
    """Raise InputError if a network has more than `most` of what the recipe keeps, at the least.

    How small it can be depends on no score, and so on no training.
    """
    found = channels.of(model)
    try:
        if recipe.score == "bn_scale":
            weights = {layer.name: layer.get_weights() for layer in model.layers}
            channel_scores.scores(found, weights, recipe.score, scales=_scales(model))
        gone = channel_choice.least(
            found, round_to=recipe.round_to, min_channels=recipe.min_channels,
            keep_layers=recipe.keep_layers,
        )  # fmt: skip
        if (least := _cost(model, found, recipe, measure)(gone)) > most:
            raise TooMuchError(most, least)
    except ValueError as error:
        raise _told(recipe, error) from None


def limit(recipe: Channels, number: int, start: float, terms: Terms = NONE) -> float:
    """Return what a round may leave, where the network to start from has `start`.

    Each round leaves the same share of what the round before has left. A start that keeps the
    budget already loses nothing.
    """
    if (share := recipe.keep.share) is None:
        assert terms.most is not None
        if number == recipe.rounds or start <= terms.most:
            return terms.most
        share = terms.most / start
    return start * share ** (number / recipe.rounds)


def chosen(
    model: keras.Model,
    recipe: Channels,
    number: int,
    start: float,
    task: Task,
    train: Rows,
    batch_size: int,
    seed: int,
    terms: Terms = NONE,
    measure: Measure | None = None,
) -> np.ndarray:
    """Return the channels that one round removes, by number; `limit` says how much it leaves.

    Args:
        model: the network as the round before has trained it.
        recipe: which channels go.
        number: of the round, from 1.
        start: what the network to start from had, as `whole` says.
        task: whose loss the score `taylor` is of.
        train: the training rows.
        batch_size: of the rows that the network sees at once.
        seed: for the score `random`.
        terms: what the recipe needs of other sections.
        measure: tells what the recipe keeps, where it is not counted.

    Raises:
        InputError: the network cannot become as small, or nobody can tell.
    """
    found = channels.of(model)
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    try:
        scored = channel_scores.scores(
            found, weights, recipe.score, scales=_scales(model),
            gradients=loss_gradients.of_batches(model, task, train, batch_size), seed=seed,
        )  # fmt: skip
        return channel_choice.choose(
            found, scored, _cost(model, found, recipe, measure),
            limit(recipe, number, start, terms), across=recipe.across, round_to=recipe.round_to,
            min_channels=recipe.min_channels, keep_layers=recipe.keep_layers,
        )  # fmt: skip
    except ValueError as error:
        raise _told(recipe, error, start) from None


def _cost(
    model: keras.Model, found: Graph, recipe: Channels, measure: Measure | None
) -> Callable[[np.ndarray], float]:
    """Return what a network costs without channels."""
    if measure is None:
        return partial(COSTS[recipe.keep.kind], model, found)
    return lambda gone: measure.cost(removed(model, found, gone))


def _told(recipe: Channels, error: ValueError, start: float | None = None) -> InputError:
    if recipe.score == "bn_scale" and "scales" in str(error):
        return InputError(f"channels.score: 'bn_scale': {error}; take another score")
    if isinstance(error, TooMuchError):
        return InputError(too_much(recipe, error.most, error.least, start))
    kind, share = recipe.keep.kind, recipe.keep.share  # no file, or what compiles it refuses it
    return InputError(
        f"channels.keep.{kind}: {BUDGET if share is None else share}: {error}; keep macs or "
        "weights, which no file has to tell"
    )


def without(model: keras.Model, gone: np.ndarray, train: Rows, batch_size: int) -> keras.Model:
    """Return a network without channels; what stays is fitted to what the whole network gave.

    Its batch normalizations are estimated again, on the training rows. If none goes, it is the
    network itself.
    """
    if not len(gone):
        return model
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
