"""Which trials are better: by what is to be small, and by what must be kept."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

Figures = Mapping[str, float | None]  # None: not finite, or not known


class Goal(NamedTuple):
    """What is to be small, and the largest value of what must be kept."""

    minimize: Sequence[str]
    at_most: Mapping[str, float]

    def values(self, figures: Figures) -> tuple[float, ...]:
        """Return what is to be small; infinite where it is not finite."""
        return tuple(_number(figures.get(name)) for name in self.minimize)

    def excess(self, figures: Figures) -> float:
        """Return by how much, as shares of them, figures are above their largest values."""
        over = 0.0
        for name, most in self.at_most.items():
            figure = _number(figures.get(name))
            over += max(0.0, figure - most) / (abs(most) or 1.0)
        return over

    def dominates(self, one: Figures, other: Figures) -> bool:
        """Return whether a trial is better than another one.

        It is no larger in anything, and smaller in something. What keeps all largest values is
        better than what does not; of two that do not, the one that breaks them less (Deb et al.
        2002, "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II").
        """
        over, other_over = self.excess(one), self.excess(other)
        if over or other_over:
            return over < other_over
        values, others = self.values(one), self.values(other)
        return values != others and all(a <= b for a, b in zip(values, others, strict=True))


def go_on(goal: Goal, trials: Mapping[int, Figures], factor: int) -> list[int]:
    """Return the trials that get more seeds: the best so far, one in `factor`, rounded up.

    Fewer trials dominate them; or as many, and they have less of what is to be small first.
    Source: L. Li et al., 2020, "A System for Massively Parallel Hyperparameter Tuning", whose
    asynchronous successive halving does not wait for the trials that are still to come.
    """
    order = sorted(
        trials,
        key=lambda number: (
            sum(goal.dominates(other, trials[number]) for other in trials.values()),
            goal.values(trials[number]),
            number,
        ),
    )
    return order[: math.ceil(len(trials) / factor)]


def front(goal: Goal, trials: Mapping[int, Figures]) -> list[int]:
    """Return the trials that keep all largest values and that none dominates, the first first."""
    kept = {number: own for number, own in trials.items() if not goal.excess(own)}
    kept = {
        number: own for number, own in kept.items() if all(map(math.isfinite, goal.values(own)))
    }
    return [
        number
        for number, own in sorted(kept.items())
        if not any(goal.dominates(other, own) for other in kept.values())
    ]


def best(goal: Goal, trials: Mapping[int, Figures]) -> int | None:
    """Return the trial of the front with the least of what is to be small first; None: no front."""
    found = front(goal, trials)
    return min(found, key=lambda number: (goal.values(trials[number]), number), default=None)


def _number(figure: float | None) -> float:
    return math.inf if figure is None or math.isnan(figure) else figure
