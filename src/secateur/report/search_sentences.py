"""What the report says of a search: what was looked for, what was found, how much was luck."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from secateur.choosing import choice
from secateur.core.tasks import Task
from secateur.recipes.recipe import Recipe
from secateur.report.formatting import as_number, number, seeds
from secateur.search.record import Judged, Record

WORDS = {
    "error": "validation {label}",
    "error_ratio": "validation {label}, as a ratio to the baseline's",
    "accuracy_loss": "accuracy lost",
    "gzip_bytes": "gzipped bytes",
    "file_bytes": "bytes of the file",
    "macs": "MACs",
    "arena_bytes": "arena, bytes",
    "cycles": "cycles on the Ethos-U",
    "sram_kib": "SRAM on the Ethos-U, KiB",
    "flash_kib": "flash on the Ethos-U, KiB",
}


def words(figure: str, task: Task) -> str:
    """Return the name of a figure that people read."""
    return WORDS[figure].format(label=task.label)


def sentences(record: Record, task: Task) -> list[str]:
    """Say what was searched for, what was found, and how much of it was luck."""
    whole = len(record.seeds)
    failed = sum(bool(trial.why) for trial in record.trials)
    more = sum(trial.of(whole) is not None for trial in record.trials) if whole > 1 else 0
    made = f"{len(record.trials):,} trials"
    if more:
        made += f", {more:,} of them with all {whole} seeds"
    if failed:
        made += f"; {failed:,} failed"
    least = " and ".join(words(figure, task) for figure in record.minimize)
    kept = ", ".join(f"{words(name, task)} {most:g}" for name, most in record.at_most.items())
    said = [
        f"{record.recipe}: {made}. Optuna's {record.sampler} looked for little {least}"
        + (f", with at most {kept}." if kept else ".")
    ]
    best = record.judged_of(record.best)
    if record.best is None:
        return [*said, "No trial with all seeds keeps what it must: the front is empty."]
    if best is None:
        return said
    error, luck = words("error", task), optimism(record, best)
    said.append(
        f"The best is trial {record.best}. With {_seeds(record.unseen_seeds)} that the search had "
        f"not seen, its {error} is {number(as_number(of(best, 'error')))}; with those that chose "
        f"it, {number(as_number(chosen(record, best)))}"
        + ("." if luck is None else f": {number(luck)} times as much.")
        + f" Its test {task.label} with the unseen seeds is {number(best.error)}; the baseline's, "
        f"{number(best.baseline)}."
    )
    if best.accuracy is not None:
        said.append(
            f"Its test accuracy with them is {number(best.accuracy, 4)}; the baseline's, "
            f"{number(best.baseline_accuracy, 4)}."
        )
    said += [own for own in map(_far, record.judged) if own]
    today = record.judged_of(1)
    if record.best == 1:
        said.append("The best is the recipe as it stood in params.yaml before.")
    elif today:
        said.append(
            f"The recipe as it stood in params.yaml, trial 1, has a test {task.label} of "
            f"{number(today.error)} with these seeds, "
            f"{_lower(best, today)}."
        )
    return said


def edited(record: Record, recipes: Mapping[str, Recipe]) -> list[str]:
    """Say which recipes of a search are others in `params.yaml` by now, or are gone."""
    gone = [name for name in record.recipes if name not in recipes]
    other = [
        name
        for name, own in record.recipes.items()
        if name not in gone and not _same(own, recipes[name])
    ]
    said = []
    if other:
        said.append(
            f"In params.yaml, {' and '.join(other)} {'has' if len(other) == 1 else 'have'} been "
            "edited since: what stands here is of the search."
        )
    if gone:
        said.append(f"Of its recipes, params.yaml no longer has {' and '.join(gone)}.")
    return said


def optimism(record: Record, own: Judged) -> float | None:
    """Return how many times the error that chose a trial its error on unseen seeds is."""
    before, after = chosen(record, own), of(own, "error")
    return after / before if before and after is not None else None


def of(own: Judged, name: str) -> float | None:
    """Return a figure of a judged recipe; None: it is not known."""
    return number_or_none(own.figures.get(name))


def chosen(record: Record, own: Judged) -> float | None:
    """Return the validation error that chose a judged recipe."""
    figures: Mapping[str, Any] = record.tried(own.number).of(len(record.seeds)) or {}
    return number_or_none(figures.get("error"))


def number_or_none(value: Any) -> float | None:
    """Return a figure as a number; None: it is none."""
    return float(value) if isinstance(value, int | float) else None


def _same(told: Mapping[str, Any], recipe: Recipe) -> bool:
    """Return whether a recipe is as it was told; a default may be written or not."""
    try:
        return Recipe.model_validate(told) == recipe
    except ValidationError:  # told by another version, whose recipes had other keys
        return False


def _far(own: Judged) -> str:
    """Say which unseen seeds nearly collapsed; empty if none did."""
    far = [
        seed
        for seed, error in own.errors.items()
        if own.error is None or as_number(error) > choice.FAR * own.error
    ]
    if not far:
        return ""
    return (
        f"Trial {own.number} nearly collapsed with {len(far)} of the {len(own.errors)} unseen "
        f"seeds ({', '.join(far)}): a test error over {choice.FAR} times their median."
    )


def _seeds(unseen: list[int]) -> str:
    return f"{seeds(len(unseen))} ({', '.join(map(str, unseen))})"


def _lower(best: Judged, today: Judged) -> str:
    """Say in how many seeds the best recipe's test error is lower than today's."""
    lower = sum(
        as_number(own) < as_number(today.errors.get(seed)) for seed, own in best.errors.items()
    )
    return f"and the best has less in {lower} of {len(best.errors)}"
