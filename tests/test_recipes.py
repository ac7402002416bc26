"""Our arithmetic of schedules against tfmot's own schedules."""

from typing import Any

import pytest
import tensorflow_model_optimization.sparsity.keras as tfmot

from secateur.core.errors import InputError
from secateur.recipes.recipe import ConstantSparsity, PolynomialDecay, Recipe
from secateur.recipes.scopes import Layer

CONSTANT: dict[str, Any] = {"type": "ConstantSparsity", "target_sparsity": 0.5}
DECAY: dict[str, Any] = {
    "type": "PolynomialDecay", "initial_sparsity": 0.2, "final_sparsity": 0.8,
}  # fmt: skip


def first_step_at_target(schedule: Any, target: float, last: int) -> int | None:
    """The first of tfmot's steps, which count from 1, whose mask update is at the target."""
    for step in range(1, last + 1):
        prune, sparsity = schedule(step)
        if prune and sparsity.numpy() == pytest.approx(target, abs=1e-6):
            return step
    return None


@pytest.mark.parametrize(("begin", "frequency"), [(0, 1), (0, 7), (3, 7), (7, 7), (10, 4)])
def test_constant_sparsity_reaches_its_target_when_tfmot_does(begin: int, frequency: int) -> None:
    ours = ConstantSparsity(**CONSTANT, begin_step=begin, frequency=frequency)
    theirs = tfmot.ConstantSparsity(0.5, begin, frequency=frequency)
    assert ours.steps_to_target == first_step_at_target(theirs, 0.5, 30)


@pytest.mark.parametrize(("begin", "end", "frequency"), [(0, 12, 3), (4, 14, 5), (2, 10, 1)])
def test_polynomial_decay_reaches_its_target_when_tfmot_does(
    begin: int, end: int, frequency: int
) -> None:
    ours = PolynomialDecay(**DECAY, begin_step=begin, end_step=end, frequency=frequency)
    theirs = tfmot.PolynomialDecay(0.2, 0.8, begin, end, frequency=frequency)
    assert ours.steps_to_target == first_step_at_target(theirs, 0.8, 30)


def test_a_decay_that_we_refuse_is_one_that_tfmot_never_finishes() -> None:
    with pytest.raises(ValueError, match="must be a multiple of frequency"):
        PolynomialDecay(**DECAY, begin_step=0, end_step=10, frequency=3)
    assert (
        first_step_at_target(tfmot.PolynomialDecay(0.2, 0.8, 0, 10, frequency=3), 0.8, 99) is None
    )


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{
        "start": "initial", "scope": "whole", "schedule": {**DECAY, "begin_step": 0, "end_step": 20,
        "frequency": 5}, "epochs": 4, "patience": 1, **changes,
    })  # fmt: skip


def test_early_stopping_waits_for_the_epoch_that_reaches_the_target() -> None:
    assert recipe().first_full_epoch(rows=50, batch_size=10) == 3  # steps 16 to 20
    assert recipe().first_full_epoch(rows=51, batch_size=10) == 3  # steps 19 to 24
    assert recipe().first_full_epoch(rows=200, batch_size=10) == 0
    assert recipe(scope="none", schedule=None).first_full_epoch(1, 1) == 0


def test_too_few_epochs_are_refused_with_those_needed() -> None:
    with pytest.raises(
        InputError, match=r"4 epochs of 4 steps are 16 steps; .* 0.8 at step 20, .* 5 "
    ):
        recipe().first_full_epoch(rows=40, batch_size=10)


def test_targets_by_scope() -> None:
    kernels = {"a": Layer("Dense", (10, 8)), "b": Layer("Dense", (8, 1))}
    assert recipe().targets(kernels) == {"a": 0.8, "b": 0.8}
    assert recipe(scope=["b"]).targets(kernels) == {"a": 0.0, "b": 0.8}
    assert recipe(scope="none", schedule=None).targets(kernels) == {"a": 0.0, "b": 0.0}


@pytest.mark.parametrize("block", [[2, 3], [1, 2], [2, 1]])
def test_blocks_do_not_fit_a_single_column(block: list[int]) -> None:
    with pytest.raises(InputError, match=r"block_size: .* 'b' has a kernel of 8 x 1"):
        recipe(block_size=block).targets(
            {"a": Layer("Dense", (10, 8)), "b": Layer("Dense", (8, 1))}
        )
