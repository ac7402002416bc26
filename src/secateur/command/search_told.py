"""What `secateur search` says on a terminal: the best trials so far, and what was found."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from secateur.search.ranking import Goal
from secateur.search.record import Judged, Record
from secateur.search.study import Tried, rows_of

SHOWN = 10  # trials in the live table


def found(record: Record) -> list[str]:
    """Return in lines what a search has found."""
    whole = len(record.seeds)
    lines = [f"{len(record.trials)} trials, {len(record.front)} of them on the front"]
    if record.best is None:
        limits = ", ".join(f"{name} {most:g}" for name, most in record.at_most.items())
        return [*lines, f"none of those with all seeds keeps what it must: at most {limits}"]
    for number, what in ((record.best, "the best"), (1, "today's recipe")):
        one, judged = record.tried(number), record.judged_of(number)
        chosen = one.of(whole)
        if chosen is None or judged is None or (number == 1 == record.best and what != "the best"):
            continue
        values = ", ".join(f"{key.split('.', 2)[2]} {own}" for key, own in one.values.items())
        lines.append(f"{what}, trial {number}: {values}")
        lines.append(f"  on the seeds that chose it: {figures(record.goal, chosen)}")
        lines.append(f"  on unseen seeds: {figures(record.goal, judged.figures)}")
        lines.append(
            f"  on test rows, with unseen seeds: error {_short(judged.error)}, the baseline's "
            f"{_short(judged.baseline)}" + _accuracy(judged)
        )
    if record.best != 1:
        lines.append("`secateur search --apply NAME` adds the best to params.yaml")
    return lines


def experiments(record: Record, called: str) -> list[str]:
    """Return in lines what the trials are called, and how to see them."""
    keys = "|".join(re.escape(key) for key in record.keys)
    names = "|".join(dict.fromkeys((*record.minimize, *record.at_most)))
    return [
        f"trial N is the experiment {called}N:",
        f"  dvc exp show -A --only-changed --drop '^[a-z]' --keep '^({names}|trial\\.({keys}))$'",
        "  `dvc exp apply` of it takes all files back to where the search began: commit before",
    ]


def table(goal: Goal, tried: Sequence[Tried], seeds: int) -> Table:
    """Return the trials with all seeds, and the best ones first."""
    whole = dict(rows_of(tried, seeds))
    order = sorted(
        whole, key=lambda number: (goal.excess(whole[number]), goal.values(whole[number]))
    )
    names = list(dict.fromkeys((*goal.minimize, *goal.at_most)))
    shown = Table(box=None, padding=(0, 2, 0, 0))
    values = {one.number: one.values for one in tried}
    keys = list(next(iter(values.values()), {}))
    for head in ("trial", *names, *_short_keys(keys)):
        shown.add_column(head, justify="right")
    for number in order[:SHOWN]:
        own = [_short(whole[number].get(name)) for name in names]
        marked = f"{number}" if not goal.excess(whole[number]) else f"{number} over"
        shown.add_row(marked, *own, *(_short(values[number][key]) for key in keys))
    return shown


def figures(goal: Goal, measured: Mapping[str, Any]) -> str:
    """Return `error 0.0123, gzip_bytes 560`."""
    names = dict.fromkeys((*goal.minimize, *goal.at_most))
    return ", ".join(f"{name} {_short(measured.get(name))}" for name in names)


def _short(value: Any) -> str:
    if value is None:
        return "unknown"
    return f"{value:.4g}" if isinstance(value, float) and value < 1e4 else f"{value}"


def _accuracy(judged: Judged) -> str:
    if judged.accuracy is None:
        return ""
    return f"; accuracy {_short(judged.accuracy)}, {_short(judged.baseline_accuracy)}"


def _short_keys(keys: Sequence[str]) -> list[str]:
    """Return the last part of each key, or all but `recipes` where others end alike."""
    last = [key.rsplit(".", 1)[-1] for key in keys]
    return [
        end if last.count(end) == 1 else key.removeprefix("recipes.")
        for key, end in zip(keys, last, strict=True)
    ]
