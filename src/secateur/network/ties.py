"""Channels while their graph is built: which are tied, and along which weights they lie."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

WHOLE = 0  # the channel to which all are tied that must stay
Role = Literal["makes", "reads", "carries"]


class Axis(NamedTuple):
    """One axis of one weight, along which channels lie."""

    weight: int  # its number in `layer.get_weights()`
    axis: int
    channels: np.ndarray  # (length of the axis,) by position
    role: Role  # it writes them, reads them for others, or each passes through its own


class Ties:
    """Channels while the graph is built: new ones, and which are tied."""

    def __init__(self) -> None:
        self._parents = [WHOLE]

    def new(self, count: int) -> np.ndarray:
        """Return the numbers of so many new channels."""
        start = len(self._parents)
        self._parents += range(start, start + count)
        return np.arange(start, start + count)

    def tie(self, one: np.ndarray, other: np.ndarray) -> None:
        """Tie channels pair by pair."""
        for pair in zip(one.tolist(), np.broadcast_to(other, one.shape).tolist(), strict=True):
            low, high = sorted(map(self._root, pair))
            self._parents[high] = low

    def first(self) -> np.ndarray:
        """Return the smallest number that is tied to each channel."""
        return np.array([self._root(number) for number in range(len(self._parents))])

    def _root(self, number: int) -> int:
        while self._parents[number] != number:
            self._parents[number] = self._parents[self._parents[number]]
            number = self._parents[number]
        return number


class Graph:
    """What the rules of the layers find, call by call."""

    def __init__(self) -> None:
        self.ties = Ties()
        self.axes: dict[str, list[Axis]] = {}
        self.outputs: dict[str, np.ndarray] = {}
        self.whole: dict[str, str] = {}

    def add(self, layer: Any, weight: Any, axis: int, channels: np.ndarray, role: Role) -> None:
        """Note the channels along an axis; a layer that is called again ties both calls'."""
        number = next(n for n, own in enumerate(layer.weights) if own is weight)
        axis %= len(weight.shape)
        known = self.axes.setdefault(layer.name, [])
        for own in known:
            if (own.weight, own.axis) == (number, axis):
                self.ties.tie(own.channels, channels)
                return
        known.append(Axis(number, axis, channels, role))

    def made(self, layer: Any, count: int) -> np.ndarray:
        """Return the channels that a layer makes: the same ones at each call."""
        if layer.name not in self.outputs:
            self.outputs[layer.name] = self.ties.new(count)
        return self.outputs[layer.name]

    def keep(self, layer: Any, inputs: Sequence[np.ndarray], why: str) -> None:
        """Leave whole what a layer reads, and say why."""
        self.whole.setdefault(layer.name, why)
        for channels in inputs:
            self.ties.tie(channels, np.array(WHOLE))


def width(tensor: Any) -> int:
    """Return the length of a tensor's last axis; 1 where it has none or nobody knows it."""
    shape = tensor.shape
    return int(shape[-1] or 1) if len(shape) > 1 else 1
