"""Check of recipes with quantization-aware training against the network, before any training."""

import math
from collections.abc import Mapping

import numpy as np

from secateur.compress import quantization, quantizations
from secateur.core.errors import InputError
from secateur.keras_io.backend import keras
from secateur.recipes.recipe import Recipe
from secateur.recipes.training import Training


def check(recipes: Mapping[str, Recipe], training: Training, model: keras.Model) -> None:
    """Prepare the network as each of the recipes does.

    Args:
        recipes: all of them; those without quantization are accepted.
        training: of a recipe without its own.
        model: the network, with any weights.

    Raises:
        InputError: tfmot can quantize none of its layers, or a phase ends within its warm-up; the
            message names the recipe.
    """
    row = np.zeros((1, *(side or 1 for side in model.input_shape[1:])), np.float32)
    for name, recipe in recipes.items():
        if recipe.quantization is None:
            continue
        try:
            quantization.wrap(model, recipe.quantization, row)
            if quantizations.normalizes(model):
                _check_phases(recipe, recipe.training or training)
        except InputError as error:
            raise InputError(f"recipes.{name}.{error}") from None


def _check_phases(recipe: Recipe, training: Training) -> None:
    assert recipe.quantization is not None
    share, warmup = recipe.quantization.frozen_statistics, training.warmup_epochs
    shortest = min(filter(None, recipe.quantization.phases(recipe.epochs)))
    if warmup and warmup >= shortest:
        needed = math.floor(warmup) + 1
        raise InputError(
            f"quantization.frozen_statistics: {share:g}: statistics move in one training and stay "
            f"in another, and each begins with a warm-up (training.warmup_epochs: {warmup:g}); of "
            f"{recipe.epochs} epochs the shorter has {shortest}; must be over {warmup:g}: raise "
            f"epochs to {_epochs(recipe, needed)}, set frozen_statistics to 0 or 1, or shorten the "
            "warm-up"
        )


def _epochs(recipe: Recipe, needed: int) -> int:
    """Return the fewest epochs that give each phase as many as it needs."""
    assert recipe.quantization is not None
    epochs = recipe.epochs
    while min(filter(None, recipe.quantization.phases(epochs))) < needed:
        epochs += 1
    return epochs
