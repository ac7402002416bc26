"""What searches have found: the front, every trial, and the best recipe on unseen seeds."""

import math
from typing import Any

from secateur.core.tasks import Task
from secateur.report import draw_search
from secateur.report.formatting import as_number, number
from secateur.report.results import Results
from secateur.report.search_sentences import (
    chosen,
    edited,
    number_or_none,
    of,
    optimism,
    sentences,
    words,
)
from secateur.report.svg import Picture
from secateur.report.table import Cell, Table
from secateur.search.record import Record, Tried


def section(results: Results) -> dict[str, Any]:
    """Return, for each search, its name, sentences, tables and pictures, and the pictures again."""
    task = results.data.task
    found: list[dict[str, Any]] = [
        {
            "recipe": name,
            "sentences": [*sentences(record, task), *edited(record, results.recipes)],
            "judged": judged(record, task),
            "front": front(record, task),
            "trials": trials(record, task),
            "pictures": pictures(record, task),
        }
        for name, record in results.searches.items()
    ]
    return {
        "searches": found,
        "search_pictures": [picture for own in found for picture in own["pictures"]],
    }


def judged(record: Record, task: Task) -> Table | None:
    """Return a row for the best recipe and one for today's; None if none was judged."""
    if not record.judged:
        return None
    error = words("error", task)
    costs = [name for name in _names(record) if name not in ("error", "error_ratio")]
    classes = any(own.accuracy is not None for own in record.judged)
    head = [
        "recipe", f"{error}, seeds that chose it", f"{error}, unseen seeds", "optimism",
        f"test {task.label}, unseen seeds (min to max)", f"the baseline's test {task.label}",
        *(["test accuracy, unseen seeds", "the baseline's test accuracy"] if classes else []),
        *(f"{words(name, task)}, unseen seeds" for name in costs),
    ]  # fmt: skip
    rows = []
    for own in record.judged:
        what = "best" if own.number == record.best else "as it stood"
        luck = optimism(record, own)
        known = [value for value in own.errors.values() if value is not None]
        spread = f" ({number(min(known))}\xa0to\xa0{number(max(known))})" if known else ""
        rows.append([
            Cell(f"trial {own.number}, {what}", own.number),
            _cell(chosen(record, own)), _cell(of(own, "error")),
            Cell("-", 0) if luck is None else Cell(f"{number(luck)} times", luck),
            Cell(f"{number(own.error)}{spread}", _sorted(own.error)), _cell(own.baseline),
            *([_cell(own.accuracy, 4), _cell(own.baseline_accuracy, 4)] if classes else []),
            *(_cell(of(own, name)) for name in costs),
        ])  # fmt: skip
    return Table(f"judged_{record.recipe}", list(map(Cell, head)), rows)


def pictures(record: Record, task: Task) -> list[Picture]:
    """Draw the front by each two figures, what mattered, and each varied value by itself."""
    first, *others = _names(record)
    named = {name: words(name, task) for name in (first, *others)}
    if "error" in (first, *others):  # which is the same by another scale
        others = [name for name in others if name != "error_ratio"]
    drawn = [draw_search.front(record, first, other, named) for other in others]
    if record.importances:
        drawn.append(draw_search.importances(record, named))
    return [*drawn, *draw_search.slices(record, first, words(first, task))]


def _names(record: Record) -> list[str]:
    """Return the figures that were to be small, and those that must be kept."""
    return list(dict.fromkeys((*record.minimize, *record.at_most)))


def front(record: Record, task: Task) -> Table:
    """Return a row for each trial of the front, and for the recipe as it stood."""
    shown = [record.tried(number) for number in dict.fromkeys([*record.front, 1])]
    order = sorted(shown, key=lambda one: _order(record, one))
    return _table(f"front_{record.recipe}", record, task, order)


def trials(record: Record, task: Task) -> Table:
    """Return a row for each trial."""
    return _table(f"trials_{record.recipe}", record, task, record.trials)


def _table(name: str, record: Record, task: Task, trials: list[Tried]) -> Table:
    names, keys = _names(record), record.keys
    head = ["trial", *(words(figure, task) for figure in names), "seeds",
            *(short(key) for key in keys)]  # fmt: skip
    rows = []
    for trial in trials:
        most = max(map(int, trial.figures), default=0)
        figures = trial.figures.get(str(most), {})
        marked = ", best" * (trial.number == record.best) + ", as it stood" * (trial.number == 1)
        rows.append([
            Cell(f"{trial.number}{marked}", trial.number),
            *(Cell("failed", 1e30) if trial.why else _cell(number_or_none(figures.get(figure)))
              for figure in names),
            Cell(str(most), most),
            *(_value(trial.values.get(key, "")) for key in keys),
        ])  # fmt: skip
    return Table(name, list(map(Cell, head)), rows)


def short(key: str) -> str:
    """Return a varied key without `recipes`, and without what all keys of a recipe share."""
    _, recipe, *rest = key.split(".")
    return f"{recipe}: {'.'.join(rest[-2:])}" if len(rest) > 1 else f"{recipe}: {rest[0]}"


def _order(record: Record, trial: Tried) -> tuple[float, ...]:
    figures = trial.of(len(record.seeds)) or {}
    return tuple(as_number(number_or_none(figures.get(name))) for name in record.minimize)


def _value(value: Any) -> Cell:
    if isinstance(value, float):
        return Cell(number(value), value)
    return Cell(str(value), value if isinstance(value, int) else str(value))


def _cell(value: float | None, digits: int = 3) -> Cell:
    if value is None:
        return Cell("-", 1e30)
    text = f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else number(value, digits)
    return Cell(text, _sorted(value))


def _sorted(value: float | None) -> float:
    found = as_number(value)
    return found if math.isfinite(found) else 1e30
