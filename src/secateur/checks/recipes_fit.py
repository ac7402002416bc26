"""Check of recipes against the model and the data."""

from collections.abc import Mapping

from secateur.core.errors import InputError
from secateur.recipes.recipe import Recipes
from secateur.recipes.scopes import Layer
from secateur.recipes.training import Training


def check_recipes(
    recipes: Recipes, training: Training, rows: int, layers: Mapping[str, Layer] | None
) -> None:
    """Check that each recipe can prune a model's layers (None: unknown yet) in its epochs.

    Raises:
        InputError: the message names the key, the value and what is allowed.
    """
    for name, recipe in recipes.items():
        try:
            if layers is not None:
                recipe.targets(layers)
            settings = recipe.training or training
            settings.check_rows(rows)
            recipe.first_full_epoch(rows, settings.batch_size)
        except InputError as error:
            raise InputError(f"recipes.{name}.{error}") from None
