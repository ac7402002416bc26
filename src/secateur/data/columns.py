"""One column of a user's table: numbers or categories, and whether a network can use it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from secateur.core.errors import InputError, did_you_mean, one_line

EXACT = 2**53  # from here on two whole numbers may be the same float64
MOST_LEVELS = 1000
FEW_LEVELS = 20  # levels that a column may have, however few its rows
NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)

Place = Callable[[int], str]  # from a row's number (from 0) to its place in a file


class Column(NamedTuple):
    """Numbers (n,) as float64, NaN where missing; or indices of levels, -1 where missing."""

    values: np.ndarray
    levels: list[str] | None = None
    unit: str = ""  # of numbers that were text

    @property
    def missing(self) -> np.ndarray:
        """Return the mask (n,) of missing cells."""
        return np.isnan(self.values) if self.levels is None else self.values < 0

    def rows(self, keep: np.ndarray) -> "Column":
        """Select rows by mask or number."""
        return self._replace(values=self.values[keep])


def row_place(row: int) -> str:
    """Name the place of a row in a file without lines."""
    return f"row {row} (counted from 0)"


def convert(where: str, cells: Any, categorical: bool = False, place: Place = row_place) -> Column:
    """Convert an Arrow column to numbers or categories, by its type or by `categorical`.

    Text and dictionaries are categories. Whole numbers, floats and true/false (1 and 0) are
    numbers. The level of a number is its shortest text: 3 and 3.0 are both "3".

    Raises:
        InputError: the type is another, or a number is not finite in float32.
    """
    if isinstance(cells, pa.Array):
        cells = pa.chunked_array([cells])
    try:
        cells.validate(full=True)  # a Parquet file's text may be invalid
        if pa.types.is_dictionary(cells.type):
            cells, categorical = cells.cast(cells.type.value_type), True
        if is_text(cells.type):
            return _from_text(cells)
        kind = cells.type
        if pa.types.is_boolean(kind):
            cells = cells.cast(pa.int8())
        elif not any(is_kind(kind) for is_kind in NUMBERS):
            raise InputError(f"{where}: {kind}; must be numbers, text or true/false; convert it")
        numbers = cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"{where}: {one_line(error)}") from None
    check_finite(where, numbers, place)
    if not categorical:
        return Column(numbers)
    if pa.types.is_floating(kind) and np.nanmax(np.abs(numbers), initial=0) >= EXACT:
        raise InputError(
            f"{where}: holds numbers of 2^53 or more, which floats cannot tell apart; store them "
            "as text"
        )
    return _from_numbers(cells, numbers)


def is_text(kind: pa.DataType) -> bool:
    """Whether an Arrow type is a type of text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()


def check_finite(where: str, numbers: np.ndarray, place: Place) -> None:
    """Raise InputError if a number in (n, …) is infinite as float32; NaN is a missing cell."""
    for start in range(0, len(numbers), 4096):  # in parts, to avoid a second copy
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
    """Raise InputError unless a column has that name; the message lists the names."""
    if name in names:
        return
    hint = did_you_mean(name, names)
    raise InputError(f"{where}: {name!r}: no such column{hint}; columns: {listed(names)}")


def listed(names: list[str]) -> str:
    """List the first names on one line, with unprintable ones escaped."""
    shown = [name if name.isprintable() and name else repr(name) for name in names[:30]]
    return ", ".join(shown) + (", …" if len(names) > 30 else "")


def _from_text(cells: Any) -> Column:
    encoded = cells.cast(pa.large_string()).combine_chunks().dictionary_encode()
    levels = encoded.dictionary.to_pylist()
    order = sorted(range(len(levels)), key=levels.__getitem__)
    rank = np.full(len(levels) + 1, -1)  # the last is for missing cells
    rank[order] = np.arange(len(levels))
    return Column(rank[encoded.indices.fill_null(-1).to_numpy()], [levels[i] for i in order])


def _from_numbers(cells: Any, numbers: np.ndarray) -> Column:
    """Return categories in numeric order; integers are exact, however large."""
    present = ~np.isnan(numbers)
    exact = numbers[present]
    if pa.types.is_integer(cells.type):
        exact = cells.drop_null().to_numpy(zero_copy_only=False)
    distinct, indices = np.unique(exact, return_inverse=True)
    values = np.full(len(numbers), -1)
    values[present] = indices
    return Column(values, [_level(number) for number in distinct.tolist()])


def _level(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else repr(number)


def are_too_many(levels: int, rows: int) -> bool:
    """Whether so many different cells are identifiers or free text, and no categories."""
    return levels > MOST_LEVELS or (levels > FEW_LEVELS and levels > 0.9 * rows)


def check(where: str, column: Column) -> None:
    """Raise InputError for a column of missing cells, or of identifiers."""
    if column.missing.all():
        raise InputError(f"{where}: every cell is missing; put the column in data.drop")
    if column.levels is None:
        return
    levels, rows = len(column.levels), int((~column.missing).sum())
    if are_too_many(levels, rows):
        raise InputError(
            f"{where}: {levels:,} different values in {rows:,} rows, like an identifier or free "
            f"text; a category may have {MOST_LEVELS:,}, each in several rows; put the column in "
            "data.drop"
        )
