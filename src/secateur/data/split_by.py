"""The column that decides a row's part: it names the part, a group or a time, and is no input."""

import contextlib
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from secateur.core.errors import InputError, one_line
from secateur.data import columns, spelled
from secateur.data.parameters import Data
from secateur.data.part_names import ALLOWED, WORDS
from secateur.data.splitting import Split

TIMES = "numbers or ISO dates such as 2020-01-31 or 2020-01-31T12:30:00"


class SplitBy(NamedTuple):
    """What decides: a number for each row (n,), -1 where missing.

    The number is that of a part in `part_names.PARTS`, of a group in `groups`, or of a time: a
    later one has a larger number.
    """

    at: str  # how messages begin
    key: str  # "parts" of the source itself, or one of `splitting.BY`
    name: str  # of the column or array
    numbers: np.ndarray
    groups: list[str] | None = None

    def rows(self, keep: np.ndarray) -> "SplitBy":
        """Select rows by mask or number."""
        return self._replace(numbers=self.numbers[keep])


def names(how: Split | None) -> list[str]:
    """Return the name of the column that decides, if one does."""
    return [] if how is None or how.by is None else [how.by[1]]


def check(how: Split | None, data: Data) -> None:
    """Raise InputError if the column that decides is an input or the target, too."""
    if how is None or how.by is None:
        return
    key, name = how.by
    lists = {"target": data.targets, "anomaly": data.no_inputs, "features": data.features or []}
    for other, listed in lists.items():
        if name in listed:
            raise InputError(
                f"data.{other}: {name!r}: is split.{key} too, which is no input; remove it from "
                "one, or copy the column under another name"
            )


def check_known(how: Split | None, where: str, names: list[str]) -> None:
    """Raise InputError if no column has the name of the one that decides."""
    if how is not None and how.by is not None:
        columns.check_known(f"{where}: split.{how.by[0]}", how.by[1], names)


def read(
    data: Data, how: Split | None, table: Any, text: Any | None, place: columns.Place
) -> SplitBy | None:
    """Take the column that `how` names from a table; `text` is how a CSV spells it.

    Raises:
        InputError: there is none, a cell names no part, or times are neither numbers nor ISO
            dates.
    """
    if how is None or how.by is None:
        return None
    key, name = how.by
    cells, at = table[name], f"{data.source}: split.{key} {name!r}"
    try:
        if pa.types.is_dictionary(cells.type):
            cells = cells.cast(cells.type.value_type)
        if pa.types.is_floating(cells.type):
            cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells)
        if key == "time":
            return SplitBy(at, key, name, _times(at, cells, place))
        if text is not None:  # 007 and 7 are two groups
            cells = spelled.without(text[name], data, words=name not in data.verbatim)
        cells = pc.utf8_trim_whitespace(cells.cast(pa.string()))
    except (pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"{at}: {cells.type}: cannot be used: {one_line(error)}") from None
    cells = pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)
    levels, numbers = spelled.levels_of(cells)
    if key == "group":
        return SplitBy(at, key, name, numbers, levels)
    parts = [WORDS.get(level.casefold(), -1) for level in levels]
    if -1 in parts:
        row = int(np.flatnonzero(np.isin(numbers, np.flatnonzero(np.equal(parts, -1))))[0])
        raise InputError(
            f"{at}, {place(row)}: {levels[numbers[row]]!r} names no part; found: "
            f"{columns.listed(levels)}; allowed: {ALLOWED}; write these words"
        )
    return SplitBy(at, key, name, np.array([*parts, -1])[numbers])


def _times(at: str, cells: Any, place: columns.Place) -> np.ndarray:
    """Number the times (n,) in their order; equal ones have one number."""
    if columns.is_text(cells.type):
        cells = _of_text(at, cells, place)
    if pa.types.is_date(cells.type):
        cells = cells.cast(pa.timestamp("ms"))
    if pa.types.is_timestamp(cells.type):
        cells = cells.cast(pa.int64())  # one unit for the whole column
    elif pa.types.is_decimal(cells.type) or pa.types.is_null(cells.type):
        cells = cells.cast(pa.float64())
    elif not spelled.is_number(cells.type):
        raise InputError(f"{at}: {cells.type}; must be {TIMES}")
    numbers = np.full(len(cells), -1)
    present = cells.is_valid().to_numpy(zero_copy_only=False)
    numbers[present] = np.unique(cells.drop_null().to_numpy(), return_inverse=True)[1]
    return numbers


def _of_text(at: str, cells: Any, place: columns.Place) -> Any:
    """Read ISO text as times, all with or all without a zone."""
    cells = pc.utf8_trim_whitespace(cells.cast(pa.string()))
    kinds = [pa.timestamp(unit, zone) for zone in (None, "UTC") for unit in ("us", "ns")]
    for kind in kinds:
        with contextlib.suppress(pa.ArrowException):
            return cells.cast(kind)
    levels, indices = spelled.levels_of(cells)
    wrong = [i for i, level in enumerate(levels) if not _is_any(level, kinds[:2])] or [0]
    row = int(np.flatnonzero(np.isin(indices, wrong))[0])
    raise InputError(
        f"{at}, {place(row)}: {levels[indices[row]]!r}; must be {TIMES}, all with or all without a "
        "time zone"
    )


def _is_any(text: str, kinds: list[Any]) -> bool:
    for kind in kinds:
        with contextlib.suppress(pa.ArrowException):
            pa.array([text]).cast(kind)
            return True
    return False
