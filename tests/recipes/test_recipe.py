"""A recipe's arithmetic: what it is to reach, and when."""

from typing import Any

import pytest

from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.recipes.recipe import Recipe, Recipes
from secateur.recipes.scopes import Layer

SCHEDULE = {
    "type": "PolynomialDecay", "initial_sparsity": 0.2, "final_sparsity": 0.8, "begin_step": 0,
    "end_step": 20, "frequency": 5,
}  # fmt: skip
KERNELS = {"a": Layer("Dense", (10, 8)), "n": Layer("BatchNormalization"),
           "b": Layer("Dense", (8, 1))}  # fmt: skip
NOTHING = {"scope": "none", "schedule": None}


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{
        "start": "initial", "scope": "whole", "schedule": SCHEDULE, "epochs": 4, "patience": 1,
        **changes,
    })  # fmt: skip


def test_early_stopping_waits_for_the_epoch_that_reaches_the_target() -> None:
    assert recipe().first_full_epoch(rows=50, batch_size=10) == 3  # steps 16 to 20
    assert recipe().first_full_epoch(rows=51, batch_size=10) == 3  # steps 19 to 24
    assert recipe().first_full_epoch(rows=200, batch_size=10) == 0
    assert recipe(**NOTHING).first_full_epoch(1, 1) == 0


def test_too_few_epochs_are_refused_with_those_needed() -> None:
    with pytest.raises(InputError, match=r"epochs: 4 .*16 steps.*0\.8 at step 20.*5 epochs"):
        recipe().first_full_epoch(rows=40, batch_size=10)


def test_targets_by_scope() -> None:
    assert recipe().targets(KERNELS) == {"a": 0.8, "b": 0.8}
    assert recipe(scope=["b"]).targets(KERNELS) == {"a": 0.0, "b": 0.8}
    assert recipe(**NOTHING).targets(KERNELS) == {"a": 0.0, "b": 0.0}


@pytest.mark.parametrize("block", [[2, 3], [1, 2], [2, 1]])
def test_blocks_do_not_fit_a_single_column(block: list[int]) -> None:
    with pytest.raises(InputError, match=r"block_size: .*'b'.*8 x 1"):
        recipe(block_size=block).targets(KERNELS)
    assert recipe(block_size=block, scope=["a"]).chosen(KERNELS) == ["a"]


@pytest.mark.parametrize("change", [{"schedule": None}, {"scope": "none"}])
def test_a_schedule_goes_with_a_scope(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"scope .*schedule"):
        recipe(**change)


def test_zeros_are_kept_only_where_there_are_some() -> None:
    with pytest.raises(ValueError, match=r"preserve_sparsity: .*initial"):
        recipe(preserve_sparsity=True)
    assert recipe(preserve_sparsity=True, start="baseline").preserve_sparsity


def test_a_recipe_that_neither_prunes_nor_keeps_zeros_is_a_control() -> None:
    assert recipe().sparse
    assert recipe(**NOTHING, start="other", preserve_sparsity=True).sparse
    assert not recipe(**NOTHING).sparse


@pytest.mark.parametrize("name", ["initial", "baseline", "Dense", "a-b", "1st", "", "x" * 41, "_a"])
def test_a_name_that_is_reserved_or_no_folders_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="recipes"):
        validate(Recipes, {name: recipe(**NOTHING).model_dump()}, "recipes")


def test_there_must_be_a_recipe() -> None:
    with pytest.raises(InputError, match=r"recipes: {}: .*1"):
        validate(Recipes, {}, "recipes")
