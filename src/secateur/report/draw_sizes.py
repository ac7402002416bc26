"""Draw the files of all models: size against error."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from secateur.core.tasks import Task
from secateur.report.formatting import number
from secateur.report.references import Reference
from secateur.report.style import INK, MUTED, kind_of_point, series
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

BETTER = 0.01  # of a test error: smaller gains are noise
FRONT = "best for its size"


class File(NamedTuple):
    """A model file's medians over the seeds."""

    model: str
    artifact: str
    gzip_bytes: float
    error: float  # on the test set; not finite for one that diverged


def strip(name: str, errors: Sequence[float], limits: tuple[float, float], index: int,
          what: str) -> Picture:  # fmt: skip
    """Draw every seed's error as a dot and the median as a line, for a table's cell.

    `what` is the error's name.
    """
    figure = canvas(18, 180)
    axes = figure.add_axes((0.06, 0.02, 0.88, 0.96))
    log_scale(axes.xaxis, *limits)
    axes.set(ylim=(-1, 1), yticks=[])
    axes.tick_params(labelbottom=False, length=0)
    axes.spines[:].set_visible(False)
    style = series(index)
    finite = [value for value in errors if math.isfinite(value)]
    axes.plot(finite, [0] * len(finite), linestyle="", marker=style["marker"], markersize=5.5,
              markerfacecolor="none", markeredgecolor=style["color"], mew=1.1)  # fmt: skip
    if len(finite) == len(errors):
        axes.axvline(float(np.median(errors)), color=style["color"], linewidth=1.5)
    values = ", ".join(number(value) for value in errors)
    return draw(figure, name, "", f"{what[0].upper()}{what[1:]} by seed: {values}")


def strip_axis(limits: tuple[float, float], what: str) -> Picture:
    """Draw the common scale of all strips, which stands above them."""
    figure = canvas(18, 180)
    axes = figure.add_axes((0.06, 0.0, 0.88, 0.1))
    log_scale(axes.xaxis, *limits)
    axes.set(yticks=[])
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(labelsize=8, pad=1, length=2, bottom=False, top=True, labelbottom=False,
                     labeltop=True)  # fmt: skip
    decades = [10.0**n for n in range(math.ceil(math.log10(limits[0])), 99) if 10.0**n <= limits[1]]
    axes.set_xticks(decades[:: max(1, math.ceil(len(decades) / 5))])
    return draw(figure, "scale", "", f"Scale: {what}, logarithmic")


def size_against_error(
    files: Sequence[File], front: Sequence[File], references: Sequence[Reference], task: Task
) -> Picture:
    """Draw each file by gzipped bytes and test error, and a line through the best ones."""
    title = "Down and to the left is better; on the line, no smaller file is as good"
    models = list(dict.fromkeys(file.model for file in files))
    measured = [reference for reference in references if reference.error is not None]
    unmeasured = [reference for reference in references if reference.error is None]
    labels = [*models, FRONT, *(["reference"] if references else [])]
    room = legend_height(labels) + 10 * len(unmeasured)
    figure = canvas(room + 250 + 36 + title_height(title))
    axes = place(figure, title, 250, room)
    shown = [file for file in files if math.isfinite(file.error)]
    sizes = [file.gzip_bytes for file in shown] + [float(r.gzip_bytes) for r in references]
    errors = [file.error for file in shown] + [float(r.error or 0) for r in measured]
    _both_log(axes, sizes, errors)
    axes.set(xlabel="gzipped bytes of the file", ylabel=f"test {task.label} (median of the seeds)")
    for index, model in enumerate(models):
        own = [file for file in shown if file.model == model]
        axes.scatter([f.gzip_bytes for f in own], [f.error for f in own], s=24, linewidths=0,
                     alpha=0.85, label=model, **series(index))  # fmt: skip
    axes.step([file.gzip_bytes for file in front], [file.error for file in front], where="post",
              color=INK, linewidth=0.9, label=FRONT)  # fmt: skip
    for known in measured:
        at = (known.gzip_bytes, known.error or 0.0)
        axes.plot(*at, "+", color=INK, markersize=10)
        side = _side(axes, known.gzip_bytes)
        axes.annotate(known.name, at, (0, 5), fontsize=8, color=INK, textcoords="offset points",
                      ha=side, va="bottom")  # fmt: skip
    for row, known in enumerate(unmeasured):
        axes.axvline(known.gzip_bytes, color=MUTED, linestyle=":", linewidth=1)
        side = _side(axes, known.gzip_bytes)
        axes.annotate(known.name, (known.gzip_bytes, 1), (0, 1 + 10 * row), fontsize=8, color=MUTED,
                      xycoords=("data", "axes fraction"), textcoords="offset points",
                      ha=side, va="bottom")  # fmt: skip
    handles, _ = axes.get_legend_handles_labels()
    if references:
        handles.append(Line2D([], [], color=INK, marker="+", linestyle="", label="reference"))
    legend(figure, title, handles)
    best = [
        f"{f.model} {f.artifact} {f.gzip_bytes:,.0f} bytes, {task.label} {number(f.error)}"
        for f in front
    ]
    return draw(figure, "size_against_error", title, f"On the line: {'; '.join(best)}.")


def trade_off(points: pd.DataFrame, task: Task) -> Picture:
    """Draw the curve from `kind`, `gzip_bytes`, `error` of each seed, with lines of medians."""
    others = {"random": "random masks", "smaller": "small dense networks",
              "channels": "fewer channels"}  # fmt: skip
    beside = [label for kind, label in others.items() if kind in set(points["kind"])]
    title = "Is it pruning?"
    if beside:
        *first, last = beside
        listed = f"{', '.join(first)} and {last}" if first else last
        title += f" {listed[0].upper()}{listed[1:]} beside it"
    room = legend_height(list(points["kind"].unique()))
    figure = canvas(room + 210 + 36 + title_height(title))
    axes = place(figure, title, 210, room)
    finite = points[np.isfinite(points["error"])]
    _both_log(axes, finite["gzip_bytes"], finite["error"])
    axes.set(xlabel="gzipped bytes of the file", ylabel=f"test {task.label}")
    for kind, own in finite.groupby("kind", sort=False):
        style = kind_of_point(str(kind))
        axes.scatter(own["gzip_bytes"], own["error"], s=8, alpha=0.5, linewidths=0, **style)
        middle = own.groupby("sparsity")[["gzip_bytes", "error"]].median()
        axes.plot(middle["gzip_bytes"], middle["error"], markersize=5, label=kind, **style)
    legend(figure, title, axes.get_legend_handles_labels()[0])
    return draw(figure, "trade_off", title, "A dot is a seed; a line joins the medians.")


def pareto(files: Iterable[File]) -> list[File]:
    """Return the files that no smaller file equals, smallest first.

    A file must be better than every smaller one by `BETTER`.
    """
    finite = [file for file in files if math.isfinite(file.error)]
    front: list[File] = []
    for file in sorted(
        finite, key=lambda file: (file.gzip_bytes, file.error, file.model, file.artifact)
    ):
        if not front or file.error < front[-1].error * (1 - BETTER):
            front.append(file)
    return front


def _side(axes: Any, x: float) -> str:
    """Choose a text's alignment: it must stay inside a logarithmic axis."""
    low, high = map(math.log, axes.get_xlim())
    return ("left", "center", "right")[min(2, int(3 * (math.log(x) - low) / (high - low)))]


def _both_log(axes: Any, x: Iterable[float], y: Iterable[float]) -> None:
    x, y = [v for v in x if v > 0] or [1.0], [v for v in y if v > 0] or [1.0]
    log_scale(axes.xaxis, min(x) / 1.25, max(x) * 1.25, "{:,.0f}")
    log_scale(axes.yaxis, min(y) / 1.5, max(y) * 1.5)
