"""Which channels go, so that a network costs at most so much."""

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from secateur.compress.applied import times
from secateur.compress.removal import staying
from secateur.keras_io.backend import keras
from secateur.network.channels import Channels
from secateur.recipes.channels import Across

STEPS = 1000  # of the share that every group loses, with `layer`


class TooMuchError(ValueError):
    """A network costs too much with its channels at their least."""

    def __init__(self, most: float, least: float) -> None:
        super().__init__(most, least)
        self.most, self.least = most, least

    def __str__(self) -> str:
        """Say both, in no unit."""
        return f"must be {self.most:,.6g} at most, and cannot be below {self.least:,.6g}"


def macs(model: keras.Model, found: Channels, gone: np.ndarray) -> int:
    """Return the multiply-adds of one row without the channels `gone`."""
    return sum(count * math.prod(shape) for count, shape in _left(model, found, gone))


def weights(model: keras.Model, found: Channels, gone: np.ndarray) -> int:
    """Return how many weights multiply without the channels `gone`: biases and scales do not."""
    return sum(math.prod(shape) for count, shape in _left(model, found, gone) if count)


def choose(
    found: Channels,
    scores: np.ndarray,
    cost: Callable[[np.ndarray], float],
    most: float,
    *,
    across: Across = "network",
    round_to: int = 1,
    min_channels: int = 1,
    keep_layers: Collection[str] = (),
) -> np.ndarray:
    """Return channels without which a cost is at most `most`: as few of low scores as possible.

    Args:
        found: the graph of channels.
        scores: (channels,) by number; equal ones go in the order of the layers.
        cost: of the network without the channels that it is given, by number.
        most: what the cost may be.
        across: `network` compares all groups by their scores; with `layer` each group loses the
            same share.
        round_to: each group keeps a multiple of it, if it has so many: devices compute that fast.
        min_channels: each group keeps so many.
        keep_layers: layers that keep all that they make.

    A cost need not fall with every channel: a device may be slower with fewer of them. What is
    returned costs `most` or less all the same, and nothing goes from a network that does already.

    Raises:
        TooMuchError: the cost cannot be as low; the message says how low it can be.
    """
    groups = _groups(found, scores, keep_layers)
    counted = [_counted(found, group, round_to, min_channels) for group in groups]
    order = sorted((number for group in groups for number in group.tolist()),
                   key=lambda number: (scores[number], number))  # fmt: skip

    def lost(step: int) -> list[int]:
        if across == "layer":
            return [round(len(group) * step / STEPS) for group in groups]
        lowest = set(order[:step])
        return [len(lowest.intersection(group.tolist())) for group in groups]

    def gone(counts: Iterable[int]) -> np.ndarray:
        return _of_each(groups, counts, counted)

    known: dict[bytes, float] = {}  # many counts leave the same channels; a cost may take a second

    def fits(counts: Iterable[int]) -> bool:
        own = gone(counts)
        if (key := own.tobytes()) not in known:
            known[key] = cost(own)
        return known[key] <= most

    low, high = 0, STEPS if across == "layer" else len(order)
    if fits(lost(low)):
        return gone(lost(low))
    if not fits(lost(high)):
        raise TooMuchError(most, known[gone(lost(high)).tobytes()])
    while high - low > 1:  # that of `high` always fits, that of `low` never does
        middle = (low + high) // 2
        if fits(lost(middle)):
            high = middle
        else:
            low = middle
    return gone(_given_back(groups, lost(high), scores, fits))


def _given_back(
    groups: Sequence[np.ndarray],
    lost: Sequence[int],
    scores: np.ndarray,
    fits: Callable[[np.ndarray], bool],
) -> np.ndarray:
    """Return how many channels each group loses without those that cost too little to go.

    The last to go often saves more than is asked for, and some save nothing: a device computes
    eight at once, and one group alone needs the most memory. The highest scores come back first; a
    group whose next one does not fit gets no more.
    """
    may, now = set(range(len(groups))), np.array(lost)
    while may:
        back = sorted((-scores[number], number, i) for i in may for number in groups[i][: now[i]])
        of = np.array([i for _, _, i in back], int)
        count = _fitting(now, of, fits)
        now = _less(now, of[:count])
        if count == len(of):
            break
        may.remove(int(of[count]))
    return now


def _fitting(now: np.ndarray, of: np.ndarray, fits: Callable[[np.ndarray], bool]) -> int:
    """Return how many channels may come back, of the groups `of` in this order."""
    low, high = 0, 1
    while high <= len(of) and fits(_less(now, of[:high])):  # few do as a rule: small numbers first
        low, high = high, 2 * high
    high = min(high, len(of) + 1)
    while high - low > 1:
        middle = (low + high) // 2
        if fits(_less(now, of[:middle])):
            low = middle
        else:
            high = middle
    return low


def _less(lost: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Return what each group loses without channels that come back, each told by its group."""
    return lost - np.bincount(back, minlength=len(lost))


def least(
    found: Channels, *, round_to: int = 1, min_channels: int = 1, keep_layers: Collection[str] = ()
) -> np.ndarray:
    """Return all channels that can go; which of a group stay is any, how many is not."""
    groups = _groups(found, np.zeros(len(found.first)), keep_layers)
    counted = [_counted(found, group, round_to, min_channels) for group in groups]
    return _of_each(groups, map(len, groups), counted)


def _groups(found: Channels, scores: np.ndarray, keep_layers: Collection[str]) -> list[np.ndarray]:
    """Return the groups that may lose channels, each with its lowest scores first."""
    kept = {number for name in keep_layers for number in found.first[found.outputs[name]].tolist()}
    return [
        np.array(sorted(group.tolist(), key=lambda number: (scores[number], number)))
        for group in found.groups()
        if kept.isdisjoint(group.tolist())
    ]


class _Counted(NamedTuple):
    """How many numbers of a group stay: a multiple, and not fewer than the least."""

    multiple: int
    least: int


def _counted(found: Channels, group: np.ndarray, round_to: int, min_channels: int) -> _Counted:
    """Return what a layer's channels mean for the numbers that stand for them.

    A number stands for one channel of each layer that makes it, or for several: for one of each
    group of a convolution with groups, for as many as a depthwise convolution makes of one.
    """
    each = [
        max(int(np.isin(found.first[found.outputs[name]], group).sum()) // len(group), 1)
        for name in found.makers(group)
    ]
    multiple = math.lcm(*(round_to // math.gcd(round_to, one) for one in each))
    return _Counted(multiple, max(math.ceil(min_channels / min(each)), 1))


def _of_each(
    groups: Sequence[np.ndarray], counts: Iterable[int], counted: Sequence[_Counted]
) -> np.ndarray:
    """Return so many of each group, or fewer where it must keep more."""
    gone = [np.zeros(0, int)]
    for group, count, (multiple, least) in zip(groups, counts, counted, strict=True):
        stay = max(len(group) - count, min(least, len(group)))
        stay = min(math.ceil(stay / multiple) * multiple, len(group))
        gone.append(group[: len(group) - stay])
    return np.concatenate(gone)


def _left(
    model: keras.Model, found: Channels, gone: np.ndarray
) -> list[tuple[int, tuple[int, ...]]]:
    """Return how often each weight is applied, and its shape without the channels `gone`."""
    stays = staying(found, gone)
    applied = times(model)
    left: list[tuple[int, tuple[int, ...]]] = []
    for layer in model.layers:
        shapes = [list(weight.shape) for weight in layer.weights]
        for axis in found.axes.get(layer.name, []):
            shapes[axis.weight][axis.axis] = int(stays[axis.channels].sum())
        left += zip(applied.get(layer.name, []), map(tuple, shapes), strict=False)
    return left
