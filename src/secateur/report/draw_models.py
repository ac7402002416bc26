"""Draw for each model how its training went and how it predicts."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from secateur.core.tasks import Task
from secateur.report.formatting import number, shorten
from secateur.report.results import Data
from secateur.report.style import INK, MUTED, SERIES, signed
from secateur.report.svg import (
    Picture,
    canvas,
    draw,
    legend,
    legend_height,
    log_scale,
    place,
    title_height,
)

POINTS = 300  # of a curve, roughly, at most: a figure has no room for more


def curves(model: str, own: pd.DataFrame, task: Task) -> Picture:
    """Draw each seed's loss by epoch, and below it the sparsity on the same axis.

    `own` has the model's `seed`, `epoch`, `loss`, `val_loss` and `sparsity`. A pretrained model has
    the single epoch 0.
    """
    last = own.groupby("seed")["epoch"].max()
    ends = f"{last.min()}" if last.min() == last.max() else f"{last.min()} to {last.max()}"
    final = own.loc[own.groupby("seed")["epoch"].idxmax(), "val_loss"]
    trained = f"{ends} epochs" if last.max() else "no training here"
    title = (
        f"{model}: {trained}; validation {task.label} {number(final.median())} at the end (median)"
    )
    labels = [*(f"seed {seed}" for seed in last.index), "validation", "training"]
    room = legend_height(labels)
    figure = canvas(room + 150 + 10 + 56 + 36 + title_height(title))
    top = place(figure, title, 150, room)
    below = place(figure, title, 56, room + 150 + 10, sharex=top)
    losses = own[["loss", "val_loss"]].to_numpy()
    losses = losses[np.isfinite(losses) & (losses > 0)]
    if losses.size:
        log_scale(top.yaxis, float(losses.min()) / 1.2, float(losses.max()) * 1.2)
    handles = []
    for index, (seed, rows) in enumerate(own.groupby("seed")):
        shown = rows.iloc[_thinned(rows["val_loss"].to_numpy())]
        colour = SERIES[index % len(SERIES)]
        dot: dict[str, Any] = (
            {"marker": "o", "markersize": 4} if len(shown) == 1 else {}
        )  # a line has no length
        top.plot(shown["epoch"], shown["loss"], ":", color=colour, linewidth=0.9, alpha=0.7,
                 **{**dot, "markerfacecolor": "none"})  # fmt: skip
        top.plot(shown["epoch"], shown["val_loss"], color=colour, linewidth=0.9, **dot)
        below.plot(shown["epoch"], 100 * shown["sparsity"], color=colour, **dot)
        handles.append(Line2D([], [], color=colour, label=f"seed {seed}"))
    handles.append(Line2D([], [], color=INK, label="validation"))
    handles.append(Line2D([], [], color=INK, linestyle=":", label="training"))
    top.set(ylabel=task.label)
    top.tick_params(labelbottom=False)
    below.set(ylabel="sparsity, %", xlabel="epoch", ylim=(-4, 104), yticks=[0, 50, 100])
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    if not last.max():
        below.set_xticks([0])
    legend(figure, title, handles)
    reached = own["sparsity"].iloc[-1]
    alt = f"Kernel sparsity at the end: {reached:.1%}."
    return draw(figure, f"curves_{model}", title, alt)


def residuals(model: str, errors: Mapping[int, np.ndarray], data: Data) -> Picture:
    """Draw the distribution of predicted minus true (n,) on the test set, a line per seed."""
    pooled = np.concatenate(list(errors.values()))
    pooled = pooled[np.isfinite(pooled)]
    wide = float(np.quantile(np.abs(pooled), 0.95)) if pooled.size else math.nan
    title = f"{model}: 95% of residuals within ±{number(wide)}"
    figure = canvas(110 + 44 + title_height(title))
    axes = place(figure, title, 110)
    limit = 2 * wide if wide > 0 else 1.0
    bins = np.linspace(-limit, limit, 61)
    for index, own in enumerate(errors.values()):
        share = np.histogram(own, bins)[0] / len(own) * 100
        axes.stairs(share, bins, color=SERIES[index % len(SERIES)], linewidth=1)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    unit = f"in units of {shorten(data.target, 12)}"
    if data.autoencoder:
        unit = "all inputs, as the network gets them"
    elif data.outputs:
        unit = f"all {len(data.outputs)} targets" + ", in standard deviations" * data.standardized
    elif data.std is not None:
        unit = f"{shorten(data.target, 12)} in standard deviations"
    axes.set(xlim=(-limit, limit), xlabel=f"predicted minus true, {unit}", ylabel="% of rows")
    beyond = np.mean(np.abs(pooled) > limit) if pooled.size else math.nan
    alt = "A line is a seed, in the colour of its training curve"
    alt += f"; {beyond:.1%} of rows lie outside the picture." if beyond > 0 else "."
    return draw(figure, f"residuals_{model}", title, alt)


def predicted(
    model: str, true: np.ndarray, guesses: Mapping[int, np.ndarray], data: Data
) -> Picture:
    """Draw predicted against true (n,) on the test set as a density of rows, over all seeds."""
    x = np.tile(true, len(guesses))
    y = np.concatenate(list(guesses.values()))
    low, high = float(true.min()), float(true.max())
    pad = (high - low) * 0.05 or 1.0
    span = (low - pad, high + pad)
    outside = float(np.mean(~((y >= span[0]) & (y <= span[1]))))
    half = float(np.median(np.abs(y - x)))
    title = f"{model}: half of the predictions within ±{number(half)} of the line"
    figure = canvas(220 + 44 + title_height(title))
    axes = place(figure, title, 220)
    axes.grid(visible=False)
    counts = np.histogram2d(x, y, bins=80, range=(span, span))[0].T
    shade = signed(np.log1p(counts) / np.log1p(counts.max() or 1.0))
    axes.imshow(shade, origin="lower", extent=(*span, *span), aspect="auto")
    axes.plot(span, span, color=MUTED, linewidth=0.7)
    name = shorten(data.target, 12) + (", standardized" if data.std is not None else "")
    if data.autoencoder:
        name = "inputs, as the network gets them"
    elif data.outputs:
        name = f"values, {len(data.outputs)} targets" + ", standardized" * data.standardized
    axes.set(xlim=span, ylim=span, xlabel=f"true {name}", ylabel=f"predicted {name}")
    alt = "The more rows, the darker"
    alt += f"; {outside:.1%} of predictions lie outside the picture." if outside > 0 else "."
    return draw(figure, f"predicted_{model}", title, alt)


def _thinned(losses: np.ndarray) -> np.ndarray:
    """Choose epochs to draw from the losses (n,): the best and the worst of each stretch."""
    if len(losses) <= POINTS:
        return np.arange(len(losses))
    filled = np.nan_to_num(losses, nan=np.inf)
    stretches = np.array_split(np.arange(len(losses)), POINTS // 2)
    ends = [(own[filled[own].argmin()], own[filled[own].argmax()]) for own in stretches]
    return np.unique([0, len(losses) - 1, *np.ravel(ends)])
