"""Check of recipes that remove channels against the network, before anything is trained."""

from collections.abc import Mapping

from secateur.compress import channel_removal
from secateur.compress.channel_removal import Measure
from secateur.core.errors import InputError
from secateur.keras_io.backend import keras
from secateur.recipes.channel_terms import Terms
from secateur.recipes.recipe import Recipe


def check(
    recipes: Mapping[str, Recipe],
    model: keras.Model,
    terms: Mapping[str, Terms],
    measures: Mapping[str, Measure | None],
) -> None:
    """Raise InputError if the untrained network cannot become as small as a recipe says.

    A recipe that starts from another one with channels keeps a share of what that one left.
    `recipes` name layers as the network does; `terms` and `measures` are by recipe.
    """
    for name, recipe in recipes.items():
        if recipe.channels is None:
            continue
        try:
            whole = channel_removal.whole(model, recipe.channels, measures[name])
            most = _left(name, recipe.channels.keep.kind, whole, recipes, terms)
            channel_removal.check(model, recipe.channels, most, measures[name])
        except InputError as error:
            raise InputError(f"recipes.{name}.{error}") from None


def _left(
    link: str, kind: str, whole: float, recipes: Mapping[str, Recipe], terms: Mapping[str, Terms]
) -> float:
    """Return what a link of a chain of recipes may leave, where the network has `whole` at first.

    A recipe that keeps something else tells nothing of it.
    """
    if link not in recipes:
        return whole
    own, most = recipes[link].channels, terms[link].most
    if own and own.keep.kind == kind and most is not None:
        return most
    before = _left(recipes[link].start, kind, whole, recipes, terms)
    return before * (own.keep.share or 1) if own and own.keep.kind == kind else before
