"""What a user's column is, by how its cells are spelled: numbers, codes, dates, or categories.

What could be read in two ways is refused, with the key of `data` that settles it. A key is
advised only if every cell of the column can be read with it.
"""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from secateur.data import codes, numerals
from secateur.data.advice import Advice
from secateur.data.csv_files import WORDS
from secateur.data.dates import are_dates
from secateur.data.numerals import Amount, Style
from secateur.data.parameters import Data
from secateur.data.spelled import (
    Table,
    Taken,
    is_number,
    is_settled,
    levels_of,
    matches,
    of_amounts,
    styles,
)

NUMERIC_SHARE = 0.8  # of the cells, or of the different ones: the others then count as mistakes
FEWEST_NUMBERS = 10  # fewer different ones may be levels, such as floors beside `ground`
QUICK = re.compile(r"\W*[A-Za-z]{0,3}\W*\d")  # how a number with a unit may begin
# Numbers whose every mark may be one between thousands.
GROUPED = {mark: rf"^\s*[+-]?([1-9]\d{{0,2}}(\{mark}\d{{3}})?|0)\s*$" for mark in ".,"}


def take(table: Table, name: str, at: str, classes: bool = True) -> Taken:
    """Decide what the column is; `classes`: it may hold categories.

    Raises:
        InputError: it may be two things, or has mistakes; the message begins with `at`.
    """
    data, cells, text = table.data, table.cells[name], table.text.get(name)
    advice = Advice(table, name, at, classes)
    if name in data.verbatim and text is not None:
        return Taken(text, categorical=True)
    number = is_number(cells.type)
    if text is None or pa.types.is_null(cells.type) or pa.types.is_boolean(cells.type):
        if pa.types.is_nested(cells.type) or _is_bytes(cells.type):
            raise advice.kind(cells.type)
        if pa.types.is_temporal(cells.type):
            example = next(iter(cells.drop_null().cast(pa.string()).to_pylist()), "")
            raise advice.dates(f"{example} ({cells.type})")
        return Taken(cells, name in data.categorical)
    if name in data.categorical:
        if number and not any(matches(text, pattern) for pattern in codes.patterns(cells.type)):
            return Taken(cells, categorical=True)
        inferred_text = pa.types.is_string(cells.type) or not table.is_csv
        return Taken(_categories(table, advice, words=not inferred_text), categorical=True)
    if number:
        _check_marks(table, advice)
        if name not in data.numbers:
            codes.check(advice, table.present(name, words=True), cells.type)
        return Taken(cells)
    if pa.types.is_temporal(cells.type):
        raise advice.dates(next(iter(text.drop_null().to_pylist()), ""))
    found = _numbers(table, advice, table.present(name, words=True))
    return found or Taken(_categories(table, advice, words=False))


def _is_bytes(kind: pa.DataType) -> bool:
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind)
    return binary or pa.types.is_fixed_size_binary(kind)


def _categories(table: Table, advice: Advice, words: bool) -> Any:
    """Return text as categories; raises InputError if a category may be a missing cell."""
    text = table.present(advice.name, words)
    if table.is_csv:
        spelled = pc.filter(text, pc.is_in(text, value_set=pa.array(sorted(WORDS))))
        if len(spelled):
            raise advice.words(text, list(dict.fromkeys(spelled.to_pylist())))
    return text


def _check_marks(table: Table, advice: Advice) -> None:
    """Raise InputError for numbers such as 2,751 beside 693, read as 2.751 by the decimal mark.

    With a decimal point, which is no one's choice when it is left out, whole numbers must stand
    beside them: three decimals in every row are common.
    """
    mark, text = table.data.decimal, table.present(advice.name, words=True)
    if is_settled(table.data) or not matches(text, GROUPED[mark], every=True):
        return
    if not matches(text, rf"\{mark}") or (
        mark == "." and not matches(text, r"^\s*[+-]?[1-9]\d*\s*$")
    ):
        return
    levels, _ = levels_of(text)
    raise advice.two_ways(levels, [Style(mark), Style("." if mark == "," else ",", mark)])


def _numbers(table: Table, advice: Advice, text: Any) -> Taken | None:
    """Read text as numbers, or return None for categories.

    Raises:
        InputError: it is numbers that the parameters do not say how to read, or dates.
    """
    data, asked = table.data, advice.name in table.data.numbers
    levels, indices = levels_of(text)
    counts = np.bincount(indices[indices >= 0], minlength=len(levels))
    if not asked:
        if _are_most(are_dates(levels), counts):
            raise advice.dates(levels[int(np.argmax(are_dates(levels)))])
        if not _are_most([QUICK.match(level) is not None for level in levels], counts):
            return None
    ways = [*_ways(levels, data)]
    if is_settled(data):
        ways = [way for way in ways if way[0] in styles(data)][:1] or ways
    if not ways:
        _check_mistakes(table, advice, levels, indices, counts, asked)
        return None
    unit = "".join(numerals.units(ways[0][1]))
    if not asked and unit and (len(levels) < 2 or not numerals.is_known(unit)):
        return None
    if len(ways) > 1:
        raise advice.two_ways(levels, [style for style, _ in ways])
    if ways[0][0] in styles(data) and (asked or (table.is_csv and data.thousands and not unit)):
        return of_amounts(ways[0][1], indices)
    raise advice.one_way(levels, *ways[0], unit)


def _ways(levels: list[str], data: Data) -> Iterator[tuple[Style, list[Amount]]]:
    """Yield each style that reads every cell, with one unit, to other numbers than those before."""
    seen: list[list[float]] = []
    grouped = any(re.search(r"(?<![\d.,])0*[1-9]\d{0,2}(?![\d.,])", level) for level in levels)
    for style in dict.fromkeys((*styles(data), *numerals.ALL)):
        if style == Style(",", ".") and data.decimal == "." and seen and not grouped:
            continue  # 1.250 and 2.751, and no 693: three decimals
        if not all(numerals.read(levels[:100], style)):
            continue
        amounts = [amount for amount in numerals.read(levels, style) if amount]
        values = [amount.number for amount in amounts]
        if len(amounts) == len(levels) and len(numerals.units(amounts)) <= 1 and values not in seen:
            seen.append(values)
            yield style, amounts


def _are_most(which: list[bool], counts: np.ndarray) -> bool:
    """Whether these levels are most of the cells, or many and most of the different cells.

    The second finds numbers in a column that is mostly `?`.
    """
    many = sum(which) >= FEWEST_NUMBERS and sum(which) >= NUMERIC_SHARE * len(which)
    return many or _share(which, counts) >= NUMERIC_SHARE


def _share(which: list[bool], counts: np.ndarray) -> float:
    return float(counts[np.array(which, dtype=bool)].sum() / max(counts.sum(), 1))


def _check_mistakes(
    table: Table,
    advice: Advice,
    levels: list[str],
    indices: np.ndarray,
    counts: np.ndarray,
    asked: bool,
) -> None:
    """Raise InputError if most cells are numbers, or the user says that all are."""
    share, amounts = -1.0, list[Amount | None]()
    anyhow = [False] * len(levels)  # read by one style or another
    for style in dict.fromkeys((*styles(table.data), *numerals.ALL)):
        read = [
            amount if amount and (asked or numerals.is_known(amount.unit)) else None
            for amount in numerals.read(levels, style)
        ]
        which = [amount is not None for amount in read]
        anyhow = [a or b for a, b in zip(anyhow, which, strict=True)]
        now = _share(which, counts)
        if now > share:
            share, amounts = now, read
    if not (asked or _are_most(anyhow, counts)):
        return
    wrong = [i for i, amount in enumerate(amounts) if amount is None]
    if wrong:
        first = int(np.flatnonzero(np.isin(indices, wrong))[0])
        cells = [levels[i] for i in wrong]
        cells.insert(0, cells.pop(wrong.index(int(indices[first]))))
        raise advice.mistakes(first, cells, round(share * counts.sum()), int(counts.sum()))
    found = [amount.unit if amount else "" for amount in amounts]
    two = numerals.units(amounts)[:2]
    rows = [int(np.flatnonzero(indices == found.index(unit))[0]) for unit in two]
    raise advice.units(rows, [levels[found.index(unit)] for unit in two], two)
