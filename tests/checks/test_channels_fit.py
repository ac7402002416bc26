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


def recipes(**channels: dict[str, Any] | None) -> dict[str, Recipe]:
    given, start = {}, "baseline"
    for name, own in channels.items():
        what = {"channels": own} if own else {"scope": "none"}
        given[name] = {"start": start, **what, "epochs": 9, "patience": None}
        start = name
    found: dict[str, Recipe] = validate(Recipes, given, "recipes")
    return found


def check(
    given: dict[str, Recipe],
    budget: float | None = None,
    model: keras.Model | None = None,
) -> None:
    """`budget` is what each recipe without a share may have."""
    of = {name: one.channels and one.channels.keep.share for name, one in given.items()}
    terms = {name: Terms(most=None if share else budget) for name, share in of.items()}
    channels_fit.check(given, model or network(), terms, dict.fromkeys(given))


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


@pytest.mark.parametrize("kind", ["macs", "weights"])
def test_the_share_that_it_advises_passes(kind: str) -> None:
    for least in ({}, {"round_to": 4}, {"min_channels": 15}, {"keep_layers": ["b"]}):
        with pytest.raises(InputError) as error:
            check(recipes(thin={"keep": {kind: 0.013}, **least}))
        share = float(str(error.value).partition("; keep ")[2].split()[0])
        check(recipes(thin={"keep": {kind: share}, **least}))
        with pytest.raises(InputError):
            check(recipes(thin={"keep": {kind: share - 0.01}, **least}))


def test_shares_of_a_chain_multiply() -> None:
    half, least = {"keep": {"weights": 0.2}}, {"keep": {"weights": 0.04}}
    check(recipes(one=half, two={"keep": {"macs": 0.5}}))
    with pytest.raises(InputError, match=r"recipes\.two\.channels\.keep\.weights: 0\.04"):
        check(recipes(one=half, two=least))


def test_a_link_may_find_fewer_channels_than_it_keeps_a_multiple_of() -> None:
    """Both layers keep 16 of 16 by the second link alone, which could lose nothing."""
    first, second = {"keep": {"weights": 0.2}}, {"keep": {"weights": 0.5}, "round_to": 16}
    check(recipes(one=first, two=second))
    check(recipes(one=first, between=None, two=second))
    with pytest.raises(InputError, match=r"recipes\.two\.channels.*round_to"):
        check(recipes(one={**first, "round_to": 4}, two={**second, "keep": {"weights": 0.05}}))


def test_a_link_that_keeps_a_budget_already_leaves_what_reached_it() -> None:
    """Of 352 multiply-adds, 7 stay at least."""
    fits = {"keep": {"macs": "budget"}}
    check(recipes(fits=fits, two={"keep": {"macs": 0.02}}), budget=1e6)
    with pytest.raises(InputError, match=r"recipes\.two\.channels\.keep\.macs: 0\.01: .*below 7"):
        check(recipes(fits=fits, two={"keep": {"macs": 0.01}}), budget=1e6)
    half = {"keep": {"macs": 0.2}}
    with pytest.raises(InputError, match=r"recipes\.three\.channels\.keep\.macs: 0\.05"):
        check(recipes(one=half, fits=fits, three={"keep": {"macs": 0.05}}), budget=1e6)


def test_multiply_adds_and_weights_bound_each_other_in_a_chain() -> None:
    """A weight of the convolution multiplies 36 times, one of the classes once."""
    few, half = {"keep": {"macs": 0.03}}, {"keep": {"weights": 0.5}}
    check(recipes(one={"keep": {"macs": 0.06}}, two=half))
    with pytest.raises(InputError, match=r"recipes\.two\.channels\.keep\.weights: 0\.5"):
        check(recipes(one=few, two=half))
    with pytest.raises(InputError, match=r"recipes\.two\.channels\.keep\.macs: 0\.5"):
        check(recipes(one={"keep": {"weights": 0.03}}, two={"keep": {"macs": 0.5}}))
    layers = [L.Conv2D(16, 3, name="a"), L.GlobalAveragePooling2D(), L.Dense(3)]
    model = keras.Sequential([L.Input((8, 8, 1)), *layers])  # 9 x 36 + 3 multiply-adds at least
    tenth = {"keep": {"weights": 0.1}}  # of 192, so 36 x 19.2 multiply-adds at most
    check(recipes(one=tenth, two={"keep": {"macs": 0.5}}), model=model)
    with pytest.raises(InputError, match=r"recipes\.two\.channels\.keep\.macs: 0\.4"):
        check(recipes(one=tenth, two={"keep": {"macs": 0.4}}), model=model)
