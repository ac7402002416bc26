"""What a removal of channels cost and was worth, beside the networks it is compared with."""

from typing import Any

from secateur.report import draw_channels, remaining_weights
from secateur.report.channel_sentences import sentences
from secateur.report.formatting import as_number, spread
from secateur.report.result_tables import against
from secateur.report.results import Results
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
        left = remaining_weights.of_start(results, name)
        cells = [Cell(name, name), Cell(f"{left:.1%}", left)]
        for what in (task.metric, *beside):
            digits, better = (3, "lower") if what == task.metric else (4, "higher")
            cells.append(Cell(spread(own[what], digits), as_number(own[what]["median"])))
            for control in shown:
                other = controls[control][what]["seeds"] if control in controls else None
                cells.append(against(own[what]["seeds"], other, better=better))
        rows.append(cells)
    return Table("channels", list(map(Cell, head)), rows)
