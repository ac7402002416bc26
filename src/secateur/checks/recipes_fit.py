"""Check of recipes against the model and the data."""

import math
from collections.abc import Mapping, Sequence

from secateur.core.errors import InputError
from secateur.recipes import augmentation
from secateur.recipes.channels import divided
from secateur.recipes.recipe import Recipe, Recipes
from secateur.recipes.scopes import Layer
from secateur.recipes.training import Training


def check_recipes(
    recipes: Recipes,
    training: Training,
    rows: int,
    layers: Mapping[str, Layer] | None,
    no_clusters: str = "",
) -> None:
    """Check that each recipe can prune a model's layers (None: unknown yet) in its epochs.

    A layer is frozen here only if that is not settled yet. `no_clusters` says why the model's
    weights cannot be clustered; empty if they can.

    Raises:
        InputError: the message names the key, the value and what is allowed.
    """
    for name, recipe in recipes.items():
        try:
            if layers is not None:
                recipe.targets(layers)
                _check_frozen(recipe, layers)
                recipe.in_names_of(layers)  # which names the layers that keep their channels
            if no_clusters and recipe.clustering:
                raise InputError(f"clustering: {no_clusters}; leave clustering out")
            settings = recipe.training or training
            settings.check_rows(rows)
            _check_epochs(recipe, settings)
            recipe.first_full_epoch(rows, settings.batch_size)
        except InputError as error:
            raise InputError(f"recipes.{name}.{error}") from None


def check_augmentation(
    recipes: Recipes, training: Training, trade_off: Training | None, shape: Sequence[int]
) -> None:
    """Raise InputError if rows of a shape cannot be augmented as a section says."""
    own = {f"recipes.{name}.": recipe.training for name, recipe in recipes.items()}
    for where, settings in {"": training, **own, "trade_off.": trade_off}.items():
        try:
            augmentation.check((settings and settings.augmentation) or [], shape)
        except InputError as error:
            raise InputError(f"{where}training.{error}") from None


def _check_epochs(recipe: Recipe, training: Training) -> None:
    """Raise InputError if a training of the recipe ends within its warm-up; each round is one."""
    training.check_epochs(recipe.epochs)
    if recipe.channels:
        _check_rounds(recipe.epochs, recipe.channels.rounds, training)
    if recipe.clustering:
        try:
            training.check_epochs(recipe.clustering.epochs)
        except InputError as error:
            raise InputError(f"clustering.{error}") from None


def _check_rounds(epochs: int, rounds: int, training: Training) -> None:
    shortest, warmup = min(divided(epochs, rounds)), training.warmup_epochs
    if warmup and warmup >= shortest:
        raise InputError(
            f"channels.rounds: {rounds}: each round begins with a warm-up "
            f"(training.warmup_epochs: {warmup:g}), and of {epochs} epochs the shortest round has "
            f"{shortest}; must be over {warmup:g}: raise epochs to "
            f"{rounds * (math.floor(warmup) + 1)}, lower rounds, or shorten the warm-up"
        )


def _check_frozen(recipe: Recipe, layers: Mapping[str, Layer]) -> None:
    """Raise InputError if a layer of untrained weights is frozen; a chain's first link tells."""
    frozen = [layer.own or name for name, layer in layers.items() if layer.frozen]
    if recipe.start == "initial" and frozen:
        raise InputError(
            f"start: 'initial': layer {frozen[0]!r} is frozen in the model's file and would keep "
            "random weights; start from baseline, or set model.frozen_layers: train (or keep, if "
            "that is meant)"
        )
