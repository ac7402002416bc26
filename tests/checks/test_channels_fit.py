"""A recipe that cannot remove so much is refused before anything is trained."""

from typing import Any

import pytest

from secateur.checks import channels_fit
from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.keras_io.backend import keras
from secateur.recipes.channel_terms import Terms
from secateur.recipes.recipe import Recipe, Recipes

L = keras.layers


def network() -> keras.Model:
    """Of 4 × 16 + 16 × 16 + 16 × 2 weights, one channel a layer leaves 4 + 1 + 2."""
    layers = [L.Dense(16, "relu", name="a"), L.Dense(16, "relu", name="b"), L.Dense(2, name="c")]
    return keras.Sequential([L.Input((4,)), *layers])


def recipes(**channels: dict[str, Any]) -> dict[str, Recipe]:
    given, start = {}, "baseline"
    for name, own in channels.items():
        given[name] = {"start": start, "channels": own, "epochs": 9, "patience": None}
        start = name
    found: dict[str, Recipe] = validate(Recipes, given, "recipes")
    return found


def check(given: dict[str, Recipe]) -> None:
    terms, measures = dict.fromkeys(given, Terms()), dict.fromkeys(given)
    channels_fit.check(given, network(), terms, measures)


def test_what_the_network_can_lose_is_accepted() -> None:
    check(recipes(thin={"keep": {"weights": 0.02}}))


@pytest.mark.parametrize(
    ("channels", "words"),
    [
        ({"keep": {"weights": 0.01}}, ["channels.keep.weights: 0.01", "cannot be below 7"]),
        ({"keep": {"weights": 0.2}, "round_to": 16}, ["keep.weights: 0.2", "lower round_to"]),
        ({"keep": {"macs": 0.2}, "min_channels": 9}, ["keep.macs: 0.2", "min_channels"]),
        ({"keep": {"macs": 0.2}, "keep_layers": ["a", "b"]}, ["keep_layers"]),
        ({"keep": {"macs": 0.5}, "score": "bn_scale"},
         ["channels.score: 'bn_scale'", "a: no batch normalization"]),
    ],
)  # fmt: skip
def test_what_it_cannot_lose_is_refused(channels: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        check(recipes(thin=channels))
    for word in ("recipes.thin.", *words):
        assert word in str(error.value)


def test_shares_of_a_chain_multiply() -> None:
    half, least = {"keep": {"weights": 0.2}}, {"keep": {"weights": 0.04}}
    check(recipes(one=half, two={"keep": {"macs": 0.5}}))
    with pytest.raises(InputError, match=r"recipes\.two\.channels\.keep\.weights: 0\.04"):
        check(recipes(one=half, two=least))
