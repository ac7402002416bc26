"""Each recipe must fit the rows and the layers; the one that does not is named."""

from typing import Any

import pytest

from secateur.checks.recipes_fit import check_augmentation, check_recipes
from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.recipes.recipe import Recipe
from secateur.recipes.scopes import Layer
from secateur.recipes.training import Training

TRAINING = Training(optimizer="Adam", learning_rate=0.01, batch_size=10)
LAYERS = {"hidden_1": Layer("Dense", (6, 8)), "output": Layer("Dense", (8, 1))}

CONSTANT = {"type": "ConstantSparsity", "target_sparsity": 0.5, "frequency": 10}


def recipes(**changes: Any) -> dict[str, Recipe]:
    words = {"start": "initial", "scope": "whole", "schedule": CONSTANT, "epochs": 2, "patience": 1}
    return {"good": Recipe(**words), "own": Recipe(**{**words, **changes})}


def test_a_recipe_that_fits_is_accepted() -> None:
    check_recipes(recipes(), TRAINING, 50, LAYERS)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scope": ["hidden_9"]}, ["recipes.own.scope: ", "'hidden_9'"]),
        ({"scope": ["hidden_9"], "schedule": {"hidden_9": CONSTANT}},
         ["recipes.own.schedule: 'hidden_9'", "hidden_1 (Dense), output (Dense)"]),
        ({"block_size": [2, 2]}, ["recipes.own.block_size: [2, 2]", "'output'"]),
        ({"training": {**TRAINING.model_dump(), "batch_size": 51}},
         ["recipes.own.training.batch_size: 51", "50"]),
        ({"training": {**TRAINING.model_dump(), "batch_size": 50}},
         ["recipes.own.epochs: 2", "2 steps", "step 10"]),
    ],
)  # fmt: skip
def test_a_recipe_that_does_not_fit_is_named(changes: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as refusal:
        check_recipes(recipes(**changes), TRAINING, 50, LAYERS)
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_a_scope_is_not_judged_while_the_layers_are_not_known() -> None:
    check_recipes(recipes(scope=["hidden_9"]), TRAINING, 50, None)


def test_a_frozen_layer_that_would_keep_random_weights_is_named() -> None:
    """Its flag is set where the user has not settled it."""
    layers = {**LAYERS, "hidden_1": LAYERS["hidden_1"]._replace(frozen=True, own="hers/1")}
    with pytest.raises(InputError, match=r"good\.start: 'initial': layer 'hers/1' is frozen"):
        check_recipes(recipes(), TRAINING, 50, layers)
    baseline = {"good": recipes()["good"].model_copy(update={"start": "baseline"})}
    check_recipes(baseline, TRAINING, 50, layers)


def test_a_recipe_that_clusters_what_cannot_be_is_named() -> None:
    clustering = {"number_of_clusters": 8, "epochs": 1}
    check_recipes(recipes(), TRAINING, 50, LAYERS, "fails at layer 'mask'")
    with pytest.raises(InputError, match=r"recipes\.own\.clustering: fails at layer 'mask'; leave"):
        check_recipes(recipes(clustering=clustering), TRAINING, 50, LAYERS, "fails at layer 'mask'")


def test_a_warm_up_must_end_within_each_round_of_a_removal_of_channels() -> None:
    def check(epochs: int, rounds: int, warmup: float) -> None:
        own = {**TRAINING.model_dump(), "warmup_epochs": warmup}
        thin = validate(
            Recipe,
            {"start": "baseline", "channels": {"keep": {"macs": 0.5}, "rounds": rounds},
             "training": own, "epochs": epochs, "patience": None},
            "thin",
        )  # fmt: skip
        check_recipes({"thin": thin}, TRAINING, 50, LAYERS)

    check(4, 1, 2)
    check(5, 2, 1.5)
    for epochs, rounds, warmup in ((4, 2, 2), (5, 2, 2), (5, 2, 2.5)):
        with pytest.raises(InputError) as refusal:
            check(epochs, rounds, warmup)
        said = str(refusal.value)
        assert f"recipes.thin.channels.rounds: {rounds}: " in said
        assert f"training.warmup_epochs: {warmup:g}" in said
        assert f"of {epochs} epochs the shortest round has 2" in said
        assert "raise epochs to 6," in said
        check(6, rounds, warmup)


@pytest.mark.parametrize("where", ["training", "recipes.half.training", "trade_off.training"])
def test_augmentation_needs_pictures_wherever_it_stands(where: str) -> None:
    plain = {"optimizer": "Adam", "learning_rate": 0.01, "batch_size": 8}
    flipped = {**plain, "augmentation": [{"type": "RandomFlip"}]}
    sections = {
        name: validate(Training, flipped if name == where else plain, name)
        for name in ("training", "recipes.half.training", "trade_off.training")
    }
    recipe = {"start": "initial", "scope": "none", "epochs": 1, "patience": None}
    half = validate(Recipe, recipe, "half").model_copy(
        update={"training": sections["recipes.half.training"]}
    )
    how = {"half": half}, sections["training"], sections["trade_off.training"]
    check_augmentation(*how, [8, 8, 1])
    with pytest.raises(InputError, match=rf"^{where}\.augmentation: RandomFlip: .*\[10\]"):
        check_augmentation(*how, [10])
