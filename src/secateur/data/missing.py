"""Rows that are left out because a cell is missing."""

import numpy as np

from secateur.core.errors import InputError
from secateur.data.columns import Column, Place
from secateur.data.parameters import Data


def rows_to_drop(
    data: Data, inputs: dict[str, Column], needed: dict[str, Column], place: Place
) -> np.ndarray:
    """Return the mask (n,) of the rows to drop because a cell is missing.

    A missing cell of `needed`, which are the target and what decides the split, is never filled in.

    Raises:
        InputError: cells are missing and `data.missing` refuses them, or every row would go.
    """
    table = {**inputs, **needed}
    found = {name: column.missing for name, column in table.items() if column.missing.any()}
    if data.missing == "refuse" and found:
        shown = [
            f"{name!r} ({cells.sum()}, first {place(int(cells.argmax()))})"
            for name, cells in [*found.items()][:5]
        ]
        more = f" and {len(found) - 5} more columns" if len(found) > 5 else ""
        ways = "drop (leaves these rows out)"
        if not found.keys() <= needed.keys():
            ways += " or impute (median or most frequent level of training rows)"
        raise InputError(
            f"{data.source}: missing cells in {', '.join(shown)}{more}; set data.missing: {ways}"
        )
    drop = np.zeros(len(next(iter(table.values())).values), dtype=bool)
    for name, cells in found.items():
        if data.missing == "drop" or name in needed:
            drop |= cells
    if drop.all():
        raise InputError(
            f"{data.source}: every row has a missing cell; set data.missing: impute, or put the "
            "emptiest columns in data.drop"
        )
    return drop
