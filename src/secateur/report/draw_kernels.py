"""Draw for each model what pruning did to its kernels."""

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
LAYERS = 6  # per model, at most: the page must stay small


def kernels(model: str, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray],
            note: str) -> Picture:  # fmt: skip
    """Draw each layer's kernel before and after pruning as a heat map; zeros are blank."""
    layers, after = len(after), _largest_ones(after)
    kept = [np.count_nonzero(kernel) / before[layer].size for layer, kernel in after.items()]
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
        f"{note} Blue is positive, orange negative, blank zero; each map has its own scale. "
        f"Inputs run down, units across ({shapes}); a kernel higher than wide is turned."
    )
    if any(kernel.ndim > 2 for kernel in after.values()):
        alt += " A convolution's inputs are height × width × channels, one after the other."
    if any(_flat(kernel).size < kernel.size for kernel in after.values()):
        alt += (
            " A place in a large kernel stands for several weights and shows the one farthest from "
            "zero: fewer look blank than are."
        )
    if any(kernel.size < before[layer].size for layer, kernel in after.items()):
        alt += (
            " What is left is the share of the weights before: channels went, with all of theirs."
        )
    if len(after) < layers:
        alt += f" Shown are the {len(after)} of {layers} layers with the most weights."
    return draw(figure, f"kernels_{model}", title, alt)


def weights(model: str, before: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> Picture:
    """Draw the distribution of nonzero kernel weights before and after, over all seeds."""
    values = [np.concatenate([kernel.ravel() for kernel in side]) for side in (before, after)]
    zeros = float(np.mean(values[1] == 0))
    values = [side[np.isfinite(side)] for side in values]  # a diverged model has others too
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
    axes.set(xlabel="weight (without zeros)", ylabel="% of all weights")
    axes.set_xlim(-limit, limit)
    beyond = np.count_nonzero(np.abs(values[1]) > limit) / max(len(values[1]), 1)
    legend(figure, title, axes.get_legend_handles_labels()[0])
    return draw(
        figure,
        f"weights_{model}",
        title,
        f"{beyond:.1%} of the weights after pruning lie outside the picture.",
    )


def alive(
    layer: str,
    units: int,
    remaining: Mapping[str, Sequence[int]],
    what: str = "units still connected",
) -> Picture:
    """Draw how many of a layer's units remain, by model; every seed is a dot."""
    fewest = min(remaining, key=lambda model: np.median(remaining[model]))
    title = f"{layer}: {what}, of {units}; fewest, {np.median(remaining[fewest]):g}, in {fewest}"
    if all(count == units for counts in remaining.values() for count in counts):
        title = f"{layer}: {what}, of {units}: all, in every model"
    figure = canvas(17 * len(remaining) + 46 + title_height(title))
    axes = place(figure, title, 17 * len(remaining), left=96)
    for index, (_, counts) in enumerate(remaining.items()):
        axes.scatter(counts, [index] * len(counts), s=16, alpha=0.75, linewidths=0, **series(index))
        axes.plot(
            [np.median(counts)] * 2, [index - 0.35, index + 0.35], color=INK, linewidth=1, zorder=1
        )
    axes.axvline(units, color=MUTED, linestyle=":", linewidth=1)
    axes.set_yticks(range(len(remaining)), [shorten(model) for model in remaining])
    axes.set(
        xlim=(0, units * 1.03),
        ylim=(len(remaining) - 0.5, -0.5),
        xlabel=what,
    )
    alt = "; ".join(f"{model} {', '.join(map(str, own))}" for model, own in remaining.items())
    return draw(
        figure, f"alive_{layer}", title, f"By seed: {alt}. The dotted line marks all units."
    )


def _largest_ones(kernels: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the kernels with the most weights, in the model's order."""
    most = sorted(kernels, key=lambda layer: -kernels[layer].size)[:LAYERS]
    return {layer: kernel for layer, kernel in kernels.items() if layer in most}


def _flat(kernel: np.ndarray) -> np.ndarray:
    """Return the kernel as a matrix, wider than high and small enough to draw."""
    return coarse(_matrix(kernel), ROWS, COLUMNS)


def _matrix(kernel: np.ndarray) -> np.ndarray:
    matrix = kernel.reshape(-1, kernel.shape[-1])
    return matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
