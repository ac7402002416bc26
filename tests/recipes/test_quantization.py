"""What a recipe may say of quantization-aware training."""

from typing import Any

import pytest

from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.recipes.quantization import Quantization
from secateur.recipes.recipe import Recipe
from secateur.recipes.scopes import Layer

SCHEDULE = {"type": "ConstantSparsity", "target_sparsity": 0.5}
ADVICE = (
    "a recipe with quantization trains the network that it starts from for int8 or int4, and takes "
    "nothing else that makes it smaller; leave {} out: zeros, and removal of channels, come in a "
    "recipe of their own that this one starts from"
)


def recipe(**changes: Any) -> Recipe:
    given = {"start": "sparse", "quantization": {}, "epochs": 10, "patience": None, **changes}
    found: Recipe = validate(Recipe, given, "params.yaml: recipes.q8")
    return found


def refusal(**changes: Any) -> str:
    with pytest.raises(InputError) as refused:
        recipe(**changes)
    return str(refused.value)


def test_what_is_not_given_has_a_default() -> None:
    found = Quantization.model_validate({})
    assert (found.weights, found.bits, found.keep, found.frozen_statistics) == (
        "int8", 8, ["zeros"], 0.5,
    )  # fmt: skip
    assert Quantization.model_validate({"weights": "int4", "keep": []}).bits == 4


def test_phases_share_the_epochs() -> None:
    def phases(epochs: int, share: float) -> tuple[int, int]:
        return Quantization(frozen_statistics=share).phases(epochs)

    assert phases(10, 0.3) == (7, 3)
    assert phases(10, 0) == (10, 0)
    assert phases(10, 1) == (0, 10)
    assert phases(1, 0.5) == (1, 0)


def test_a_recipe_with_it_has_no_scope_and_is_no_control() -> None:
    found = recipe()
    assert (found.scope, found.schedule, found.sparse) == ("none", None, False)
    assert found.smaller
    assert recipe(scope="none").scope == "none"
    assert found.keeps_zeros
    assert not recipe(quantization={"keep": []}).keeps_zeros
    assert not recipe(quantization=None, scope="none").smaller


def test_kernels_have_no_target_because_small_weights_round_to_zero() -> None:
    layers = {"a": Layer("Dense", (10, 8))}
    assert recipe().targets(layers) == {}
    assert recipe(quantization=None, scope="none").targets(layers) == {"a": 0}


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"weights": "int2"}, ".weights: 'int2': should be 'int8' or 'int4'"),
        ({"weights": 8}, ".weights: 8: should be 'int8' or 'int4'"),
        ({"keep": ["zeroes"]}, ".keep.0: 'zeroes': should be 'zeros'"),
        ({"keep": "zeros"}, ".keep: 'zeros': must be a list, such as [zeros]"),
        ({"frozen_statistics": 1.5}, ".frozen_statistics: 1.5: should be less than or equal to 1"),
        ({"frozen_statistics": -1}, ".frozen_statistics: -1: should be greater than or equal to 0"),
        ({"bits": 4}, ": unknown key 'bits'; allowed: weights, keep, frozen_statistics"),
        (
            {"keep": ["zeros", "clusters"]},
            ".keep.1: 'clusters': no recipe starts from clustered weights: clustering makes a file "
            "of its own, after compaction; and a scale a channel rounds a shared weight to another "
            "value in each channel; must be zeros",
        ),
    ],
)
def test_what_it_does_not_take_is_named(own: dict[str, Any], words: str) -> None:
    assert refusal(quantization=own) == f"params.yaml: recipes.q8.quantization{words}"


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"scope": "dense"}, "scope"),
        ({"scope": "whole", "schedule": SCHEDULE}, "schedule and scope"),
        ({"schedule": {"a": SCHEDULE}}, "schedule"),
        ({"spread": "global"}, "spread"),
        ({"preserve_sparsity": True}, "preserve_sparsity"),
        ({"block_size": [2, 2]}, "block_size"),
        ({"block_pooling_type": "MAX"}, "block_pooling_type"),
        ({"channels": {"keep": {"macs": 0.5}}}, "channels"),
        ({"clustering": {"number_of_clusters": 8, "epochs": 1}}, "clustering"),
        (
            {"channels": {"keep": {"macs": 0.5}}, "preserve_sparsity": True},
            "preserve_sparsity and channels",
        ),
    ],
)
def test_nothing_else_stands_beside_it(changes: dict[str, Any], keys: str) -> None:
    expected = f"params.yaml: recipes.q8: quantization with {keys}: {ADVICE.format(keys)}"
    assert refusal(**changes) == expected


def test_it_needs_weights_that_have_learned() -> None:
    assert refusal(start="initial") == (
        "params.yaml: recipes.q8: quantization: with start 'initial' weights would be rounded "
        "before they have learned anything; start from baseline, or from another recipe"
    )
    recipe(start="baseline")
