"""Draw how many of each layer's units remain after pruning."""

import numpy as np

from secateur.report import draw_kernels
from secateur.report.results import Kernels, Results
from secateur.report.svg import Picture

LAYERS = 12  # figures, at most: for the layers with the most units


def figures(results: Results) -> list[Picture]:
    """Draw a figure for each layer but the last, whose units are the model's outputs."""
    whole: Kernels = next(iter(results.after["baseline"].values()))
    # A last side of 1 mostly means a depthwise kernel: that side does not count its units. Several
    # kernels, as of a recurrent layer, come as one vector: it has no side of them either.
    units = {
        layer: kernel.shape[-1]
        for layer, kernel in list(whole.items())[:-1]
        if kernel.ndim > 1 and kernel.shape[-1] > 1
    }
    most = sorted(units, key=lambda layer: -units[layer])[:LAYERS]
    return [_figure(results, layer, whole[layer]) for layer in units if layer in most]


def _figure(results: Results, layer: str, whole: np.ndarray) -> Picture:
    units = whole.shape[-1]
    connected = {
        model: [k[layer].shape[-1] if layer in k else 0 for k in results.compacted[model].values()]
        for model in results.models
    }
    what = "units" if whole.ndim == 2 else "filters"
    if any(count < units for counts in connected.values() for count in counts):
        return draw_kernels.alive(layer, units, connected, f"{what} still connected")
    # No file has lost one: what is all zero may be a constant that had to stay. Count the others.
    remaining = {
        model: [
            int(k[layer].reshape(-1, units).any(axis=0).sum())
            for k in results.after[model].values()
        ]
        for model in results.models
    }
    return draw_kernels.alive(layer, units, remaining, f"{what} that are not all zero")
