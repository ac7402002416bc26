"""What searches have found: the front, what mattered, and the best recipe on unseen seeds."""

import math
from collections.abc import Mapping
from typing import Any

from secateur.choosing import choice
from secateur.core.tasks import Task
from secateur.report import draw_search
from secateur.report.formatting import as_number, number, seeds
from secateur.report.results import Results
from secateur.report.svg import Picture
from secateur.report.table import Cell, Table
from secateur.search.record import Judged, Record, Tried

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


def section(results: Results) -> dict[str, Any]:
    """Return, for each search, its name, sentences, tables and pictures, and the pictures again."""
    task = results.data.task
    found: list[dict[str, Any]] = [
        {
            "recipe": name,
            "sentences": sentences(record, task),
            "judged": judged(record, task),
            "front": front(record, task),
            "trials": _trials(record, task),
            "pictures": pictures(record, task),
        }
        for name, record in results.searches.items()
    ]
    return {
        "searches": found,
        "search_pictures": [picture for own in found for picture in own["pictures"]],
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
        f"not seen, its {error} is {number(as_number(_of(best, 'error')))}; with those that chose "
        f"it, {number(as_number(_chosen(record, best)))}"
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


def optimism(record: Record, own: Judged) -> float | None:
    """Return how many times the error that chose a trial its error on unseen seeds is."""
    before, after = _chosen(record, own), _of(own, "error")
    return after / before if before and after is not None else None


def judged(record: Record, task: Task) -> Table | None:
    """Return a row for the best recipe and one for today's; None if none was judged."""
    if not record.judged:
        return None
    error = words("error", task)
    costs = [name for name in _names(record) if name not in ("error", "error_ratio")]
    head = [
        "recipe", f"{error}, seeds that chose it", f"{error}, unseen seeds", "optimism",
        f"test {task.label}, unseen seeds (min to max)", f"the baseline's test {task.label}",
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
            _cell(_chosen(record, own)), _cell(_of(own, "error")),
            Cell("-", 0) if luck is None else Cell(f"{number(luck)} times", luck),
            Cell(f"{number(own.error)}{spread}", _sorted(own.error)), _cell(own.baseline),
            *(_cell(_of(own, name)) for name in costs),
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


def _trials(record: Record, task: Task) -> Table:
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
            *(Cell("failed", 1e30) if trial.why else _cell(_float(figures.get(figure)))
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
    return tuple(as_number(_float(figures.get(name))) for name in record.minimize)


def _value(value: Any) -> Cell:
    if isinstance(value, float):
        return Cell(number(value), value)
    return Cell(str(value), value if isinstance(value, int) else str(value))


def _cell(value: float | None) -> Cell:
    if value is None:
        return Cell("-", 1e30)
    text = f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else number(value)
    return Cell(text, _sorted(value))


def _sorted(value: float | None) -> float:
    found = as_number(value)
    return found if math.isfinite(found) else 1e30


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _of(own: Judged, name: str) -> float | None:
    return _float(own.figures.get(name))


def _chosen(record: Record, own: Judged) -> float | None:
    figures: Mapping[str, Any] = record.tried(own.number).of(len(record.seeds)) or {}
    return _float(figures.get("error"))


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
