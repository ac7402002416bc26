"""Settles what is doubtful in a source: the keys of `data` with which it can be read, and why."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from secateur.core import params
from secateur.core.errors import InputError
from secateur.core.tasks import TaskName
from secateur.data import findings, sources
from secateur.data.found import Doubt, Findings, merged
from secateur.data.parameters import Data
from secateur.data.splitting import Split
from secateur.data.target_names import INPUTS
from secateur.project.given import LISTS

SEPARATORS = ",;\t|"
LOOKED_AT = 1 << 16  # bytes that tell a separator
COMMA = "a decimal comma"
ROUNDS = 10  # a column that can be read may hold the next doubt


class Settled(NamedTuple):
    """Keys of `data` beside `source` and `target`, what was doubtful, and what was found."""

    keys: dict[str, Any]
    doubts: list[Doubt]
    findings: Findings


# How numbers are written where a decimal comma is in doubt; the first that reads most holds.
STYLES: tuple[dict[str, str], ...] = ({"decimal": ","}, {"decimal": ",", "thousands": "."})


def settle(
    source: str,
    target: str | None,
    task: TaskName | None = None,
    given: Mapping[str, Any] | None = None,
    how: Split | None = None,
) -> Settled:
    """Look at a source until nothing in it is doubtful, by the keys that settle each doubt.

    Without a target all columns are inputs. Keys that are `given` stay, and what is found joins
    lists that are. A column by which `how` splits is no input. If a decimal comma is in doubt, how
    numbers are written is what loses the fewest columns: a message is of one column, but the marks
    hold for all.

    Raises:
        InputError: there is no such source, target or remedy, or the source is damaged.
    """
    asked = dict(given or {})
    tried = list[Settled | InputError]()
    for style in ({}, *STYLES):
        if asked.keys() & style.keys():
            continue
        try:
            tried.append(_settle(source, target, task, {**asked, **style}, how))
        except InputError as error:
            tried.append(error)
        if not _of_commas(tried[0]):
            break
    whole = [one for one in tried if not isinstance(one, InputError)]
    if not whole:
        raise next(one for one in tried if isinstance(one, InputError))
    return min(whole, key=lambda one: _lost(one))


def _of_commas(found: Settled | InputError) -> bool:
    """Whether a decimal comma was in doubt."""
    if isinstance(found, InputError):
        return COMMA in str(found)
    return "decimal" in found.keys or any(COMMA in doubt.sentence for doubt in found.doubts)


def _lost(found: Settled) -> int:
    """Return how many columns are no numbers that may be some."""
    return sum(len(found.keys.get(key, [])) for key in ("drop", "categorical", "verbatim"))


def _settle(
    source: str,
    target: str | None,
    task: TaskName | None,
    given: dict[str, Any],
    how: Split | None,
) -> Settled:
    """Settle what is doubtful where numbers are written as `given`."""
    keys: dict[str, Any] = dict(given)
    separator = separator_of(source)
    if separator != sources.separator(source):
        keys.setdefault("separator", separator)
    fixed = {key for key in given if key not in LISTS}
    said: dict[tuple[str, ...], Doubt] = {}
    for _ in range(ROUNDS):
        data = _data(source, target, keys)
        found = findings.find(data, task, how, has_target=target is not None)
        said |= {(doubt.column, doubt.kind, *doubt.settles): doubt for doubt in found.doubts}
        settles = {
            key: [*dict.fromkeys([*given.get(key, []), *value])] if key in LISTS else value
            for key, value in merged(found.doubts).items()
            if key not in fixed
        }
        new = {key: value for key, value in settles.items() if keys.get(key) != value}
        if not new:
            break
        if "decimal" in new:  # how all numbers are read: other columns may have no doubt then
            new = {"decimal": new["decimal"]}
        keys |= new
        if keys.get("thousands") == keys.get("decimal", "."):
            del keys["thousands"]
    dropped = {*keys.get("drop", [])}
    for key in ("numbers", "categorical", "verbatim"):
        if key in keys and not (kept := [name for name in keys[key] if name not in dropped]):
            del keys[key]
        elif key in keys:
            keys[key] = kept
    open_ = [doubt for doubt in found.doubts if not doubt.settles]
    if open_:
        name, sentence = open_[0].column, open_[0].sentence
        remedy = "name another target" if name == target else "correct the file first"
        raise InputError(f"{source}: column {name!r}: {sentence}; {remedy}")
    settling = [
        doubt for doubt in said.values()
        if doubt.settles.keys() <= keys.keys()
        and ("drop" in doubt.settles or doubt.column not in dropped)
    ]  # fmt: skip
    return Settled(keys, settling, found)


def separator_of(source: str) -> str:
    """Return what stands between the cells of a table: what gives the most columns in each line."""
    kind = sources.kind(source)
    if kind not in sources.TABLES:
        return sources.separator(source)
    file = sources.fetch(source) if sources.is_url(source) else sources.local(source)
    if isinstance(file, dict):
        return sources.separator(source)
    content = sources.beginning(source, file, kind.endswith(".gz"), LOOKED_AT)
    text = content.decode("utf-8-sig", "replace").rpartition("\n")[0] or content.decode(
        "utf-8-sig", "replace"
    )
    widths = {separator: _width(text, separator) for separator in SEPARATORS}
    best = max(widths, key=lambda separator: widths[separator])
    usual = sources.separator(source)
    return usual if widths[usual] == widths[best] else best


def _width(text: str, separator: str) -> int:
    """Return how many cells the lines have; 1 if they have different numbers."""
    try:
        lines = [cells for cells in csv.reader(io.StringIO(text), delimiter=separator) if cells]
    except csv.Error:
        return 1
    counts = Counter(map(len, lines))
    return counts.most_common(1)[0][0] if len(counts) == 1 else 1


def left_out(settled: Settled) -> Iterator[tuple[str, str]]:
    """Yield each column that is left out, and why."""
    for name in settled.keys.get("drop", []):
        reasons = (brief(doubt) for doubt in settled.doubts if doubt.column == name)
        yield name, next(reasons, "as asked")


def brief(doubt: Doubt) -> str:
    """Return what is doubtful, without the remedies, of which one was chosen."""
    return doubt.sentence.partition(";")[0]


def _data(source: str, target: str | None, keys: dict[str, Any]) -> Data:
    named = {"target": INPUTS if target is None else target}
    content = {"source": Path(source).as_posix(), **named, **keys}
    data: Data = params.validate(Data, content, "data")
    return data
