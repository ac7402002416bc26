"""What Optuna's storage keeps of a trial beside its values: figures, faults and attempts."""

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.trial import FrozenTrial

FIGURES, WHY, ATTEMPT = "figures", "why", "attempt"  # attributes of a trial of Optuna's
LATE = "late "  # with a number: an attribute of the study, as a trial that was told takes no more


def known(trial: FrozenTrial) -> bool:
    """Whether a trial has figures of its first seed, or failed."""
    return WHY in trial.user_attrs or 1 in figures_of(trial)


def figures_of(trial: FrozenTrial) -> dict[int, dict[str, Any]]:
    """Return the figures that a trial had before Optuna was told of it, by how many seeds."""
    return by_count(trial.user_attrs)


def by_count(notes: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """Return the figures among a trial's notes, by how many seeds."""
    return {int(count): own for count, own in notes.get(FIGURES, {}).items()}


def late(study: optuna.Study) -> dict[int, dict[str, Any]]:
    """Return what was noted of trials with all seeds after Optuna was told of them, by number."""
    attributes = study.user_attrs.items()
    return {int(key.removeprefix(LATE)): own for key, own in attributes if key.startswith(LATE)}
