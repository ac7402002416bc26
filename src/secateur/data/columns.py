"""One column of a user's table: numbers, or categories; and whether a network can be fed it."""

import difflib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from secateur.core.errors import InputError, one_line

EXACT = 2**53  # from here on two whole numbers may be one float
MOST_LEVELS = 1000
FEW = 20  # levels that a column may have whatever its number of rows
MOSTLY = 0.8  # of the cells: then what the others hold is an exception
NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)

Place = Callable[[int], str]  # a row's number, from 0, to where a person finds it


class Column(NamedTuple):
    """Numbers (n,) as float64, NaN where missing; or the indices of levels, -1 where missing."""

    values: np.ndarray
    levels: list[str] | None = None

    @property
    def missing(self) -> np.ndarray:
        """Which cells are missing (n,)."""
        return np.isnan(self.values) if self.levels is None else self.values < 0

    def rows(self, keep: np.ndarray) -> "Column":
        """Some of the rows, by mask or number."""
        return Column(self.values[keep], self.levels)


def row_place(row: int) -> str:
    """Where a row is, in a file without lines."""
    return f"row {row} (counted from 0)"


def convert(where: str, cells: Any, categorical: bool = False, place: Place = row_place) -> Column:
    """Take an Arrow column as numbers or categories, by its type or because the user says so.

    Text and dictionaries are categories; whole numbers, floats and true/false (1 and 0) numbers.
    A number's level is as short as can be: 3 and 3.0 are both "3".

    Raises:
        InputError: the type is another, or a number is not finite in float32.
    """
    if isinstance(cells, pa.Array):
        cells = pa.chunked_array([cells])
    try:
        cells.validate(full=True)  # a Parquet file's text may be none
        if pa.types.is_dictionary(cells.type):
            cells, categorical = cells.cast(cells.type.value_type), True
        if is_text(cells.type):
            return _from_text(cells)
        kind = cells.type
        if pa.types.is_boolean(kind):
            cells = cells.cast(pa.int8())
        elif not any(is_kind(kind) for is_kind in NUMBERS):
            raise InputError(
                f"{where}: {kind}; must be numbers, text or true/false; make it one of them, or "
                "put the column in data.drop"
            )
        numbers = cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"{where}: {one_line(error)}") from None
    check_finite(where, numbers, place)
    if not categorical:
        return Column(numbers)
    if pa.types.is_floating(kind) and np.nanmax(np.abs(numbers), initial=0) >= EXACT:
        raise InputError(
            f"{where}: holds numbers over 2^53, which a file's floats cannot tell apart; make them "
            "text"
        )
    return _from_numbers(cells, numbers)


def is_text(kind: pa.DataType) -> bool:
    """Whether it is one of Arrow's types of text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()


def check_finite(where: str, numbers: np.ndarray, place: Place) -> None:
    """Raise InputError if a number of (n, …) is infinite as float32; NaN is a missing cell."""
    for start in range(0, len(numbers), 4096):  # no second copy of all of them
        with np.errstate(over="ignore"):
            bad = np.isinf(numbers[start : start + 4096].astype(np.float32))
        if bad.any():
            first = tuple(int(i[0]) for i in np.nonzero(bad))
            value = numbers[start : start + 4096][first]
            raise InputError(
                f"{where}, {place(start + first[0])}: {value}; must be finite in float32; correct "
                "it or leave it empty"
            )


def check_known(where: str, name: str, names: list[str]) -> None:
    """Raise InputError unless there is a column of that name; say which there are."""
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise InputError(f"{where}: {name!r}: no such column{hint}; there are: {listed(names)}")


def listed(names: list[str]) -> str:
    """The first names on one line, whatever characters they hold."""
    shown = [name if name.isprintable() and name else repr(name) for name in names[:30]]
    return ", ".join(shown) + (", …" if len(names) > 30 else "")


def _from_text(cells: Any) -> Column:
    encoded = cells.cast(pa.large_string()).combine_chunks().dictionary_encode()
    found = encoded.dictionary.to_pylist()
    order = sorted(range(len(found)), key=found.__getitem__)
    rank = np.full(len(found) + 1, -1)  # the last is that of a missing cell
    rank[order] = np.arange(len(found))
    return Column(rank[encoded.indices.fill_null(-1).to_numpy()], [found[i] for i in order])


def _from_numbers(cells: Any, numbers: np.ndarray) -> Column:
    """Categories in the order of their numbers; whole ones exactly, however large."""
    present = ~np.isnan(numbers)
    exact = numbers[present]
    if pa.types.is_integer(cells.type):
        exact = cells.drop_null().to_numpy(zero_copy_only=False)
    found, which = np.unique(exact, return_inverse=True)
    values = np.full(len(numbers), -1)
    values[present] = which
    return Column(values, [_level(number) for number in found.tolist()])


def _level(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else repr(number)


def check(where: str, column: Column, place: Place, named: bool, decimal: str | None) -> None:
    """Refuse an input that is none: nothing but missing cells, numbers as text, an identifier.

    `named` says that the user calls it categorical; `decimal` is that of a CSV, else None.
    """
    if column.missing.all():
        raise InputError(f"{where}: every cell is missing; put the column in data.drop")
    if column.levels is None:
        return
    if not named:
        check_numbers_as_text(where, column, place, decimal)
    levels, rows = len(column.levels), int((~column.missing).sum())
    if levels > MOST_LEVELS or (levels > FEW and levels > 0.9 * rows):
        raise InputError(
            f"{where}: {levels:,} different values in {rows:,} rows, as an identifier or a free "
            f"text has; a category may have {MOST_LEVELS:,}, each in several rows; put the column "
            "in data.drop"
        )


def check_numbers_as_text(where: str, column: Column, place: Place, decimal: str | None) -> None:
    """Refuse text most of whose cells are numbers: one odd spelling makes a column text."""
    levels = column.levels or []
    counts = np.bincount(column.values[column.values >= 0], minlength=len(levels))
    comma = decimal == "." and _share(levels, counts, ",") > _share(levels, counts, ".")
    point = "," if comma else decimal or "."
    share = _share(levels, counts, point)
    if share < MOSTLY:
        return
    if comma:
        example = next(level for level in levels if "," in level)
        raise InputError(f"{where}: numbers such as {example!r}; set data.decimal: ','")
    odd = [i for i, level in enumerate(levels) if not _is_number(level, point)]
    if not odd:
        raise InputError(
            f"{where}: text, but every cell is a number; store it as numbers, or list the column "
            "in data.categorical"
        )
    first = int(np.flatnonzero(np.isin(column.values, odd))[0])
    others = f" ({len(odd) - 1} other spellings are no numbers either)" if len(odd) > 1 else ""
    cure = "make it empty" if decimal is None else "add it to data.missing_values"
    numbers = f"{round(share * counts.sum())} of {counts.sum()} cells are numbers{others}"
    raise InputError(
        f"{where}: {place(first)} holds {levels[column.values[first]]!r}, where "
        f"{numbers}; {cure}, or list the column in data.categorical"
    )


def _share(levels: list[str], counts: np.ndarray, decimal: str) -> float:
    numbers = np.array([_is_number(level, decimal) for level in levels], dtype=bool)
    return float(counts[numbers].sum() / max(counts.sum(), 1))


def _is_number(text: str, decimal: str) -> bool:
    try:
        float(text if decimal == "." else text.replace(decimal, "."))
    except ValueError:
        return False
    return True
