"""How Optuna proposes a recipe, and the values of what it has proposed."""

import warnings
from collections.abc import Sequence
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.distributions import CategoricalDistribution as Categorical
from optuna.trial import FrozenTrial

from secateur.search.notes import figures_of
from secateur.search.parameters import Choices, Range, Search, Value
from secateur.search.ranking import Goal


def distribution(varies: Range | Choices) -> BaseDistribution:
    """Return what Optuna draws a value from."""
    if not isinstance(varies, Range):
        return Categorical(varies)
    if varies.whole:
        low, high = int(varies.low), int(varies.high)
        return IntDistribution(low, high, log=varies.log, step=int(varies.step or 1))
    step = None if varies.step is None else float(varies.step)
    return FloatDistribution(float(varies.low), float(varies.high), log=varies.log, step=step)


def sampler(search: Search, goal: Goal, number: int) -> Any:
    """Return a sampler whose random numbers are of one trial alone."""
    seed = (search.seed * 1_000_003 + number) % 2**32

    def excess(trial: FrozenTrial) -> Sequence[float]:
        own = figures_of(trial)
        return [goal.excess(own[max(own)]) if own else 0.0]

    with warnings.catch_warnings():  # constraints are experimental
        warnings.simplefilter("ignore")
        if search.sampler == "NSGAII":
            return optuna.samplers.NSGAIISampler(seed=seed, constraints_func=excess)
        return optuna.samplers.TPESampler(seed=seed, constraints_func=excess)


def values_of(trial: FrozenTrial) -> dict[str, Value]:
    """Return a trial's values by their keys in order; what was drawn, with digits for people.

    The first trial's are those of `params.yaml`, as they are.
    """
    return {
        key: _short(value, trial.distributions[key]) if trial.number else value
        for key, value in sorted(trial.params.items())
    }


def _short(value: Any, varies: BaseDistribution) -> Value:
    if not isinstance(varies, FloatDistribution):
        found: Value = value
        return found
    return min(max(float(f"{value:.6g}"), varies.low), varies.high)
