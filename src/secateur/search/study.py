"""The search itself: Optuna proposes recipes, and one SQLite file keeps what became of them."""

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import optuna
from optuna.trial import FrozenTrial, TrialState

from secateur.core.errors import InputError, one_line
from secateur.search import importances, notes, ranking
from secateur.search.parameters import Search, Value
from secateur.search.proposals import distribution, sampler, values_of
from secateur.search.ranking import Figures, Goal


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
        self.space = {key: distribution(own) for key, own in search.vary.items()}
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
            own.set_user_attr(notes.WHY, "the search was killed while it was proposed")
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
        self.study.sampler = sampler(self.search, self.goal, len(trials))
        number = self.study.ask(self.space).number
        return self._hand(Asked(number + 1, values_of(self._begun()[number]), self.seeds[:1]))

    def tell(self, asked: Asked, figures: Mapping[str, Any] | None, why: str = "") -> None:
        """Note what became of a trial."""
        if figures is None or not all(map(math.isfinite, self.goal.values(figures))):
            self._note(asked, notes.WHY, why or "its figures are not finite")
        else:
            known = self._notes(asked).get(notes.FIGURES, {})
            self._note(asked, notes.FIGURES, {**known, str(len(asked.seeds)): dict(figures)})
        self.handed.discard((asked.number, len(asked.seeds)))

    def tried_again(self, asked: Asked, why: str) -> bool:
        """Note that a trial was not finished; return whether it is worth another attempt.

        What fails in the same way twice is a fault that no attempt mends.
        """
        again = self._notes(asked).get(notes.ATTEMPT) != why
        self._note(asked, notes.ATTEMPT, why)
        return again

    def _note(self, asked: Asked, key: str, value: Any) -> None:
        if self._is_late(asked):
            own = {**self._notes(asked), key: value}
            self.study.set_user_attr(f"{notes.LATE}{asked.number - 1}", own)
        else:
            trial = self._begun()[asked.number - 1]
            optuna.trial.Trial(self.study, trial._trial_id).set_user_attr(key, value)

    def _notes(self, asked: Asked) -> dict[str, Any]:
        if self._is_late(asked):
            return notes.late(self.study).get(asked.number - 1, {})
        return self._begun()[asked.number - 1].user_attrs

    def _is_late(self, asked: Asked) -> bool:
        trials = self._begun()
        own = self._seeds_of(trials[asked.number - 1], trials)
        return own is not None and len(asked.seeds) > len(own)

    def _hand(self, asked: Asked) -> Asked:
        self.handed.add((asked.number, len(asked.seeds)))
        return asked

    def _at_last(self, trials: Sequence[FrozenTrial]) -> Asked | None:
        """Return one of the best of all that has not all seeds, if no trial is to begin."""
        if not all(map(notes.known, trials)):
            return None
        if len(trials) not in self.best:
            self.best[len(trials)] = self._best(trials)
        late = notes.late(self.study)
        for number in self.best[len(trials)]:
            trial = trials[number]
            done = {*notes.figures_of(trial), *notes.by_count(late.get(number, {}))}
            failed = notes.WHY in trial.user_attrs or notes.WHY in late.get(number, {})
            if len(self.seeds) in done or failed or (number + 1, len(self.seeds)) in self.handed:
                continue
            return self._hand(Asked(number + 1, values_of(trial), self.seeds))
        return None

    def _best(self, trials: Sequence[FrozenTrial]) -> list[int]:
        figures = {own.number: notes.figures_of(own) for own in trials}
        one_seed = {number: own[1] for number, own in figures.items() if 1 in own}
        return ranking.go_on(self.goal, one_seed, self.search.reduction_factor)

    def _to_do(self, trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> Asked | None:
        """Return what is to be done of a trial that was begun; None: nothing, or not yet."""
        if trial.state.is_finished() or notes.WHY in trial.user_attrs:
            return None
        seeds = self._seeds_of(trial, trials) if notes.known(trial) else self.seeds[:1]
        if seeds is None or len(seeds) in notes.figures_of(trial):
            return None
        if (trial.number + 1, len(seeds)) in self.handed:
            return None
        return Asked(trial.number + 1, values_of(trial), seeds)

    def _seeds_of(self, trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> list[int] | None:
        """Return the seeds that a trial is to have before Optuna is told of it.

        None until all before it had their first.
        """
        if trial.number in self.decided:
            return self.decided[trial.number]
        before = trials[: trial.number + 1]
        if not all(map(notes.known, before)):
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
            if notes.WHY in trial.user_attrs:
                self.study.tell(trial.number, state=TrialState.FAIL)
                continue
            seeds = self._seeds_of(trial, trials) if notes.known(trial) else None
            if seeds is None or len(seeds) not in notes.figures_of(trial):
                return False
            self.study.sampler = sampler(self.search, self.goal, trial.number)
            self.study.tell(trial.number, self.goal.values(notes.figures_of(trial)[len(seeds)]))
        return True

    def tried(self) -> list[Tried]:
        """Return the trials that have figures or failed, by number."""
        late = notes.late(self.study)
        found = []
        for trial in self._begun():
            own = late.get(trial.number, {})
            figures = {**notes.figures_of(trial), **notes.by_count(own)}
            why = trial.user_attrs.get(notes.WHY) or own.get(notes.WHY, "")
            if why or figures:
                found.append(Tried(trial.number + 1, values_of(trial), figures, why))
        return found

    def importances(self) -> dict[str, dict[str, float]]:
        """Return how much of each figure's variance each varied value explains, from 0 to 1."""
        return importances.told(self._begun(), self.goal.minimize)

    def _begun(self) -> list[FrozenTrial]:
        """Return the trials by number, without the one that only waits to begin."""
        trials = self.study.get_trials(deepcopy=False)
        return [trial for trial in trials if trial.state != TrialState.WAITING]


def rows_of(tried: Sequence[Tried], seeds: int) -> Iterator[tuple[int, Figures]]:
    """Yield the figures of the trials that had so many seeds, by number."""
    return ((one.number, one.figures[seeds]) for one in tried if seeds in one.figures)
