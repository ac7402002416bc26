"""Rows that occur several times: in two parts of a split, they would be learned and then tested."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from secateur.arrays import mapped
from secateur.data.columns import Column

CELLS_AT_ONCE = 1 << 20  # all images of a set as float64 may not fit into memory
Block = Callable[[np.ndarray | slice], np.ndarray]  # from row numbers to their cells (rows, k)


class Repeats(NamedTuple):
    """Which rows are equal: `groups` (n,) numbers distinct rows from 0, in order of appearance."""

    groups: np.ndarray
    distinct: int  # rows that occur more than once, each counted once
    rows: int  # all rows that have an equal one


def repeats(inputs: dict[str, Column] | np.ndarray, target: np.ndarray) -> Repeats:
    """Find rows with equal inputs and equal targets; a missing cell equals a missing cell.

    Hashes find candidates, and a comparison of their cells decides.
    """
    cells = _cells(inputs, target)
    n = len(target)
    width = cells(slice(0, 1)).shape[1]
    step = max(1, CELLS_AT_ONCE // width)
    factors = np.random.RandomState(0).randint(0, 2**63, width, dtype=np.uint64) * 2 + 1
    hashes = np.empty(n, dtype=np.uint64)
    for start in range(0, n, step):
        bits = cells(slice(start, start + step)).view(np.uint64)
        # Short numbers differ in their high bits only; this spreads them before the product.
        bits = (bits ^ (bits >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
        hashes[start : start + step] = ((bits ^ (bits >> np.uint64(29))) * factors).sum(axis=1)
    equal_to = np.arange(n)
    pending = np.arange(n)
    while pending.size:  # a second round is for rows that differ in spite of one hash
        _, first, inverse = np.unique(hashes[pending], return_index=True, return_inverse=True)
        candidates = pending[first[inverse]]
        same = _equal(cells, pending, candidates, step)
        equal_to[pending[same]] = candidates[same]
        pending = pending[~same]
    ranks = np.cumsum(equal_to == np.arange(n)) - 1
    groups = ranks[equal_to]
    counts = np.bincount(groups)
    several = counts > 1
    return Repeats(groups, int(several.sum()), int(counts[several].sum()))


def _equal(cells: Block, rows: np.ndarray, others: np.ndarray, step: int) -> np.ndarray:
    """Return the mask (n,) of the rows that equal the row beside them, cell by cell."""
    same = rows == others
    apart = np.flatnonzero(~same)
    for start in range(0, len(apart), step):
        at = apart[start : start + step]
        bits = cells(rows[at]).view(np.uint64), cells(others[at]).view(np.uint64)
        same[at] = (bits[0] == bits[1]).all(axis=1)
    return same


def _cells(inputs: dict[str, Column] | np.ndarray, target: np.ndarray) -> Block:
    """Return a function that gives rows as contiguous float64, equal ones with equal bits."""

    def cells(rows: np.ndarray | slice) -> np.ndarray:
        if isinstance(inputs, np.ndarray):
            part = mapped.take(inputs, rows)
            found = [part.reshape(len(part), -1)]
        else:
            found = [column.values[rows][:, None] for column in inputs.values()]
        own = target[rows]
        labels = own[:, None] if own.ndim == 1 else own
        matrix = np.concatenate([*found, labels], axis=1, dtype=np.float64)
        matrix += 0.0  # -0.0 becomes 0.0
        matrix[np.isnan(matrix)] = np.nan  # one of the many
        return matrix

    return cells
