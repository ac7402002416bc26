"""Rows as a network takes them."""

from typing import NamedTuple

import numpy as np


class Rows(NamedTuple):
    """A network's inputs (n, *shape), most often (n, features), and targets (n, 1)."""

    x: np.ndarray
    y: np.ndarray

    def of_inputs(self, inputs: list[int] | None) -> "Rows":
        """Keep the inputs with these numbers; None keeps all."""
        return self if inputs is None else Rows(self.x[:, inputs], self.y)
