"""The search itself: Optuna proposes recipes, and one SQLite file keeps what became of them."""

import logging
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.distributions import CategoricalDistribution as Categorical
from optuna.trial import FrozenTrial, TrialState

from secateur.core.errors import InputError, one_line
from secateur.search import ranking
from secateur.search.parameters import Choices, Range, Search, Value
from secateur.search.ranking import Figures, Goal

FIGURES, WHY, ATTEMPT = "figures", "why", "attempt"  # attributes of a trial of Optuna's
LATE = "late "  # with a number: an attribute of the study, as a trial that was told takes no more
LEAST = 8  # trials from which importances are told


class Asked(NamedTuple):
    """A trial to make: its number, from 1 on, its values, and the seeds to train with."""

    number: int
    values: dict[str, Value]
    seeds: list[int]


class Tried(NamedTuple):
    """A trial: its figures by the number of seeds, and why it failed, if it did."""

    number: int
    values: dict[str, Value]
    figures: dict[int, dict[str, Any]]
    why: str = ""


class Study:
    """A search that goes on where it was killed.

    So many trials may be `under_way` at once, and each proposal follows from the trials that are so
    many before it: on any number of workers, and after any interruption, the search makes the same
    trials. What ends early waits until its turn to be told to Optuna.

    A trial that is not among the best when it ends may be in the end, as others are worse. It gets
    all seeds then, which Optuna does not learn of: proposals follow from what was known in turn.
    """

    def __init__(
        self, path: Path, name: str, search: Search, goal: Goal, seeds: Sequence[int],
        today: Mapping[str, Value],
    ) -> None:  # fmt: skip
        """Open a search, or begin it.

        Args:
            path: the SQLite file.
            name: another name is another search.
            search: what varies.
            goal: what is to be small.
            seeds: of the project; the first one is every trial's.
            today: the values of `params.yaml`, which are tried first.

        Raises:
            InputError: the file is none of Optuna's, or is damaged.
        """
        optuna.logging.set_verbosity(logging.ERROR)
        self.search, self.goal, self.seeds = search, goal, list(seeds)
        self.space = {key: _distribution(own) for key, own in search.vary.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        self.study = self._created(path, name)
        # How many other searches the file has.
        self.others = len(optuna.get_all_study_names(f"sqlite:///{path}")) - 1
        broken = [t for t in self._begun() if t.params.keys() != self.space.keys()]
        if broken and broken[0].number == 0:  # killed as it began, so there is nothing to lose
            optuna.delete_study(study_name=name, storage=f"sqlite:///{path}")
            self.study = self._created(path, name)
            broken = []
        for trial in broken:  # killed in the milliseconds in which Optuna wrote them
            own = optuna.trial.Trial(self.study, trial._trial_id)
            own.set_user_attr(WHY, "the search was killed while it was proposed")
        if not self.study.get_trials(deepcopy=False):
            self.study.enqueue_trial(dict(today))
        self.decided: dict[int, list[int]] = {}  # the seeds that a trial is to have, by number
        self.best: dict[int, list[int]] = {}  # in the end, by how many there are
        self.handed: set[tuple[int, int]] = set()  # number and seeds of what runs now

    def _created(self, path: Path, name: str) -> optuna.Study:
        try:
            return optuna.create_study(
                storage=f"sqlite:///{path}", study_name=name, load_if_exists=True,
                directions=["minimize"] * len(self.goal.minimize),
            )  # fmt: skip
        except Exception as error:  # SQLAlchemy, Alembic and Optuna raise many
            raise InputError(
                f"{path}: cannot be read: {one_line(error)}; delete it to begin anew"
            ) from None

    def ask(self, *, begin: bool = True) -> Asked | None:
        """Return the next trial; None if there is none until another one has ended.

        Unless it may `begin` a trial, it is one that goes on.
        """
        trials = self._begun()
        for trial in trials:
            if asked := self._to_do(trial, trials):
                return self._hand(asked)
        if not begin or len(trials) >= self.search.trials:
            return self._at_last(trials)
        if not self._tell(trials[: max(0, len(trials) + 1 - self.search.under_way)], trials):
            return None
        self.study.sampler = self._sampler(len(trials))
        number = self.study.ask(self.space).number
        return self._hand(Asked(number + 1, _plain(self._begun()[number]), self.seeds[:1]))

    def tell(self, asked: Asked, figures: Mapping[str, Any] | None, why: str = "") -> None:
        """Note what became of a trial."""
        if figures is None or not all(map(math.isfinite, self.goal.values(figures))):
            self._note(asked, WHY, why or "its figures are not finite")
        else:
            known = self._notes(asked).get(FIGURES, {})
            self._note(asked, FIGURES, {**known, str(len(asked.seeds)): dict(figures)})
        self.handed.discard((asked.number, len(asked.seeds)))

    def tried_again(self, asked: Asked, why: str) -> bool:
        """Note that a trial was not finished; return whether it is worth another attempt.

        What fails in the same way twice is a fault that no attempt mends.
        """
        again = self._notes(asked).get(ATTEMPT) != why
        self._note(asked, ATTEMPT, why)
        return again

    def _note(self, asked: Asked, key: str, value: Any) -> None:
        if self._is_late(asked):
            own = {**self._notes(asked), key: value}
            self.study.set_user_attr(f"{LATE}{asked.number - 1}", own)
        else:
            trial = self._begun()[asked.number - 1]
            optuna.trial.Trial(self.study, trial._trial_id).set_user_attr(key, value)

    def _notes(self, asked: Asked) -> dict[str, Any]:
        if self._is_late(asked):
            return self._late().get(asked.number - 1, {})
        return self._begun()[asked.number - 1].user_attrs

    def _late(self) -> dict[int, dict[str, Any]]:
        """Return what was noted of trials with all seeds after they were told, by number."""
        notes = self.study.user_attrs.items()
        return {int(key.removeprefix(LATE)): own for key, own in notes if key.startswith(LATE)}

    def _is_late(self, asked: Asked) -> bool:
        trials = self._begun()
        own = self._seeds_of(trials[asked.number - 1], trials)
        return own is not None and len(asked.seeds) > len(own)

    def _hand(self, asked: Asked) -> Asked:
        self.handed.add((asked.number, len(asked.seeds)))
        return asked

    def _at_last(self, trials: Sequence[FrozenTrial]) -> Asked | None:
        """Return one of the best of all that has not all seeds, if no trial is to begin."""
        if not all(map(_known, trials)):
            return None
        if len(trials) not in self.best:
            self.best[len(trials)] = self._best(trials)
        late = self._late()
        for number in self.best[len(trials)]:
            trial = trials[number]
            done = {*_figures(trial), *_by_count(late.get(number, {}))}
            failed = WHY in trial.user_attrs or WHY in late.get(number, {})
            if len(self.seeds) in done or failed or (number + 1, len(self.seeds)) in self.handed:
                continue
            return self._hand(Asked(number + 1, _plain(trial), self.seeds))
        return None

    def _best(self, trials: Sequence[FrozenTrial]) -> list[int]:
        one_seed = {own.number: _figures(own)[1] for own in trials if 1 in _figures(own)}
        return ranking.go_on(self.goal, one_seed, self.search.reduction_factor)

    def _to_do(self, trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> Asked | None:
        """Return what is to be done of a trial that was begun; None: nothing, or not yet."""
        if trial.state.is_finished() or WHY in trial.user_attrs:
            return None
        seeds = self._seeds_of(trial, trials) if _known(trial) else self.seeds[:1]
        if seeds is None or len(seeds) in _figures(trial):
            return None
        if (trial.number + 1, len(seeds)) in self.handed:
            return None
        return Asked(trial.number + 1, _plain(trial), seeds)

    def _seeds_of(self, trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> list[int] | None:
        """Return the seeds that a trial is to have before Optuna is told of it.

        None until all before it had their first.
        """
        if trial.number in self.decided:
            return self.decided[trial.number]
        before = trials[: trial.number + 1]
        if not all(map(_known, before)):
            return None
        # Today's recipe is what the best one is compared with.
        on = trial.number == 0 or trial.number in self._best(before)
        self.decided[trial.number] = self.seeds if on else self.seeds[:1]
        return self.decided[trial.number]

    def _tell(self, some: Sequence[FrozenTrial], trials: Sequence[FrozenTrial]) -> bool:
        """Tell Optuna, in order, what became of trials; return whether all of them have ended."""
        for trial in some:
            if trial.state.is_finished():
                continue
            if WHY in trial.user_attrs:
                self.study.tell(trial.number, state=TrialState.FAIL)
                continue
            seeds = self._seeds_of(trial, trials) if _known(trial) else None
            if seeds is None or len(seeds) not in _figures(trial):
                return False
            self.study.sampler = self._sampler(trial.number)
            self.study.tell(trial.number, self.goal.values(_figures(trial)[len(seeds)]))
        return True

    def tried(self) -> list[Tried]:
        """Return the trials that have figures or failed, by number."""
        late = self._late()
        found = []
        for trial in self._begun():
            notes = late.get(trial.number, {})
            figures = {**_figures(trial), **_by_count(notes)}
            why = trial.user_attrs.get(WHY) or notes.get(WHY, "")
            if why or figures:
                found.append(Tried(trial.number + 1, _plain(trial), figures, why))
        return found

    def importances(self) -> dict[str, dict[str, float]]:
        """Return how much of each figure's variance each varied value explains, from 0 to 1.

        It is told of the trials' first seed, as Hutter et al. 2014, "An Efficient Approach for
        Assessing Hyperparameter Importance" (functional ANOVA); of few trials nothing.
        """
        first = [trial for trial in self._begun() if 1 in _figures(trial)]
        found: dict[str, dict[str, float]] = {}
        for name in self.goal.minimize if len(first) >= LEAST else ():
            study = optuna.create_study()
            for trial in first:
                value = float(_figures(trial)[1][name])
                study.add_trial(
                    optuna.create_trial(
                        params=trial.params, distributions=trial.distributions, value=value
                    )
                )
            if len({trial.value for trial in study.get_trials(deepcopy=False)}) < 2:
                continue
            evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
            own = optuna.importance.get_param_importances(study, evaluator=evaluator)
            found[name] = {key: float(f"{own[key]:.4g}") for key in sorted(own)}
        return found

    def _sampler(self, number: int) -> Any:
        """Return a sampler whose random numbers are of this trial alone."""
        seed = (self.search.seed * 1_000_003 + number) % 2**32

        def excess(trial: FrozenTrial) -> Sequence[float]:
            own = _figures(trial)
            return [self.goal.excess(own[max(own)]) if own else 0.0]

        with warnings.catch_warnings():  # constraints are experimental
            warnings.simplefilter("ignore")
            if self.search.sampler == "NSGAII":
                return optuna.samplers.NSGAIISampler(seed=seed, constraints_func=excess)
            return optuna.samplers.TPESampler(seed=seed, constraints_func=excess)

    def _begun(self) -> list[FrozenTrial]:
        """Return the trials by number, without the one that only waits to begin."""
        trials = self.study.get_trials(deepcopy=False)
        return [trial for trial in trials if trial.state != TrialState.WAITING]


def _distribution(varies: "Range | Choices") -> BaseDistribution:
    if not isinstance(varies, Range):
        return Categorical(varies)
    if varies.whole:
        low, high = int(varies.low), int(varies.high)
        return IntDistribution(low, high, log=varies.log, step=int(varies.step or 1))
    step = None if varies.step is None else float(varies.step)
    return FloatDistribution(float(varies.low), float(varies.high), log=varies.log, step=step)


def _plain(trial: FrozenTrial) -> dict[str, Value]:
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


def _known(trial: FrozenTrial) -> bool:
    """Whether a trial has figures of its first seed, or failed."""
    return WHY in trial.user_attrs or 1 in _figures(trial)


def _figures(trial: FrozenTrial) -> dict[int, dict[str, Any]]:
    return _by_count(trial.user_attrs)


def _by_count(notes: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    return {int(count): own for count, own in notes.get(FIGURES, {}).items()}


def rows_of(tried: Sequence[Tried], seeds: int) -> Iterator[tuple[int, Figures]]:
    """Yield the figures of the trials that had so many seeds, by number."""
    return ((one.number, one.figures[seeds]) for one in tried if seeds in one.figures)
