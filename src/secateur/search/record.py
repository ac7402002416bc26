"""What a search has found: a file in `metrics/searches`, which the report shows."""

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from secateur.core import params
from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.core.seeds import Seeds
from secateur.recipes.recipe import NAME
from secateur.recipes.trial import Device
from secateur.search.parameters import Figure, Value
from secateur.search.ranking import Goal

BESIDE = ("README.md",)  # what may lie beside the records
MOST_BYTES = 50_000_000

Figures = dict[str, float | int | str | None]
Values = dict[str, Value]
Scores = dict[str, float | None]  # by seed


class Tried(Params):
    """A trial."""

    number: Annotated[int, Field(ge=1)]
    values: Values
    figures: dict[Annotated[str, Field(pattern=r"^\d+$")], Figures]  # by how many seeds
    why: str = ""  # it failed

    def of(self, seeds: int) -> Figures | None:
        """Return its figures with so many seeds; None if it had no so many."""
        return self.figures.get(str(seeds))


class Judged(Params):
    """A recipe with the unseen seeds."""

    number: Annotated[int, Field(ge=1)]  # of its trial
    figures: Figures  # on validation rows
    errors: Scores  # of its files on test rows, by seed
    error: float | None  # their median
    baseline: float | None  # the same of the baseline's networks
    accuracy: float | None = None
    baseline_accuracy: float | None = None


class Record(Params):
    """A search."""

    recipe: Annotated[str, Field(pattern=NAME)]
    recipes: dict[str, dict[str, Any]]  # it, and those that it starts from, as they stood
    device: Device
    minimize: list[Figure]
    at_most: dict[str, float]
    sampler: Literal["TPE", "NSGAII"]
    seeds: Seeds
    unseen_seeds: Seeds
    trials: list[Tried]
    front: list[int]
    best: int | None  # None: no trial keeps all of `at_most`
    importances: dict[str, dict[str, float]]  # by figure and varied key
    judged: list[Judged]  # the best trial and today's recipe, which is trial 1

    @model_validator(mode="after")
    def _of_its_trials(self) -> Self:
        known = {trial.number for trial in self.trials}
        named = {
            "front": self.front,
            "best": [] if self.best is None else [self.best],
            "judged": [own.number for own in self.judged],
        }
        for key, numbers in named.items():
            if unknown := sorted(set(numbers) - known):
                raise ValueError(f"{key}: {unknown[0]}: is no trial")
        return self

    @property
    def goal(self) -> Goal:
        """What is to be small, and what is to be kept."""
        return Goal(self.minimize, self.at_most)

    @property
    def keys(self) -> list[str]:
        """What varied."""
        return list(dict.fromkeys(key for trial in self.trials for key in trial.values))

    def tried(self, number: int) -> Tried:
        """Return a trial by its number."""
        return next(trial for trial in self.trials if trial.number == number)

    def judged_of(self, number: int | None) -> Judged | None:
        """Return how a trial was judged; None if it was not."""
        return next((own for own in self.judged if own.number == number), None)


def read(path: Path) -> Record:
    """Read a record.

    Raises:
        InputError: it is missing, damaged or none.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: over {MOST_BYTES:,} bytes; `secateur search` writes less")
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: not found; `secateur search` writes it") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: {error}; `secateur search` writes it anew") from None
    found: Record = params.validate(Record, content, str(path), most=3)
    return found


def of_folder(folder: Path) -> dict[str, Record]:
    """Read all records, by recipe.

    Raises:
        InputError: a file is none, or stands under another recipe's name.
    """
    found = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name in BESIDE or path.name.startswith("."):
            continue
        if not re.fullmatch(r"[a-z][a-z0-9_]*\.json", path.name):
            raise InputError(f"{path}: is no record of a search; move it out of {folder}")
        own = read(path)
        if own.recipe != path.stem:
            raise InputError(f"{path}: is of the recipe {own.recipe!r}; call it {own.recipe}.json")
        found[own.recipe] = own
    return found


def content(record: Record) -> dict[str, Any]:
    """Return a record as JSON can hold it."""
    return record.model_dump()
