"""Small panels, two in a row, below a title and a legend; what the curve's points are, in them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from secateur.report.costs import stale
from secateur.report.formatting import shorten
from secateur.report.results import Results
from secateur.report.style import INK, MUTED, kind_of_point
from secateur.report.svg import RIGHT, WIDTH, canvas, legend, legend_height, title_height

# The curve's kinds, in words. Random masks cost what those of pruning do, and are left out.
KINDS = {"pruned": "pruned", "smaller": "small dense networks", "channels": "fewer channels"}
DASHES: Sequence[Any] = ("-", "--", ":", "-.")  # a line for each device that was measured
LEFT, BETWEEN, HIGH, HEAD, FOOT = 30, 26, 112, 20, 34  # units of a panel and around it
NO_TIME = "no time measured yet:\ncopy metrics/latency.json to\nmetrics/devices/NAME.json"
NONE_NOW = "no time of these files\nas they are now: measure again"
NO_FIGURE = "no figure: these files\ndo not run there"


class Drawn(Protocol):
    """A line of a panel."""

    @property
    def kind(self) -> str:
        """The kind of network."""

    @property
    def device(self) -> str:
        """The device that a time was measured on; empty of other costs."""


Line = TypeVar("Line", bound=Drawn)


class Panel(NamedTuple, Generic[Line]):
    """A cost."""

    head: str
    lines: Sequence[Line]
    empty: str  # what to say where there is no line


def grid(title: str, count: int, handles: Sequence[Line2D]) -> tuple[Figure, list[Axes]]:
    """Return a figure with a legend and axes for so many panels."""
    rows = -(-count // 2)
    top = legend_height([str(handle.get_label()) for handle in handles]) + title_height(title)
    figure = canvas(top + rows * (HEAD + HIGH + FOOT))
    width, whole = figure.get_size_inches() * 72
    wide = (WIDTH - 2 * LEFT - BETWEEN / 2 - RIGHT) / 2
    found = []
    for index in range(count):
        row, column = divmod(index, 2)
        left = LEFT + column * (wide + LEFT + BETWEEN / 2)
        bottom = whole - top - row * (HEAD + HIGH + FOOT) - HEAD - HIGH
        place = (left / width, bottom / whole, wide / width, HIGH / whole)
        found.append(figure.add_axes(place))
    legend(figure, title, handles)
    return figure, found


def head(axes: Axes, text: str, empty: str = "") -> None:
    """Write what a panel shows above it, and in it why it is empty."""
    axes.tick_params(labelsize=8.5, pad=2)
    axes.annotate(text, (0, 1), (0, 5), fontsize=9, color=INK, ha="left", va="bottom",
                  xycoords="axes fraction", textcoords="offset points")  # fmt: skip
    axes.text(0.5, 0.5, empty, ha="center", va="center", fontsize=8.5, color=MUTED,
              transform=axes.transAxes)  # fmt: skip


def handles(kinds: Mapping[str, str], devices: Sequence[str]) -> list[Line2D]:
    """Return the legend: a mark for each kind, a dash for each device where there are several."""
    found = [Line2D([], [], markersize=4, label=label, **kind_of_point(kind))
             for kind, label in kinds.items()]  # fmt: skip
    for device in devices if len(devices) > 1 else ():
        label = f"time on {shorten(device)}"
        found.append(Line2D([], [], color=INK, linestyle=dash(device, devices), label=label))
    return found


def dash(device: str, devices: Sequence[str]) -> Any:
    """Return the line of a device; that of what no device measured is solid."""
    return DASHES[devices.index(device) % len(DASHES)] if device else "-"


def medians(points: pd.DataFrame, kind: str, column: str) -> dict[float, float]:
    """Return the medians of a kind's points by sparsity; NaN where a seed lacks the figure."""
    by_sparsity = points[points["kind"] == kind].groupby("sparsity")[column]
    return {float(str(at)): float(own.median(skipna=False)) for at, own in by_sparsity}


def timed(
    results: Results, device: str, kind: str, sparsities: Iterable[float], figure: str
) -> Iterator[tuple[float, Any]]:
    """Yield a figure of a kind's times with XNNPACK on a device: of the files as they are now."""
    for sparsity in sparsities:
        key = f"trade_off/{kind}_{sparsity:g}"
        file = results.measured[device].files.get(key)
        found = getattr(getattr(file, "xnnpack", None), figure, None)
        if found and not stale(results, device, key):
            yield sparsity, found


def devices(lines: Sequence[Drawn]) -> list[str]:
    """Return the devices of lines, each once."""
    return list(dict.fromkeys(line.device for line in lines))


def panel_of_times(what: str, lines: Sequence[Line], results: Results, letters: int) -> Panel[Line]:
    """Return the panel of times; its head names the device if there is one, in so many letters."""
    (on, *others) = devices(lines) or [""]
    where = f"on {shorten(on, letters)}" if on and not others else "of a call"
    return Panel(f"{what} {where}, float32", lines, NONE_NOW if results.measured else NO_TIME)


def described(
    panels: Sequence[Panel[Line]], kinds: Mapping[str, str], figures: Callable[[Line], str]
) -> str:
    """Give each panel's figures to people who cannot see its lines."""
    parts = []
    for panel in panels:
        lines = [
            f"{kinds[line.kind]}{line.device and f' on {line.device}'} {figures(line)}"
            for line in panel.lines
        ]
        parts.append(f"{panel.head}: {'; '.join(lines) or panel.empty.replace(chr(10), ' ')}")
    return ". ".join(parts)
