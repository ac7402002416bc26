"""Check of recipes that remove channels against the network, before anything is trained."""

from collections.abc import Mapping

import numpy as np

from secateur.compress import applied, channel_removal
from secateur.compress.channel_removal import COSTS, Measure
from secateur.core.errors import InputError
from secateur.keras_io.backend import keras
from secateur.network import channels as graph
from secateur.recipes.channel_terms import Terms
from secateur.recipes.channels import Channels, Keep
from secateur.recipes.recipe import Recipe


def check(
    recipes: Mapping[str, Recipe],
    model: keras.Model,
    terms: Mapping[str, Terms],
    measures: Mapping[str, Measure | None],
) -> None:
    """Raise InputError if the untrained network cannot become as small as a recipe says.

    A recipe that starts from another one with channels keeps a share of what that one left, which
    is known only after training: here it is the most that it may be. `recipes` name layers as the
    network does; `terms` and `measures` are by recipe.
    """
    asked = {name: recipe.channels for name, recipe in recipes.items() if recipe.channels}
    if not asked:
        return
    counted, times = _counted(model), _times(model)
    for name, channels in asked.items():
        keep, costs = channels.keep, counted
        try:
            if keep.kind not in COSTS:
                costs = {keep.kind: channel_removal.whole(model, channels, measures[name])}
            before = _left(recipes[name].start, costs, times, recipes, terms)
            most = _most(keep, terms[name], before[keep.kind])
            channel_removal.check(
                model, _loosest(channels, recipes[name].start, recipes), most, measures[name]
            )
        except InputError as error:
            raise InputError(f"recipes.{name}.{error}") from None


def _loosest(own: Channels, start: str, recipes: Mapping[str, Recipe]) -> Channels:
    """Return a recipe's `channels`, which keep no more than any link before it must keep.

    A link that rounds to eight keeps a group of five whole, and one before it may leave five of
    sixteen.
    """
    if start not in recipes:
        return own
    if link := recipes[start].channels:
        least = {
            "round_to": min(own.round_to, link.round_to),
            "min_channels": min(own.min_channels, link.min_channels),
            "keep_layers": [name for name in own.keep_layers if name in link.keep_layers],
        }
        own = own.model_copy(update=least)
    return _loosest(own, recipes[start].start, recipes)


def _left(
    link: str,
    costs: Mapping[str, float],
    times: tuple[int, int],
    recipes: Mapping[str, Recipe],
    terms: Mapping[str, Terms],
) -> dict[str, float]:
    """Return the most that a link of a chain of recipes may leave of each cost.

    The network has `costs` at first. A recipe that keeps another cost tells nothing of them, but
    for `macs` and `weights`, which bound each other: a weight multiplies once at least.
    """
    if link not in recipes:
        return dict(costs)
    left, own = _left(recipes[link].start, costs, times, recipes, terms), recipes[link].channels
    if own is None or own.keep.kind not in left:
        return left
    # A start that is below the budget stays as it is.
    left[own.keep.kind] = min(
        _most(own.keep, terms[link], left[own.keep.kind]), left[own.keep.kind]
    )
    if own.keep.kind in COSTS:
        left["weights"] = min(left["weights"], left["macs"] / times[0])
        left["macs"] = min(left["macs"], left["weights"] * times[1])
    return left


def _most(keep: Keep, terms: Terms, before: float) -> float:
    """Return what a recipe may leave, where the network that it starts from has `before`."""
    if keep.share is not None:
        return before * keep.share
    assert terms.most is not None
    return terms.most


def _counted(model: keras.Model) -> dict[str, float]:
    found, none = graph.of(model), np.zeros(0, int)
    return {kind: count(model, found, none) for kind, count in COSTS.items()}


def _times(model: keras.Model) -> tuple[int, int]:
    """Return how often a weight multiplies for one row: the fewest and the most times."""
    counts = {count for own in applied.times(model).values() for count in own if count}
    return min(counts, default=1), max(counts, default=1)
