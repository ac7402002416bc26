"""Arrays that may be larger than memory: memory maps, and the blocks that they are read in."""

import mmap
from collections.abc import Iterator
from typing import Any

import numpy as np

BYTES_AT_ONCE = 1 << 24


def release(array: np.ndarray) -> None:
    """Give back the memory that reading a memory map has taken; other arrays stay as they are.

    Pages that were read count as this process's memory until the system needs them elsewhere.
    """
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap):
        base.madvise(mmap.MADV_DONTNEED)


def blocks(array: np.ndarray, bytes_at_once: int = BYTES_AT_ONCE) -> Iterator[np.ndarray]:
    """Yield all rows in their order, some at a time; a block is valid until the next."""
    step = max(1, bytes_at_once // (array[:1].nbytes or 1))
    for start in range(0, len(array), step):
        yield array[start : start + step]
        release(array)
