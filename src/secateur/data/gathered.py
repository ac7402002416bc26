"""Rows that come some at a time, and may be more in the end than fit into memory."""

import tempfile
from pathlib import Path
from typing import IO

import numpy as np

from secateur.arrays import mapped

IN_MEMORY = 1 << 28  # bytes; more lie in a file
FOLDER = Path(".dvc/tmp")  # of a DVC project, on the disk of its outputs


class Gathered:
    """Rows (n, …) of one type and shape, in the order of their coming.

    They are kept in memory. From `IN_MEMORY` bytes on they lie in a file, which has no name and is
    gone with the process.
    """

    def __init__(self) -> None:
        self.blocks: list[np.ndarray] = []
        self.rows = self.bytes = 0
        self.file: IO[bytes] | None = None

    def append(self, rows: np.ndarray) -> None:
        """Add rows (k, …), which may change afterwards.

        Raises:
            ValueError: they have another type or shape than the first ones.
            OSError: the disk is full.
        """
        first = self.blocks[0] if self.blocks else rows
        if rows.dtype != first.dtype or rows.shape[1:] != first.shape[1:]:
            raise ValueError(
                f"rows of {rows.dtype} and shape {list(rows.shape[1:])} after rows of "
                f"{first.dtype} and shape {list(first.shape[1:])}"
            )
        self.rows += len(rows)
        self.bytes += rows.nbytes
        if self.file is None:
            self.blocks.append(np.array(rows))
            if self.bytes > IN_MEMORY:
                self._begin_file()
        else:
            self.file.write(np.ascontiguousarray(rows).data)

    def array(self) -> np.ndarray:
        """Return all rows, in memory or as a memory map that can be read only; none can follow."""
        first = self.blocks[0]
        if self.file is None:
            return first if len(self.blocks) == 1 else np.concatenate(self.blocks)
        with self.file as file:
            file.flush()
            shape = (self.rows, *first.shape[1:])
            return np.memmap(file, first.dtype, mode="r", shape=shape).view(np.ndarray)

    def _begin_file(self) -> None:
        folder = FOLDER if FOLDER.is_dir() else None
        self.file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  the map needs it
        for block in self.blocks:
            self.file.write(np.ascontiguousarray(block).data)
        self.blocks = [self.blocks[0][:0]]


def rows_of(array: np.ndarray, numbers: np.ndarray, bytes_at_once: int = 1 << 24) -> np.ndarray:
    """Return some rows of an array, in memory or as a memory map."""
    found = Gathered()
    step = max(1, bytes_at_once // (array[:1].nbytes or 1))
    for start in range(0, len(numbers), step):
        found.append(mapped.take(array, numbers[start : start + step]))
    return found.array()
