"""Draw the error of the trade-off curve's files against what each costs, by kind."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from secateur.report.formatting import number, printable
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
from secateur.report.style import kind_of_point
from secateur.report.svg import Picture, draw, log_scale

ALL = {"dense": "dense", **KINDS}
# A cost, the type of file that it is of, its column; the file's error stands in another table.
COUNTED = (
    ("MACs, float32", "float32", "macs"),
    ("Ethos-U cycles, int8", "int8", "cycles"),
    ("Ethos-U flash in KiB, int8", "int8", "flash_kib"),
)
ERRORS = {"float32": "error", "int8": "int8_error"}

Figures = Mapping[float, float]  # by sparsity


class Line(NamedTuple):
    """A kind of network: a point for each sparsity."""

    kind: str
    costs: Sequence[float]
    errors: Sequence[float]
    device: str = ""  # of a time


def error_by_cost(results: Results) -> Picture:
    """Draw a panel for each cost; a line joins the medians over the seeds."""
    label = results.data.task.label
    title = f"Test {label} against each cost: down and to the left is better"
    found = [*_counted(results), _timed(results)]
    lines = [line for panel in found for line in panel.lines]
    kinds = {k: text for k, text in ALL.items() if any(line.kind == k for line in lines)}
    measured = devices(found[-1].lines)
    figure, every = grid(title, len(found), handles(kinds, measured))
    errors = [error for line in lines for error in line.errors] or [1.0]
    for axes, panel in zip(every, found, strict=True):
        head(axes, panel.head, "" if panel.lines else panel.empty)
        costs = [cost for line in panel.lines for cost in line.costs] or [1.0]
        log_scale(axes.xaxis, min(costs) / 1.25, max(costs) * 1.25, "{:,.4g}")
        log_scale(axes.yaxis, min(errors) / 1.5, max(errors) * 1.5)
        if not panel.lines:
            axes.set(xticks=[])
        elif max(costs) < 5 * min(costs):  # the locator of logarithms would crowd a small panel
            axes.xaxis.set_major_locator(MaxNLocator(3))
        for line in panel.lines:
            style = {"linestyle": dash(line.device, measured), **kind_of_point(line.kind)}
            axes.plot(line.costs, line.errors, markersize=4, **style)
    alt = f"Cost and {label}, medians over the seeds. {described(found, ALL, _pairs)}."
    return draw(figure, "error_by_cost", title, alt)


def _counted(results: Results) -> Iterator[Panel[Line]]:
    for name, kind_of_file, column in COUNTED:
        costs = results.curve_costs[results.curve_costs["type"] == kind_of_file]
        lines = [
            line
            for kind in ALL
            if (line := _line(results, kind, kind_of_file, medians(costs, kind, column)))
        ]
        yield Panel(name, lines, NO_FIGURE)


def _timed(results: Results) -> Panel[Line]:
    """Return the panel of times: of the first seed's float32 files, with XNNPACK."""
    lines = []
    for device in results.measured:
        for kind in ALL:
            every = medians(results.points, kind, "sparsity")
            found = {
                sparsity: float(us)
                for sparsity, us in timed(results, device, kind, every, "p50_us")
            }
            if line := _line(results, kind, "float32", found, printable(device)):
                lines.append(line)
    return panel_of_times("µs", lines, results, 12)


def _line(
    results: Results, kind: str, kind_of_file: str, costs: Figures, device: str = ""
) -> Line | None:
    """Return the points that have both figures in all seeds; a logarithm needs more than 0."""
    errors = medians(results.points, kind, ERRORS[kind_of_file])
    pairs = [(cost, errors.get(sparsity, np.nan)) for sparsity, cost in sorted(costs.items())]
    there = [pair for pair in pairs if all(np.isfinite(pair)) and min(pair) > 0]
    if not there:
        return None
    return Line(kind, [cost for cost, _ in there], [error for _, error in there], device)


def _pairs(line: Line) -> str:
    return ", ".join(
        f"{cost:,.4g} ({number(error)})"
        for cost, error in zip(line.costs, line.errors, strict=True)
    )
