"""Draw what zeros buy on each device: the costs of the trade-off curve's files over sparsity."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from secateur.report.costs import stale
from secateur.report.formatting import printable
from secateur.report.panels import (
    KINDS,
    NO_FIGURE,
    Panel,
    dash,
    described,
    devices,
    grid,
    handles,
    head,
    medians,
    panel_of_times,
    timed,
)
from secateur.report.results import Results
from secateur.report.style import MUTED, kind_of_point
from secateur.report.svg import Picture, draw

TITLE = "What zeros buy, and where: each cost as a ratio to the dense network's"

Ratios = Mapping[float, float]  # by sparsity


class Line(NamedTuple):
    """A kind of network's cost over sparsity."""

    kind: str
    ratios: Ratios
    device: str = ""  # of a time


def zeros(results: Results) -> Picture:
    """Draw a panel for each cost; a line joins the ratios of the medians over the seeds."""
    found = [*_counted(results.curve_costs), _timed(results)]
    there = {line.kind for panel in found for line in panel.lines}
    kinds = {kind: label for kind, label in KINDS.items() if kind in there}
    measured = devices(found[-1].lines)
    figure, every = grid(TITLE, len(found), handles(kinds, measured))
    values = [ratio for panel in found for line in panel.lines for ratio in line.ratios.values()]
    highest = max([1.05, *values]) * 1.05
    for axes, panel in zip(every, found, strict=True):
        _panel(axes, panel, highest, measured, last=axes in every[-2:])
    return draw(figure, "zeros", TITLE, _alt(found))


def by_shape(costs: pd.DataFrame) -> str:
    """Say how much of what pruned files gain is of units that are gone, and not of zeros.

    Zeros leave the multiply-accumulates as they are; what is fewer, compaction has taken out.
    """
    macs = _ratios(costs[costs["type"] == "float32"], "pruned", "macs")
    fewer = [f"{ratio:.2g} at {sparsity:.3g}" for sparsity, ratio in macs.items() if ratio < 0.995]
    if not macs:
        return ""
    if not fewer:
        return (
            "The pruned files have as many multiply-accumulates as the dense one: they differ from "
            "it by zeros alone."
        )
    return (
        "Zeros leave the multiply-accumulates as they are. The pruned files have fewer, as a ratio "
        f"to the dense one's {', '.join(fewer)}, because compaction removes units and inputs that "
        "pruning has disconnected: that share of each gain is a smaller network's."
    )


def _counted(costs: pd.DataFrame) -> Iterator[Panel[Line]]:
    """Yield the panels of costs that are counted: the float file's bytes, the NPU's of int8."""
    floats, int8 = (costs[costs["type"] == kind] for kind in ("float32", "int8"))
    for name, own, column in (
        ("Gzipped bytes, float32", floats, "gzip_bytes"),
        ("Ethos-U flash, int8", int8, "flash_kib"),
        ("Ethos-U cycles, int8", int8, "cycles"),
    ):
        lines = [Line(kind, ratios) for kind in KINDS if (ratios := _ratios(own, kind, column))]
        yield Panel(name, lines, NO_FIGURE)


def _ratios(costs: pd.DataFrame, kind: str, column: str) -> dict[float, float]:
    """Return the ratio of medians by sparsity; a point that lacks a seed's figure has none."""
    dense = medians(costs, "dense", column).get(0.0, np.nan)
    found = {
        sparsity: value / dense
        for sparsity, value in medians(costs, kind, column).items()
        if dense and np.isfinite(value / dense)
    }
    return {0.0: 1.0, **found} if found else {}


def _timed(results: Results) -> Panel[Line]:
    """Return the panel of times: of the first seed's float32 files, with XNNPACK."""
    lines = []
    for device in results.measured:
        for kind in KINDS:
            every = medians(results.curve_costs, kind, "sparsity")
            found = {
                sparsity: float(ratio.median)
                for sparsity, ratio in timed(results, device, kind, every, "ratio")
                if not stale(results, device, "trade_off/dense_0")
            }
            if found:
                lines.append(Line(kind, {0.0: 1.0, **found}, printable(device)))
    return panel_of_times("Time", lines, results, 16)


def _panel(
    axes: Any, panel: Panel[Line], highest: float, measured: Sequence[str], last: bool
) -> None:
    axes.set(xlim=(-0.02, 1.02), ylim=(0, highest), xticks=[0, 0.5, 1])
    axes.set_xticklabels(["0", "50%", "100%"])
    axes.axhline(1, color=MUTED, linewidth=0.7, linestyle=":")
    head(axes, panel.head, "" if panel.lines else panel.empty)
    if last:
        axes.set_xlabel("sparsity", fontsize=9)
    for line in panel.lines:
        axes.plot([*line.ratios], [*line.ratios.values()], markersize=4,
                  linestyle=dash(line.device, measured), **kind_of_point(line.kind))  # fmt: skip


def _alt(panels: Sequence[Panel[Line]]) -> str:
    """Give the figures to people who cannot see the lines; sparsities that all share, once."""
    every = {tuple(s for s in line.ratios if s) for panel in panels for line in panel.lines}
    shared = every.pop() if len(every) == 1 else ()
    at = f" at a sparsity of {', '.join(f'{s:.3g}' for s in shared)}" if shared else ""
    found = described(panels, KINDS, lambda line: _figures(line.ratios, bool(shared)))
    return f"Ratios{at}, medians over the seeds. {found}."


def _figures(ratios: Ratios, shared: bool) -> str:
    found = {sparsity: ratio for sparsity, ratio in ratios.items() if sparsity}
    return ", ".join(f"{r:.2f}" if shared else f"{r:.2f} at {s:.3g}" for s, r in found.items())
