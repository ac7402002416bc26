"""A recipe that removes more than can go is refused before anything is trained."""

from typing import Any

import pytest

from secateur.checks import channels_fit
from secateur.compress.channel_removal import Measure
from secateur.core.errors import InputError
from secateur.keras_io.backend import keras
from secateur.recipes.channel_terms import Terms
from secateur.recipes.recipe import Recipe

L = keras.layers


def network() -> keras.Model:
    return keras.Sequential([
        keras.Input((8, 8, 2)), L.Conv2D(16, 3, name="a"), L.GlobalAveragePooling2D(), L.Dense(3),
    ])  # fmt: skip


def recipe(start: str = "baseline", **channels: Any) -> Recipe:
    return Recipe.model_validate(
        {"start": start, "channels": channels, "epochs": 1, "patience": None}
    )


def count(model: keras.Model) -> float:
    return float(model.get_layer("a").filters)


def check(terms: dict[str, Terms] | None = None, **recipes: Recipe) -> None:
    """With channels counted as a device would count cycles."""
    measures = {
        name: Measure(count, {}) if one.channels and one.channels.keep.kind == "cycles" else None
        for name, one in recipes.items()
    }
    every = {name: (terms or {}).get(name, Terms()) for name in recipes}
    channels_fit.check(recipes, network(), every, measures)


def refusal(terms: dict[str, Terms] | None = None, **recipes: Recipe) -> str:
    with pytest.raises(InputError) as error:
        check(terms, **recipes)
    return str(error.value)


def test_what_can_be_reached_passes() -> None:
    check(
        {"c": Terms(most=4)},
        a=recipe(keep={"macs": 0.5}),
        b=recipe(keep={"cycles": 0.25}, min_channels=4),
        c=recipe(keep={"cycles": "budget"}, min_channels=4),
        d=recipe(start="a", keep={"macs": 0.5}),
        e=Recipe(start="baseline", scope="none", epochs=1, patience=None),
    )


@pytest.mark.parametrize(
    ("terms", "recipes", "words"),
    [
        ({}, {"a": recipe(keep={"cycles": 0.2}, min_channels=4)},
         ["recipes.a.channels.keep.cycles: 0.2", "must be 3 cycles at most",
          "cannot be below 4; keep 0.25 or more, or lower min_channels (4)"]),
        ({"a": Terms(most=3)}, {"a": recipe(keep={"cycles": "budget"}, min_channels=4)},
         ["recipes.a.channels.keep.cycles: budget", "3 cycles at most",
          "raise budget.cycles to 4"]),
        ({"a": Terms(most=8)},
         {"a": recipe(keep={"cycles": "budget"}), "b": recipe("a", keep={"cycles": 0.1})},
         ["recipes.b.channels.keep.cycles: 0.1", "0 cycles at most",
          "cannot be below 1; keep 0.13 or more"]),
        ({}, {"a": recipe(keep={"macs": 0.2}), "b": recipe("a", keep={"macs": 0.2})},
         ["recipes.b.channels.keep.macs: 0.2", "cannot be below"]),
    ],
)  # fmt: skip
def test_what_cannot_be_reached_is_named_with_what_can(
    terms: dict[str, Terms], recipes: dict[str, Recipe], words: list[str]
) -> None:
    said = refusal(terms, **recipes)
    for word in words:
        assert word in said
