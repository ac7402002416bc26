"""Draw what each layer's precision costs in error."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.lines import Line2D

from secateur.report.formatting import number, shorten
from secateur.report.results import Results
from secateur.report.style import INK, MUTED, SERIES
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

PARTS = 24  # rows, at most: those whose precision costs most
ROW, LEFT = 15, 112  # units
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "int4": {"color": SERIES[1], "marker": "v"},
    "int16": {"color": SERIES[3], "marker": "s"},
    "float32": {"color": SERIES[0], "marker": "^"},
}


def figure(results: Results, name: str) -> Picture:
    """Draw the ratio of errors for each part of a file and each precision it may have.

    A part differs from a file of int8 alone; what was chosen is filled.
    """
    found = results.precision[name]
    costs = [row for row in found["costs"] if row["error_ratio"] is not None]
    parts = list(dict.fromkeys(row["part"] for row in costs))
    whole, largest = found["int8"]["error_ratio"] or 1.0, found["largest_error_ratio"]
    most = sorted(parts, key=lambda part: -_apart(part, costs, whole))[:PARTS]
    shown = [part for part in parts if part in most]
    title = f"{name}: error of its file if one part is not int8"
    if len(shown) < len(parts):
        title += f", for the {len(shown)} that matter most of {len(parts)}"
    kinds = [kind for kind in LOOKS if any(row["precision"] == kind for row in costs)]
    handles = [Line2D([], [], linestyle="", label=kind, **LOOKS[kind]) for kind in kinds]
    handles.append(Line2D([], [], color=INK, linewidth=1, label=f"int8 alone, {number(whole)}"))
    handles.append(Line2D([], [], color=MUTED, linestyle=":", label=f"allowed, {largest:g}"))
    room = legend_height([str(handle.get_label()) for handle in handles])
    high = max(len(shown), 1) * ROW + 8
    canvas_ = canvas(high + room + 40 + title_height(title))
    axes = place(canvas_, title, high, room, LEFT)
    axes.axvline(whole, color=INK, linewidth=1)
    axes.axvline(largest, color=MUTED, linestyle=":", linewidth=1.2)
    for row in costs:
        if row["part"] in shown:
            at = shown.index(row["part"])
            if row["lowest"] is not None:
                axes.plot([row["lowest"], row["highest"]], [at, at], color=MUTED, linewidth=0.7)
            look = LOOKS[row["precision"]]
            face = look["color"] if row["chosen"] else "none"
            axes.plot([row["error_ratio"]], [at], markersize=5, markerfacecolor=face, **look)
    _scale(axes, [whole, largest, *(row["error_ratio"] for row in costs)])
    label = f"validation {results.data.task.label}, ratio to the float file's"
    axes.set(ylim=(len(shown) - 0.4, -0.6), xlabel=label)
    axes.set_yticks(range(len(shown)), [shorten(part, 18) for part in shown])
    axes.tick_params(labelsize=8)
    axes.xaxis.label.set_fontsize(8)
    legend(canvas_, title, handles)
    return draw(canvas_, f"precision_{name}", title, _alt(shown, costs, whole, largest))


def _apart(part: str, costs: Sequence[Mapping[str, Any]], whole: float) -> float:
    """Return how far a part's precisions move the error."""
    return max(abs(math.log(row["error_ratio"] / whole)) if row["error_ratio"] else math.inf
               for row in costs if row["part"] == part)  # fmt: skip


def _scale(axes: Any, ratios: Sequence[float]) -> None:
    low, high = min(ratios), max(ratios)
    if low > 0 and high / low > 4:
        log_scale(axes.xaxis, low / 1.2, high * 1.2)
    else:
        room = max(high - low, 0.01) * 0.08
        axes.set_xlim(low - room, high + room)


def _alt(
    shown: Sequence[str], costs: Sequence[Mapping[str, Any]], whole: float, largest: float
) -> str:
    """Give the figures to people who cannot see the marks."""
    parts = []
    for part in shown:
        own = [f"{row['precision']} {number(row['error_ratio'])}{', chosen' * row['chosen']}"
               for row in costs if row["part"] == part]  # fmt: skip
        parts.append(f"{part}: {', '.join(own)}")
    return (
        f"Ratios, medians over the seeds; a line reaches from the lowest seed to the highest, and "
        f"what is chosen is filled. int8 alone: {number(whole)}; allowed: {largest:g}. "
        f"{'; '.join(parts)}."
    )
