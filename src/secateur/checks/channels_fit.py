"""Check of recipes that remove channels against the network, before anything is trained."""

from collections.abc import Mapping

from secateur.compress import channel_removal
from secateur.core.errors import InputError
from secateur.keras_io.backend import keras
from secateur.recipes.recipe import Recipe


def check(recipes: Mapping[str, Recipe], model: keras.Model) -> None:
    """Raise InputError if the untrained network cannot become as small as a recipe says.

    A recipe that starts from another one with channels keeps a share of what that one left.
    `recipes` name layers as the network does.
    """
    for name, recipe in recipes.items():
        if recipe.channels is None:
            continue
        ((kind, share),) = recipe.channels.keep.given().items()
        link = recipe.start
        while link in recipes:
            before = recipes[link].channels
            share *= before.keep.given().get(kind, 1) if before else 1
            link = recipes[link].start
        try:
            channel_removal.check(model, recipe.channels, share)
        except InputError as error:
            raise InputError(f"recipes.{name}.{error}") from None
