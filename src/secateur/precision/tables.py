"""The choice of precisions as files and in words."""

import math
from typing import Any

from secateur.core.tasks import Task
from secateur.precision.choosing import Choice
from secateur.precision.trials import Figures, described


def chosen(choice: Choice, largest: float) -> dict[str, Any]:
    """Return what `precision.json` holds: the precision, and what int8 and it cost."""
    return {
        "precision": choice.precision.model_dump(),
        "largest_error_ratio": largest,
        "kept": choice.within(largest),
        "int8": _figures(choice.whole),
        "mixed": _figures(choice.figures),
    }


def costs(choice: Choice) -> list[dict[str, Any]]:
    """Return a row for each change of int8 alone: what it is, and what it costs.

    `error_ratio` is the validation error to that of the float file, the median over the seeds.
    """
    rows = []
    for trial in choice.singles:
        own = choice.precision.weights.get(trial.part, choice.precision.activations)
        rows.append({
            "part": trial.part, "precision": trial.precision, **_figures(trial.figures),
            "chosen": own == trial.precision,
        })  # fmt: skip
    return rows


def sentence(choice: Choice, largest: float, task: Task) -> str:
    """Say what is chosen, in words."""
    found = choice.figures
    return (
        f"{described(choice.precision)}: {found.ratio:.3g} times the float file's validation "
        f"{task.label}{'' if choice.within(largest) else f', more than the {largest:g} allowed'}, "
        f"{found.gzip_bytes:g} bytes gzipped"
    )


def _figures(figures: Figures) -> dict[str, Any]:
    ends = [min(figures.ratios), max(figures.ratios)] if figures.ratios else [math.nan] * 2
    found = {
        "error_ratio": figures.ratio,
        "lowest": ends[0],
        "highest": ends[1],
        "gzip_bytes": figures.gzip_bytes,
    }
    return {name: own if math.isfinite(own) else None for name, own in found.items()}
