"""Errors about a column that is not what it seems; each remedy was tried on all its cells."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow.compute as pc

from secateur.core.errors import InputError
from secateur.data import numerals
from secateur.data.columns import are_too_many
from secateur.data.numerals import Amount, Style
from secateur.data.spelled import Table, is_number, levels_of, read_numbers


class Advice(NamedTuple):
    """What the errors name: a column, its place in messages, and whether it may be categories."""

    table: Table
    name: str
    at: str
    classes: bool

    def dates(self, example: str) -> InputError:
        """Say that the column holds dates or times."""
        return InputError(
            f"{self.at}: dates or times such as {example!r}; a network needs numbers, such as days "
            f"since a start; make columns of numbers from it and {self._leave()}"
        )

    def kind(self, kind: Any) -> InputError:
        """Say that the column has a type that cannot be read."""
        return InputError(
            f"{self.at}: {kind}; must be numbers, text or true/false; convert it, or "
            f"{self._leave()}"
        )

    def words(self, text: Any, found: Sequence[str]) -> InputError:
        """Say that words such as NA stand among categories."""
        rows = [self._place(text, word) for word in found[:3]]
        shown = ", ".join(f"{word!r} ({row})" for word, row in zip(found[:3], rows, strict=True))
        return InputError(
            f"{self.at}: holds {shown} beside other text, a category or a missing cell; list the "
            "column in data.verbatim if it is a category, or set data.missing_values: "
            f"{[*self.table.data.missing_values, *found]} if it is missing"
        )

    def codes(self, text: Any, pattern: str) -> InputError:
        """Say that whole numbers are written with leading zeros."""
        found = pc.match_substring_regex(text, pattern).fill_null(False)
        example = text.filter(found)[0].as_py()
        return InputError(
            f"{self.at}: codes such as {example!r}, which as a number loses digits; list "
            f"the column in {self._or('data.categorical (codes stay as they are)')}data.numbers"
        )

    def two_ways(self, levels: list[str], ways: Sequence[Style]) -> InputError:
        """Say that the column can be read in several ways, and how to choose."""
        sure = [Style(",", ".") if way == Style(",") else way for way in ways]
        read = [numerals.read(levels, style) for style in sure]
        example = next(
            (i for i in range(len(levels)) if len({values[i] for values in read}) > 1), 0
        )
        unit = "".join(numerals.units(read[0]))
        shown = [
            f"{_number(values[example])} with {self._keys(style, unit, sure=True)}"
            for style, values in zip(sure, read, strict=True)
            if not self._broken(style)
        ]
        others = [self._broken(style) for style in sure if self._broken(style)]
        more = f"; only so can column {others[0]!r} be read, too" if others else ""
        return InputError(
            f"{self.at}: {levels[example]!r} may hold a mark between thousands or a decimal mark, "
            f"and so may all its cells; it is {' or '.join(shown) or 'neither as it stands'}{more}"
            f"; set what is right, or write the column without marks between thousands"
        )

    def one_way(
        self, levels: list[str], style: Style, amounts: Sequence[Amount], unit: str
    ) -> InputError:
        """Say what the column's text is, and the keys with which all its cells are read."""
        marked = [sum(not c.isalnum() for c in level) for level in levels]
        example = int(np.argmax(marked))
        marks = "".join(levels)
        kind = "numbers" if not unit else f"numbers with {unit!r}"
        if style.thousands and style.thousands.strip() in marks:
            kind += f", {style.thousands!r} between thousands"
        if style.decimal == "," and "," in marks:
            kind += ", a decimal comma"
        means = f"{kind}, such as {levels[example]!r} ({_number(amounts[example])} as a number)"
        categories = "; or list it in data.categorical" if self._few() else ""
        broken = self._broken(style)
        if broken:
            return InputError(
                f"{self.at}: {means}; column {broken!r} is written with other marks, but "
                "data.decimal and data.thousands hold for all columns; write both alike"
                f"{categories}"
            )
        return InputError(f"{self.at}: {means}; set {self._keys(style, unit)}{categories}")

    def mistakes(self, row: int, cells: list[str], numbers: int, count: int) -> InputError:
        """Say that a few cells of a column of numbers are none."""
        if cells[0].strip() == self.name:
            return InputError(f"{self.at}: {self.table.place(row)} repeats the header; remove it")
        start = f"{self.at}: {self.table.place(row)} holds {cells[0]!r}, but {numbers} of {count}"
        more = f" ({len(cells) - 1} other values are no numbers either)" if len(cells) > 1 else ""
        if any(any(numerals.read(cells[:1], style)) for style in numerals.ALL):
            return InputError(
                f"{start} cells are numbers written in another way{more}; write all in one way"
                + (", or list the column in data.categorical" if self._few() else "")
            )
        remedy = "make it empty"
        if self.table.is_csv:
            remedy = f"add {', '.join(map(repr, cells[:5]))} to data.missing_values"
        categories = ", or list the column in data.categorical" if self._few() else ""
        return InputError(f"{start} cells are numbers{more}; correct it, or {remedy}{categories}")

    def units(self, rows: Sequence[int], cells: Sequence[str], units: Sequence[str]) -> InputError:
        """Say that the numbers have several units."""
        places = [
            f"{cell!r} in {self.table.place(row)} ({unit or 'no unit'})"
            for row, cell, unit in zip(rows, cells, units, strict=True)
        ]
        categories = ", or list it in data.categorical" if self._few() else ""
        return InputError(
            f"{self.at}: numbers with several units: {' and '.join(places)}; write the column in "
            f"one unit{categories}"
        )

    def _few(self) -> bool:
        """Whether the cells can be categories: they are text, and few are different."""
        text = self.table.text.get(self.name)
        return (
            self.classes
            and text is not None
            and not are_too_many(pc.count_distinct(text).as_py(), len(text) - text.null_count)
        )

    def _or(self, key: str) -> str:
        return f"{key} or " if self._few() else ""

    def _leave(self) -> str:
        if self.name in self.table.data.targets:
            return "name another column in data.target"
        return "put this one in data.drop" + (
            ", or list it in data.categorical" if self._few() else ""
        )

    def _place(self, text: Any, cell: str) -> str:
        return self.table.place(int(pc.index(text, cell).as_py()))

    def _keys(self, style: Style, unit: str, sure: bool = False) -> str:
        """Return the keys of `data` that read a style, as they would be set."""
        data, keys = self.table.data, []
        if style.decimal != data.decimal or (sure and style == Style(".")):
            keys.append(f"data.decimal: {style.decimal!r}")
        if style.thousands != data.thousands:
            value = repr(style.thousands) if style.thousands else "null"
            keys.append(f"data.thousands: {value}")
        asked = self.name in data.numbers
        if not asked and (unit or not self.table.is_csv or not keys):
            keys.append(f"data.numbers: {[*data.numbers, self.name]}")
        return " and ".join(keys)

    def _broken(self, style: Style) -> str:
        """Return the name of another column of numbers that a style does not read, or nothing."""
        data = self.table.data
        if style.decimal == data.decimal and data.thousands in (None, style.thousands):
            return ""
        for name in self.table.text:
            if name in (self.name, *data.categorical, *data.verbatim):
                continue
            text = self.table.present(name, words=True)
            if is_number(self.table.cells[name].type) or read_numbers(text, data):
                levels, _ = levels_of(text)
                if not all(numerals.read(levels, style)):
                    return name
        return ""


def _number(amount: Amount | None) -> str:
    return f"{amount.number:.12g}" if amount else "no number"
