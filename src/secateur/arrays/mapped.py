"""Arrays that may be larger than memory: memory maps, and the blocks that they are read in."""

import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np

BYTES_AT_ONCE = 1 << 24
AROUND = 1 << 20  # a row that is read takes its neighbours with it: the system maps what it has


def release(array: np.ndarray) -> None:
    """Give back the memory that reading a memory map has taken; other arrays stay as they are.

    Pages that were read count as this process's memory until the system needs them elsewhere.
    """
    if (file := _file(array)) is not None:
        file.madvise(mmap.MADV_DONTNEED)


def blocks(array: np.ndarray, bytes_at_once: int = BYTES_AT_ONCE) -> Iterator[np.ndarray]:
    """Yield all rows in their order, some at a time; a block is valid until the next."""
    step = max(1, bytes_at_once // (array[:1].nbytes or 1))
    for start in range(0, len(array), step):
        yield array[start : start + step]
        release(array)


def take(array: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
    """Return some rows, by number or slice; of a memory map, a copy that keeps no memory of it."""
    if _file(array) is None:
        return array[rows]
    if isinstance(rows, slice):
        rows = np.arange(len(array))[rows]
    found = np.empty((len(rows), *array.shape[1:]), array.dtype)
    step = max(1, BYTES_AT_ONCE // (array[:1].nbytes + AROUND))
    for start in range(0, len(rows), step):
        found[start : start + step] = array[rows[start : start + step]]
        release(array)
    return found


def _file(array: np.ndarray) -> mmap.mmap | None:
    """Return the memory map that an array is a view of, if it is one."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) else None
