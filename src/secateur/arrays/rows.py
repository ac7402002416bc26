"""Rows as a network takes them."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

ROWS_AT_ONCE = 4096
CELLS_AT_ONCE = 1 << 22  # as float32, 16 MiB


def rows_at_once(cells: int) -> int:
    """Return how many rows to compute with at once, where a row takes so many numbers."""
    return max(1, min(ROWS_AT_ONCE, CELLS_AT_ONCE // cells))


def evenly(rows: int, most: int) -> np.ndarray:
    """Return the numbers of `most` of so many rows, or of all, evenly spaced."""
    return np.linspace(0, rows - 1, min(rows, most)).astype(int)


class Readable(Protocol):
    """Inputs (n, *shape): an array, or what reads rows when they are asked for."""

    @property
    def shape(self) -> tuple[int, ...]:  # noqa: D102
        ...

    def __len__(self) -> int: ...
    def __getitem__(self, rows: Any, /) -> Any: ...


class Rows(NamedTuple):
    """A network's inputs (n, *shape), most often (n, features), and targets (n, 1).

    A regression with several outputs has targets (n, outputs). An autoencoder's are its inputs
    (n, *shape), read like these, even where the network gets some of the inputs only.
    """

    x: Readable
    y: Any  # an array; of an autoencoder, Readable

    def targets(self) -> np.ndarray:
        """Return all targets (n, outputs) in memory, those of a row side by side."""
        y = np.asarray(self.y[:])
        return y if y.ndim == 2 else y.reshape(len(y), -1)

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all inputs (k, *shape) in their order, some rows at a time."""
        step = rows_at_once(math.prod(self.x.shape[1:]))
        for start in range(0, len(self.x), step):
            yield self.x[start : start + step]

    def of_inputs(self, inputs: list[int] | None) -> "Rows":
        """Keep the inputs with these numbers; None keeps all."""
        return self if inputs is None else Rows(self.x[:, inputs], self.y)
