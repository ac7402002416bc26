"""What a removal of channels cost and was worth, beside the networks it is compared with."""

import math
from collections.abc import Mapping
from statistics import median
from typing import Any

import numpy as np

from secateur.core.tasks import Task
from secateur.report import draw_channels
from secateur.report.formatting import Comparison, as_number, compare, count, number, spread
from secateur.report.result_tables import against
from secateur.report.results import Kernels, Results
from secateur.report.table import Cell, Table

HEADS = {
    "same_training": "against the same training without removal",
    "from_scratch": "against the same widths from scratch",
    "random": "against channels removed by chance",
}


def section(results: Results) -> dict[str, Any]:
    """Return the tables, the picture and the sentences; nothing is shown without such a recipe."""
    return {
        "channels": _table(results),
        "channel_groups": draw_channels.figures(results, _recipes(results)),
        "left_whole": draw_channels.whole(results),
        "channel_sentences": [
            sentence for name in _recipes(results) for sentence in sentences(results, name)
        ],
    }


def sentences(results: Results, name: str) -> list[str]:
    """Say whether a recipe's removal was worth it, and what it cost."""
    controls, task = results.controls.get(name, {}), results.data.task
    found = {
        control: compare(results.evaluation[name]["stripped"][task.metric]["seeds"], figures)
        for control, own in controls.items()
        for figures in [own[task.metric]["seeds"]]
    }
    said = []
    if "from_scratch" in found:
        said.append(_worth(results, name, found["from_scratch"]))
    if "same_training" in found:
        own, plain = (
            figures[task.metric]
            for figures in (results.evaluation[name]["stripped"], controls["same_training"])
        )
        accuracy = _points(task, results.evaluation[name]["stripped"], controls["same_training"])
        said.append(
            f"{name}: test {task.label} {spread(own)} against {spread(plain)} of the same training "
            f"without removal{accuracy}."
        )
    if "random" in found:
        better = found["random"]
        score = results.recipes[name].channels
        said.append(
            f"{name}: channels chosen by {score and score.score} are better than channels chosen "
            f"by chance in {_in(better.lower, better.seeds)} seeds."
        )
    return said


def _worth(results: Results, name: str, found: Comparison) -> str:
    """Say if removing channels beats training the small network."""
    label = results.data.task.label
    came = " (the baseline came trained, and how long is not known)" if results.elsewhere() else ""
    finite = not math.isnan(found.median)  # else a seed of the two diverged
    by = f"by {number(abs(found.median))} test {label} in the median"
    if 2 * found.lower > found.seeds:
        return (
            f"{name}: removing channels beats training the small network{came}: in "
            f"{_in(found.lower, found.seeds)} seeds" + (f", {by}." if finite else ".")
        )
    return (
        f"{name}: removing channels does not beat training the small network{came}: it is better "
        f"in {_in(found.lower, found.seeds)} seeds"
        + (f", and worse {by}." if found.median > 0 else ".")
    )


def _points(task: Task, own: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Say how much less often a network is right, in percentage points."""
    if task.name == "regression":
        return ""
    apart = compare(own["accuracy"]["seeds"], other["accuracy"]["seeds"])
    which = "higher" if apart.median > 0 else "lower"
    return (
        f"; accuracy {spread(own['accuracy'], 4)} against {spread(other['accuracy'], 4)}, in the "
        f"median over the seeds {number(100 * abs(apart.median))} points {which}"
    )


def _in(part: int, whole: int) -> str:
    return f"{count(part)} of {count(whole)}"


def _recipes(results: Results) -> list[str]:
    return [name for name, recipe in sorted(results.recipes.items()) if recipe.channels]


def _table(results: Results) -> Table | None:
    """Return a row per recipe: what is left, and its error beside that of each control."""
    names, task = _recipes(results), results.data.task
    if not names:
        return None
    beside = [] if task.name == "regression" else ["accuracy"]
    shown = {control: head for control, head in HEADS.items()
             if any(control in results.controls.get(name, {}) for name in names)}  # fmt: skip
    head = ["model", "kernel weights left", f"test {task.label}, median (min to max)",
            *shown.values(), *(f"test {what}" for what in beside),
            *(f"{what}, {head}" for what in beside for head in shown.values())]  # fmt: skip
    rows = []
    for name in names:
        own, controls = results.evaluation[name]["stripped"], results.controls.get(name, {})
        left = weights_left(results, name)
        cells = [Cell(name, name), Cell(f"{left:.1%}", left)]
        for what in (task.metric, *beside):
            digits = 3 if what == task.metric else 4
            cells.append(Cell(spread(own[what], digits), as_number(own[what]["median"])))
            for control in shown:
                other = controls[control][what]["seeds"] if control in controls else None
                cells.append(against(own[what]["seeds"], other))
        rows.append(cells)
    return Table("channels", list(map(Cell, head)), rows)


def weights_left(results: Results, name: str) -> float:
    """Return the share of the kernel weights that a recipe leaves, zeros included: the median."""
    before, after = results.before[name], results.after[name]
    return median(_size(after[seed]) / _size(before[seed]) for seed in after)


def gone(results: Results, name: str) -> float:
    """Return the share of kernel weights that are zero or went with their channels: the median."""
    whole, own = results.after["baseline"], results.after[name]
    zeros: float = results.evaluation[name]["stripped"]["sparsity"]["kernels"]["median"]
    if all(_size(own[seed]) == _size(whole[seed]) for seed in own):
        return zeros
    return median(1 - _nonzero(own[seed]) / _size(whole[seed]) for seed in own)


def _nonzero(kernels: Kernels) -> int:
    return sum(int(np.count_nonzero(kernel)) for kernel in kernels.values())


def _size(kernels: Kernels) -> int:
    return sum(kernel.size for kernel in kernels.values())
