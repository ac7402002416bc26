"""Drawn for each model: what pruning did to its kernels."""

from collections.abc import Mapping, Sequence

import numpy as np

from secateur.report.formatting import number, shorten
from secateur.report.style import INK, MUTED, SERIES, series, signed
from secateur.report.svg import (
    Picture,
    canvas,
    coarse,
    draw,
    legend,
    legend_height,
    place,
    title_height,
)

ROWS, COLUMNS = 64, 128  # of a heat map, at most
LAYERS = 6  # of a model, at most: the page is to stay light


def kernels(model: str, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray],
            note: str) -> Picture:  # fmt: skip
    """Each layer's kernel before and after as a heat map; a weight that is zero is blank."""
    layers, after = len(after), _largest_ones(after)
    kept = [np.mean(kernel != 0) for kernel in after.values()]
    title = f"{model}: " + ", ".join(
        f"{share:.0%} of {layer} left" for share, layer in zip(kept, after, strict=True)
    )
    maps = [(f"{layer} {what}", _flat(kernels[layer])) for layer in after
            for what, kernels in (("before", before), ("after", after))]  # fmt: skip
    tallest = 110 if len(after) <= 2 else 55
    heights = [float(np.clip(5 * len(values), 10, tallest)) for _, values in maps]
    title += " (of the largest layers)" if len(after) < layers else ""
    figure = canvas(sum(heights) + 17 * len(maps) + 4 + title_height(title))
    top = 0.0
    for (label, values), height in zip(maps, heights, strict=True):
        axes = place(figure, title, height, top + 13, left=6)
        largest = float(np.nanmax(np.abs(values), initial=0)) or 1.0
        axes.imshow(signed(values / largest), aspect="auto", extent=(0, 1, 0, 1))
        axes.set(xticks=[], yticks=[])
        axes.grid(visible=False)
        axes.spines[:].set_visible(True)
        axes.set_title(f"{label}, up to ±{number(largest)}", fontsize=8, loc="left", pad=2)
        top += height + 17
    shapes = "; ".join(f"{layer} {' × '.join(map(str, k.shape))}" for layer, k in after.items())
    alt = (
        f"{note} Blue is positive, orange negative, blank zero; each map has a scale of its own. "
        f"Inputs downwards, units across ({shapes}); what is higher than wide lies on its side."
    )
    if any(kernel.ndim > 2 for kernel in after.values()):
        alt += " Of a convolution the inputs are height × width × channels, one after the other."
    if any(_flat(kernel).size < kernel.size for kernel in after.values()):
        alt += (
            " Of a large kernel each place shows the one of several weights that is farthest from "
            "zero, so that fewer look blank than are."
        )
    if len(after) < layers:
        alt += f" Of {layers} layers those {len(after)} that have the most weights."
    return draw(figure, f"kernels_{model}", title, alt)


def weights(model: str, before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> Picture:
    """The distribution of the kernels' weights that are not zero, before and after, all seeds."""
    values = [np.concatenate([kernel.ravel() for kernel in side]) for side in (before, after)]
    zeros = float(np.mean(values[1] == 0))
    values = [side[np.isfinite(side)] for side in values]  # a diverged model has others
    sizes = [number(float(np.median(np.abs(v[v != 0])))) if v.any() else "none" for v in values]
    title = f"{model}: {zeros:.0%} zero; median size of the others {sizes[1]}, before {sizes[0]}"
    figure = canvas(legend_height(("before", "after")) + 100 + 36 + title_height(title))
    axes = place(figure, title, 100, legend_height(("before", "after")))
    nonzero = [side[side != 0] for side in values]
    limit = max((float(np.quantile(np.abs(v), 0.98)) for v in nonzero if v.size), default=1.0)
    bins = np.linspace(-limit, limit, 61)
    shares = [np.histogram(v, bins)[0] / max(len(values[0]), 1) * 100 for v in nonzero]
    axes.stairs(shares[1], bins, label="after", color=SERIES[0], fill=True, alpha=0.7)
    axes.stairs(shares[0], bins, label="before", color=INK, linewidth=1.1)
    axes.set(xlabel="weight (those that are zero left out)", ylabel="% of all weights")
    axes.set_xlim(-limit, limit)
    beyond = np.count_nonzero(np.abs(values[1]) > limit) / max(len(values[1]), 1)
    legend(figure, title, axes.get_legend_handles_labels()[0])
    return draw(
        figure,
        f"weights_{model}",
        title,
        f"{beyond:.1%} of the weights after lie outside the picture.",
    )


def alive(
    layer: str, units: int, left: Mapping[str, Sequence[int]], what: str = "units still connected"
) -> Picture:
    """How many of a layer's units are left, by model; every seed a dot."""
    fewest = min(left, key=lambda model: np.median(left[model]))
    title = f"{layer}: {what}, of {units}; fewest, {np.median(left[fewest]):g}, in {fewest}"
    if all(count == units for counts in left.values() for count in counts):
        title = f"{layer}: {what}, of {units}: all, in every model"
    figure = canvas(17 * len(left) + 46 + title_height(title))
    axes = place(figure, title, 17 * len(left), left=96)
    for index, (_, counts) in enumerate(left.items()):
        axes.scatter(counts, [index] * len(counts), s=16, alpha=0.75, linewidths=0, **series(index))
        axes.plot(
            [np.median(counts)] * 2, [index - 0.35, index + 0.35], color=INK, linewidth=1, zorder=1
        )
    axes.axvline(units, color=MUTED, linestyle=":", linewidth=1)
    axes.set_yticks(range(len(left)), [shorten(model) for model in left])
    axes.set(
        xlim=(0, units * 1.03),
        ylim=(len(left) - 0.5, -0.5),
        xlabel=what,
    )
    alt = "; ".join(f"{model} {', '.join(map(str, counts))}" for model, counts in left.items())
    return draw(figure, f"alive_{layer}", title, f"By seed: {alt}. The dotted line: all units.")


def _largest_ones(kernels: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Those with the most weights, in the model's order."""
    most = sorted(kernels, key=lambda layer: -kernels[layer].size)[:LAYERS]
    return {layer: kernel for layer, kernel in kernels.items() if layer in most}


def _flat(kernel: np.ndarray) -> np.ndarray:
    """As a matrix that is wider than high, of a size that can be seen."""
    return coarse(_matrix(kernel), ROWS, COLUMNS)


def _matrix(kernel: np.ndarray) -> np.ndarray:
    matrix = kernel.reshape(-1, kernel.shape[-1])
    return matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
