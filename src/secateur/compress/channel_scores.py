"""How much a channel matters, by the scores of the literature: the least go first.

A score is of a channel with all that is tied to it: the mean over the layers that make it. Scores
of a group are divided by their mean, so groups of layers of other sizes compare; Torch-Pruning does
the same. They are computed in float64 and rounded, so every processor finds the same order.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from secateur.network.channels import Channels
from secateur.recipes.channels import Score

Arrays = Mapping[str, Sequence[np.ndarray]]  # by layer, as `get_weights` has them


def scores(
    found: Channels,
    weights: Arrays,
    score: Score,
    *,
    scales: Mapping[str, np.ndarray] | None = None,
    gradients: Iterable[Arrays] = (),
    seed: int = 0,
) -> np.ndarray:
    """Return the score of each channel (channels,) float32 by its number; 0 where it has none.

    Args:
        found: the graph of channels.
        weights: of each layer.
        score: `l1` and `l2`, the norms of what makes it (H. Li et al., 2017, "Pruning Filters for
            Efficient ConvNets"); `bn_scale`, the scales of batch normalization (Z. Liu et al.,
            2017, "Network Slimming"); `fpgm`, the distance from the other filters (Y. He et al.,
            2019, "Filter Pruning via Geometric Median"); `taylor`, how much the loss would change,
            to the first order (P. Molchanov et al., 2019, "Importance Estimation for Neural Network
            Pruning"); `random`, the control.
        scales: for `bn_scale`, the scale of each channel by the layer that normalizes.
        gradients: for `taylor`, of the loss on one batch of training rows after the other, as
            `weights`. Over all rows at once they are nearly zero where training has ended.
        seed: for `random`.

    Raises:
        ValueError: a group has no batch normalization with a scale, whose `bn_scale` is asked for.
    """
    groups = found.groups()
    if score == "random":
        values = np.random.default_rng(seed).random(len(found.first))
    elif score == "bn_scale":
        values = _of_scales(found, scales or {}, groups)
    elif score == "taylor":
        slopes = (_of_kernels(found, weights, _slopes, batch) for batch in gradients)
        values = np.mean(list(slopes), axis=0)
    else:
        measure = {"l1": _l1, "l2": _l2, "fpgm": _distances}[score]
        values = _of_kernels(found, weights, measure, weights)
    values = np.nan_to_num(values, nan=0, posinf=0)  # of a network that diverged, none is known
    result = np.zeros(len(found.first), np.float32)
    for group in groups:
        own = values[group]
        mean = own.mean()
        result[group] = own / mean if mean > 0 else own
    return result


def _of_kernels(
    found: Channels,
    weights: Arrays,
    measure: Callable[[np.ndarray, np.ndarray], np.ndarray],
    beside: Arrays,
) -> np.ndarray:
    """Return the mean over the kernels that make a channel; each is measured with one beside it."""
    sums, counts = np.zeros(len(found.first)), np.zeros(len(found.first))
    for name, axes in found.axes.items():
        for axis in axes:
            array = weights[name][axis.weight]
            if axis.role != "makes" or array.ndim < 2:
                continue
            other = beside[name][axis.weight]
            own = measure(_by_channel(array, axis.axis), _by_channel(other, axis.axis))
            numbers = found.first[axis.channels]
            np.add.at(sums, numbers, own)
            np.add.at(counts, numbers, 1)
    return sums / np.maximum(counts, 1)  # type: ignore[no-any-return]


def _of_scales(
    found: Channels, scales: Mapping[str, np.ndarray], groups: Sequence[np.ndarray]
) -> np.ndarray:
    sums, counts = np.zeros(len(found.first)), np.zeros(len(found.first))
    for name, scale in scales.items():
        numbers = found.first[found.outputs[name]]
        np.add.at(sums, numbers, np.abs(scale.astype(np.float64)))
        np.add.at(counts, numbers, 1)
    for group in groups:
        if not counts[group].all():
            makers = ", ".join(found.makers(group))
            raise ValueError(f"{makers}: no batch normalization scales what it makes")
    return sums / np.maximum(counts, 1)  # type: ignore[no-any-return]


def _by_channel(array: np.ndarray, axis: int) -> np.ndarray:
    """Return an array as (channels, all others) float64."""
    moved = np.moveaxis(array, axis, 0)
    return moved.reshape(len(moved), -1).astype(np.float64)


def _slopes(kernel: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    return (kernel * gradient).sum(axis=1) ** 2  # type: ignore[no-any-return]


def _l1(kernel: np.ndarray, _: np.ndarray) -> np.ndarray:
    return np.abs(kernel).sum(axis=1)  # type: ignore[no-any-return]


def _l2(kernel: np.ndarray, _: np.ndarray) -> np.ndarray:
    return np.sqrt((kernel**2).sum(axis=1))  # type: ignore[no-any-return]


def _distances(kernel: np.ndarray, _: np.ndarray) -> np.ndarray:
    """Return the sum of each filter's distances from all others: the one nearest to them goes."""
    squares = (kernel**2).sum(axis=1)
    apart = squares[:, None] + squares - 2 * kernel @ kernel.T
    np.fill_diagonal(apart, 0)
    return np.sqrt(np.maximum(apart, 0)).sum(axis=1)  # type: ignore[no-any-return]
