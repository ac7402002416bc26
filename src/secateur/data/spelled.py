"""A user's table: its columns as Arrow read them, and as they are spelled."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from secateur.data import numerals
from secateur.data.columns import Place
from secateur.data.csv_files import WORDS
from secateur.data.numerals import Amount, Style
from secateur.data.parameters import Data


class Table(NamedTuple):
    """A user's table: its columns as Arrow read them and, if they are text, as spelled."""

    data: Data
    cells: dict[str, Any]  # chunked arrays
    text: dict[str, Any]
    place: Place
    is_csv: bool

    def present(self, name: str, words: bool) -> Any:
        """Return a column's text; `words`: NA and the like are missing cells, too."""
        text = self.text[name]
        return without(text, self.data, words) if self.is_csv else text


class Taken(NamedTuple):
    """A column's cells, whether they are categories, and the unit of its numbers."""

    cells: Any
    categorical: bool = False
    unit: str = ""


def is_number(kind: pa.DataType) -> bool:
    """Whether an Arrow type is one of numbers."""
    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def read_numbers(text: Any, data: Data) -> Taken | None:
    """Read text as numbers with one unit, by `data`'s marks; None if a cell is no such number."""
    levels, indices = levels_of(text)
    for style in styles(data):
        amounts = numerals.read(levels, style)
        if all(amounts) and len(numerals.units(amounts)) <= 1:
            return of_amounts([amount for amount in amounts if amount], indices)
    return None


def of_amounts(amounts: Sequence[Amount], indices: np.ndarray) -> Taken:
    """Return a column of numbers of one unit; `indices` (n,) into them, -1 for a missing cell."""
    numbers = np.array([amount.number for amount in amounts] + [np.nan])
    values = pa.chunked_array([pa.array(numbers[indices], from_pandas=True)])
    return Taken(values, unit="".join(numerals.units(amounts)))


def styles(data: Data) -> list[Style]:
    """Return the styles that `data` allows."""
    given = Style(data.decimal, data.thousands)
    return [given, Style(".", ",", indian=True)] if given == Style(".", ",") else [given]


def levels_of(text: Any) -> tuple[list[str], np.ndarray]:
    """Return the distinct cells, and the index of each row's (n,); -1 for a missing one."""
    encoded = text.cast(pa.large_string()).combine_chunks().dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.fill_null(-1).to_numpy()


def without(text: Any, data: Data, words: bool) -> Any:
    """Return a CSV's text with `data.missing_values` and, if so, `WORDS` as missing cells."""
    missing = pa.array([*data.missing_values, *(WORDS if words else ())], pa.string())
    return pc.if_else(pc.is_in(text, value_set=missing), pa.scalar(None, pa.string()), text)


def is_settled(data: Data) -> bool:
    """Whether the user has said which mark is which."""
    return data.thousands is not None or (
        data.decimal == "." and "decimal" in data.model_fields_set
    )


def matches(text: Any, pattern: str, every: bool = False) -> bool:
    """Whether any cell, or every one, matches; the first thousand settle most columns."""
    for part in (text.slice(0, 1000), text):
        found = pc.match_substring_regex(part, pattern)
        decided = (pc.all if every else pc.any)(found, min_count=0).as_py()
        if bool(decided) != every:
            return not every
    return every
