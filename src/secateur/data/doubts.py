"""What in a table may be meant otherwise, and the keys of `data` that settle it."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from secateur.core.errors import InputError
from secateur.data import columns, spelling
from secateur.data.found import Doubt
from secateur.data.looking import Look
from secateur.data.parameters import Data
from secateur.data.spelled import Table, is_number

FEWEST_ROWS = 10  # in fewer, two columns may agree by chance
MOST_CODES = 0.2  # of the rows: codes repeat
NEARLY_ONE = 0.999  # |r| of a column and the target
CODE = re.compile(
    r"(.*[\W_])?(zip|zipcode|postal|postcode|plz|code|sku|ean|isbn|phone|icd|fips|naics|sic|gender|"
    r"sex|type|category|cat|region|status|cluster|store|branch|ward)([\W_]*(no|nr|code|id))?\W*",
    re.IGNORECASE,
)
NINES = re.compile(r"-?9{2,}|-1")  # what people write where a number is missing
KEY = re.compile(r"data\.(\w+)(?:: (\[[^\]]*\]|'.'|\w+))?")
ADDED = re.compile(r"add ((?:'[^']*'(?:, )?)+) to data\.missing_values")
LISTS = ("numbers", "categorical", "verbatim")


def without(data: Data, name: str) -> dict[str, Any]:
    """Return the key that leaves a column out; `data.features` may name it."""
    if data.features:
        return {"features": [other for other in data.features if other != name]}
    return {"drop": [*data.drop, name]}


def of_refused(look: Look, name: str, error: InputError, targets: list[str]) -> Doubt:
    """Return why a column cannot be read, with the first remedy that its message names and works.

    The remedies are tried on all cells at hand.
    """
    message = str(error).removeprefix(f"column {name!r}").removeprefix(": ")
    kind = "date" if "dates or times" in message else "refused"
    kind = "code" if "codes such as" in message else kind
    data = look.table.data
    leave = without(data, name)
    for keys in (*_named(data, name, message), leave):
        if keys != leave and _works(look, name, keys):
            return Doubt(name, kind, message, keys)
        if keys == leave and name not in targets:
            return Doubt(name, kind, message, leave)
    return Doubt(name, kind, message, {})


def _named(data: Data, name: str, message: str) -> Iterator[dict[str, Any]]:
    """Yield the keys that a message names, in its order; those joined by `and` are one remedy."""
    if added := ADDED.search(message):
        more = [*ast.literal_eval(f"[{added[1]}]")]
        yield {"missing_values": [*data.missing_values, *more], **_filled(data)}
    keys: dict[str, Any] = {}
    end = -1
    for found in KEY.finditer(message):
        if keys and message[end : found.start()] != " and ":
            yield keys
            keys = {}
        key, value = found[1], found[2]
        if key == "drop":
            keys |= without(data, name)
        elif key in LISTS:
            keys[key] = [*getattr(data, key), name]
        elif value is not None and key in Data.model_fields:
            keys[key] = None if value == "null" else ast.literal_eval(value)
        if key == "missing_values":
            keys.update(_filled(data))
        end = found.end()
    if keys:
        yield keys


def _filled(data: Data) -> dict[str, str]:
    return {"missing": "impute"} if data.missing == "refuse" else {}


def _works(look: Look, name: str, keys: dict[str, Any]) -> bool:
    """Whether a column can be read with these keys."""
    table = look.table
    data = table.data.model_copy(update=keys)
    try:
        cells = look.read_with(data, name)
        spelling.take(table._replace(data=data, cells={**table.cells, name: cells}), name, name)
    except InputError:
        return False
    return True


def of_number(
    table: Table, name: str, numbers: np.ndarray, whole: bool, distinct: int
) -> Iterator[Doubt]:
    """Yield what may be meant by a column of numbers (n,), NaN where missing: codes, no values."""
    data = table.data
    for value, others in _placeholders(numbers):
        sentence, written = _of_placeholder(table, name, numbers, value, others)
        keys = {"missing_values": [*data.missing_values, *written], **_filled(data)}
        remedy = "name them as missing cells"
        if not table.is_csv or _mean_something(table, name, value, written):
            remedy, keys = "make them empty in the file", without(data, name)
        yield Doubt(name, "placeholder", f"{sentence}; {remedy}, or leave the column out", keys)
    present = np.unique(numbers[~np.isnan(numbers)])
    if not whole or name in (*data.numbers, *(data.features or ())) or distinct < 3:
        return
    digits = len(f"{present[0]:.0f}")
    fixed = present[0] > 0 and digits >= 5 and len(f"{present[-1]:.0f}") == digits
    # Amounts differ more often, or are round.
    fixed = fixed and distinct <= MOST_CODES * len(numbers) and bool((present % 5).any())
    if CODE.fullmatch(name) or fixed:
        many = columns.are_too_many(distinct, int((~np.isnan(numbers)).sum()))
        yield Doubt(
            name,
            "code",
            f"whole numbers such as {present[0]:.0f} are read as numbers, but look like codes, "
            "whose order and size mean nothing",
            without(data, name) if many else {"categorical": [*data.categorical, name]},
        )


def of_target(table: Table, name: str, numbers: np.ndarray) -> Iterator[Doubt]:
    """Yield whether a number (n,) to predict stands for a missing one; classes are few."""
    data = table.data
    for value, others in _placeholders(numbers):
        sentence, written = _of_placeholder(table, name, numbers, value, others)
        if len(others) < FEWEST_ROWS:
            continue
        keys = {"missing_values": [*data.missing_values, *written], "missing": "drop"}
        if not table.is_csv or _mean_something(table, name, value, written):
            keys = {}
        yield Doubt(name, "placeholder", f"{sentence}; leave such rows out", keys)


def _of_placeholder(
    table: Table, name: str, numbers: np.ndarray, value: float, others: np.ndarray
) -> tuple[str, list[str]]:
    """Return why a number looks like a placeholder, and how its cells are written."""
    rows = numbers == value
    written = [f"{value:.0f}"]
    if name in table.text:
        some = table.text[name].filter(pa.array(rows))
        written = sorted({text for text in some.unique().to_pylist() if text is not None})
    return (
        f"{int(rows.sum())} cells are {value:.0f}, far from all others ({others[0]:.12g} to "
        f"{others[-1]:.12g}), as if it stood for a missing cell"
    ), written


def _placeholders(numbers: np.ndarray) -> Iterator[tuple[float, np.ndarray]]:
    """Yield numbers that stand for missing cells, by their distance, and all others."""
    present = np.unique(numbers[~np.isnan(numbers)])
    for value in (present[-1], present[0]):
        others = present[present != value]
        if not (NINES.fullmatch(f"{value:.0f}") and value == np.floor(value) and others.size):
            continue
        gap, spread = np.abs(others - value).min(), others[-1] - others[0]
        if (value != -1 or others[0] >= 1) and gap > max(spread, 1):
            yield float(value), others


def _mean_something(table: Table, name: str, value: float, written: list[str]) -> bool:
    """Whether another column has these cells, and there they are no placeholders.

    `data.missing_values` would make them missing there, too.
    """
    for other, text in table.text.items():
        if other == name or not pc.any(pc.is_in(text, value_set=pa.array(written))).as_py():
            continue
        if not is_number(table.cells[other].type):
            return True
        numbers = table.cells[other].cast(pa.float64(), safe=False).to_numpy()
        if value not in [far for far, _ in _placeholders(numbers)]:
            return True
    return False


def of_leak(
    data: Data, name: str, column: columns.Column, of: str, target: columns.Column
) -> Iterator[Doubt]:
    """Yield whether a column (n,) gives the target away: it equals it, or maps to it one to one."""
    both = ~(column.missing | target.missing)
    if both.sum() < FEWEST_ROWS or name in data.targets:
        return
    x, y = column.values[both], target.values[both]
    said = ""
    if column.levels == target.levels and np.array_equal(x, y):
        said = f"equals the target {of!r}"
    elif _one_to_one(x, y):
        said = f"has one value for each value of the target {of!r}"
    elif column.levels is None and target.levels is None and _correlates(x, y):
        said = f"correlates with the target {of!r} by more than {NEARLY_ONE}"
    if said:
        yield Doubt(
            name,
            "leak",
            f"{said} in all {len(x):,} rows that have both: a network would read the answer; leave "
            "it out unless it is known before the target is",
            without(data, name),
        )


def _one_to_one(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether each value goes with one of the other column, in two rows each on average."""
    first, x = np.unique(x, return_inverse=True)
    second, y = np.unique(y, return_inverse=True)
    n = len(first)
    if n != len(second) or n < 2 or n > len(x) / 2:
        return False
    return len(np.unique(x.astype(np.int64) * n + y)) == n


def _correlates(x: np.ndarray, y: np.ndarray) -> bool:
    x, y = x - x.mean(), y - y.mean()
    with np.errstate(over="ignore", invalid="ignore"):
        product = np.sqrt((x * x).sum() * (y * y).sum())
        return bool(product > 0 and abs((x * y).sum()) > NEARLY_ONE * product)
