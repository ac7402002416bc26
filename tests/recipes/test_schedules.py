"""Our arithmetic of schedules against tfmot's own schedules."""

from typing import Any

import pytest
import tensorflow_model_optimization.sparsity.keras as tfmot

from secateur.recipes.schedules import FROZEN, NEVER, ConstantSparsity, PolynomialDecay

CONSTANT: dict[str, Any] = {"type": "ConstantSparsity", "target_sparsity": 0.5}
DECAY: dict[str, Any] = {
    "type": "PolynomialDecay", "initial_sparsity": 0.2, "final_sparsity": 0.8,
}  # fmt: skip


def first_step_at(schedule: Any, sparsity: float, last: int) -> int | None:
    """The first of tfmot's steps, which count from 1, whose mask update has the sparsity."""
    for step in range(1, last + 1):
        prunes, given = schedule(step)
        if prunes and given.numpy() == pytest.approx(sparsity, abs=1e-6):
            return step
    return None


@pytest.mark.parametrize(("begin", "frequency"), [(0, 1), (0, 7), (3, 7), (7, 7), (10, 4)])
def test_constant_sparsity_reaches_its_target_when_tfmot_does(begin: int, frequency: int) -> None:
    ours = ConstantSparsity(**CONSTANT, begin_step=begin, frequency=frequency)
    theirs = tfmot.ConstantSparsity(0.5, begin, frequency=frequency)
    assert ours.steps_to_target == first_step_at(theirs, 0.5, 30)
    assert ours.initial == ours.target == 0.5


@pytest.mark.parametrize(("begin", "end", "frequency"), [(0, 12, 3), (4, 14, 5), (2, 10, 1)])
def test_polynomial_decay_reaches_its_target_when_tfmot_does(
    begin: int, end: int, frequency: int
) -> None:
    ours = PolynomialDecay(**DECAY, begin_step=begin, end_step=end, frequency=frequency)
    theirs = tfmot.PolynomialDecay(0.2, 0.8, begin, end, frequency=frequency)
    assert ours.steps_to_target == first_step_at(theirs, 0.8, 30)
    assert (ours.initial, ours.target) == (0.2, 0.8)


def test_a_decay_that_we_refuse_is_one_that_tfmot_never_finishes() -> None:
    with pytest.raises(ValueError, match=r"end_step 10.*frequency"):
        PolynomialDecay(**DECAY, begin_step=0, end_step=10, frequency=3)
    assert first_step_at(tfmot.PolynomialDecay(0.2, 0.8, 0, 10, frequency=3), 0.8, 99) is None


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        (ConstantSparsity, {**CONSTANT, "end_step": 50, "frequency": 100}, "end_step 50 .* 100"),
        (PolynomialDecay, {**DECAY, "begin_step": 8, "end_step": 6}, "begin_step 8 .*end_step 6"),
        (PolynomialDecay, {**DECAY, "initial_sparsity": 0.9, "begin_step": 0, "end_step": 100},
         "initial_sparsity 0.9 .*0.8"),
    ],
)  # fmt: skip
def test_a_schedule_that_never_reaches_its_sparsity_is_refused(
    kind: type, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        kind(**change)


def test_a_frozen_schedule_never_prunes() -> None:
    theirs = tfmot.ConstantSparsity(FROZEN.target_sparsity, FROZEN.begin_step)
    for step in (1, 100, 10**6, NEVER - 1):
        prunes, _ = theirs(step)
        assert not prunes
