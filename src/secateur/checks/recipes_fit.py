"""Whether recipes fit the model and the data that they are for."""

from collections.abc import Mapping

from secateur.core.errors import InputError
from secateur.recipes.recipe import Recipes
from secateur.recipes.scopes import Layer
from secateur.recipes.training import Training


def check_recipes(
    recipes: Recipes, training: Training, rows: int, layers: Mapping[str, Layer] | None
) -> None:
    """Whether each recipe can prune a model's layers (None: not known yet) in its epochs.

    Raises:
        InputError: names the key, the value and what is allowed.
    """
    for name, recipe in recipes.items():
        try:
            if layers is not None:
                recipe.targets(layers)
            own = recipe.training or training
            own.check_rows(rows)
            recipe.first_full_epoch(rows, own.batch_size)
        except InputError as error:
            raise InputError(f"recipes.{name}.{error}") from None
