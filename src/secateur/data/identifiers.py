"""Columns that number the rows: a network would learn the order of the file."""

import re
from typing import Any

import numpy as np
import pyarrow as pa

from secateur.core.errors import InputError
from secateur.data.columns import EXACT
from secateur.data.parameters import Data

FEWEST_ROWS = 10  # fewer may be 1, 2, 3 by chance
NAME = re.compile(
    r"((.*[\W_])?(id|idx|index|uid|guid|key|rowid|rownum|row|nr|no|number|rownames)|unnamed: \d+)"
    r"\W*",
    re.IGNORECASE,
)
CAMEL = re.compile(r".*[a-z](Id|ID)")  # PassengerId, customerID


def check(at: str, name: str, cells: Any, data: Data) -> None:
    """Raise InputError for whole numbers that count the rows, or that identify each.

    A column that the user names in `data.features`, `data.numbers` or `data.categorical` is what
    she says.
    """
    chosen = [*(data.features or []), *data.numbers, *data.categorical, *data.verbatim]
    if name in chosen or not pa.types.is_integer(cells.type) or cells.null_count:
        return
    rows = len(cells)
    if rows < FEWEST_ROWS:
        return
    numbers = cells.to_numpy()
    keep = (
        f"put the column in data.drop, or set data.numbers: {[*data.numbers, name]} to use it as "
        "numbers"
    )
    first = int(numbers[0])
    if first in (0, 1) and np.array_equal(numbers, np.arange(first, first + rows)):
        raise InputError(f"{at}: counts the rows from {first} to {numbers[-1]}; {keep}")
    large = abs(int(numbers.max())) >= EXACT
    if not (large or NAME.fullmatch(name) or CAMEL.fullmatch(name)):
        return
    if len(np.unique(numbers)) == rows:
        raise InputError(
            f"{at}: {rows:,} different whole numbers in {rows:,} rows, like an identifier such as "
            f"{first}; {keep}"
        )
