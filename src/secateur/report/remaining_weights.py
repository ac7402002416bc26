"""Count how many kernel weights a model has left: zeros stay where they are, channels go."""

from statistics import median

import numpy as np

from secateur.report.results import Kernels, Results


def of_start(results: Results, name: str) -> float:
    """Return the share that a recipe leaves of its start's, zeros included: the median."""
    before, after = results.before[name], results.after[name]
    return median(_size(after[seed]) / _size(before[seed]) for seed in after)


def of_baseline(results: Results, name: str) -> float:
    """Return how many a model has of the baseline's, zeros included: the median of the shares."""
    whole, own = results.after["baseline"], results.after[name]
    return median(_size(own[seed]) / _size(whole[seed]) for seed in own)


def gone(results: Results, name: str) -> float:
    """Return the share of kernel weights that are zero or went with their channels: the median."""
    whole, own = results.after["baseline"], results.after[name]
    zeros: float = results.evaluation[name]["stripped"]["sparsity"]["kernels"]["median"]
    if all(_size(own[seed]) == _size(whole[seed]) for seed in own):
        return zeros
    return median(1 - _nonzero(own[seed]) / _size(whole[seed]) for seed in own)


def _nonzero(kernels: Kernels) -> int:
    return sum(int(np.count_nonzero(kernel)) for kernel in kernels.values())


def _size(kernels: Kernels) -> int:
    return sum(kernel.size for kernel in kernels.values())
