"""Lay out figures and write them as SVG with the same bytes each time."""

import io
import math
import re
import textwrap
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from secateur.report.style import COLOURS

WIDTH = 360  # of a figure, in units; text is 10 units high, which is readable on a phone
TITLE_WIDTH = 54  # letters
RIGHT = 16  # units beside the axes: room for half of the axis's last number
LEGEND_WIDTH = 72  # letters; a mark and its gap take five


class Picture(NamedTuple):
    """A drawn figure: file name without suffix, title, text for people who cannot see it, SVG."""

    name: str
    title: str
    alt: str
    svg: str

    def standalone(self) -> str:
        """Return the SVG for a file, on white, because a page of any colour may show it."""
        paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
        return re.sub(r"(<svg[^>]*>)", rf"\1\n {paper}", self.svg, count=1)

    def inline(self) -> str:
        """Return the SVG for a page that sets `--ink` and the other colours, light or dark."""
        svg = self.svg
        for name, light in COLOURS.items():
            svg = svg.replace(light, f"var(--{name})")
        return svg


def canvas(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure of so many units."""
    return Figure(figsize=(width / 72, height / 72))


def place(
    figure: Figure, title: str, height: float, top: float = 0, left: float = 46, **options: Any
) -> Axes:
    """Return axes of `height` units, `top` units below the title and `left` from the edge.

    Positions are fixed instead of derived from text, because text varies with the font.
    """
    width, whole = figure.get_size_inches() * 72
    start = whole - title_height(title) - top - height
    wide = width - left - RIGHT
    axes = figure.add_axes((left / width, start / whole, wide / width, height / whole), **options)
    # A fixed place, whatever the length of the numbers on the axis.
    axes.yaxis.set_label_coords((12 - left) / wide, 0.5)
    return axes


def title_height(title: str) -> float:
    """Return the units that a title takes, with some space below."""
    return 13 * len(textwrap.wrap(title, TITLE_WIDTH)) + 8


def draw(figure: Figure, name: str, title: str, alt: str) -> Picture:
    """Return the titled figure as SVG without date, path or random name, with two decimals."""
    width, height = figure.get_size_inches() * 72
    for line, text in enumerate(textwrap.wrap(title, TITLE_WIDTH)):
        figure.text(
            2 / width, 1 - (11 + 13 * line) / height, text, weight="bold", va="baseline", ha="left"
        )
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    written = io.StringIO()
    # Matplotlib hashes the salt into ids: no two figures on a page share one.
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(written, format="svg", metadata=nothing)
    return Picture(name, title, alt, _plain(written.getvalue(), f"{title}. {alt}".strip()))


def _plain(svg: str, label: str) -> str:
    """Reduce the SVG to what is drawn, shorten its numbers and label it for screen readers."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
    used = set(re.findall(r'(?:href="|url\()#([\w.]+)', body))
    body = re.sub(r' id="([\w.]+)"', lambda name: name[0] if name[1] in used else "", body)
    body = re.sub(r"<[^>]*>", lambda tag: re.sub(r"\d+\.\d{3,}", _short, tag[0]), body)
    body = re.sub(r'width="([\d.]+)pt" height="([\d.]+)pt"', r'width="\1" height="\2"', body)
    body = re.sub(r"\s*\n\s*", "\n", body)
    return body.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)


def _short(found: re.Match[str]) -> str:
    return f"{float(found[0]):.2f}"


def log_scale(axis: Any, low: float, high: float, unit: str = "{:g}") -> None:
    """Make an axis logarithmic from `low` to `high`, with plain numbers."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    axis.axes.set(**{f"{axis.axis_name}lim": (low, high)})
    decades = high / low
    steps = (1,) if decades > 500 else (1, 3) if decades > 60 else (1, 2, 5)
    axis.set_major_locator(LogLocator(subs=steps, numticks=20))
    if sum(low <= tick <= high for tick in axis.get_majorticklocs()) < 2:
        axis.set_major_locator(MaxNLocator(4))
    axis.set_major_formatter(FuncFormatter(lambda value, _: unit.format(value)))
    axis.set_minor_formatter(NullFormatter())


def legend_height(labels: Sequence[str]) -> float:
    """Return the units that a legend of these labels takes, with some space below."""
    return 12 * math.ceil(len(labels) / _columns(labels)) + 8


def legend(figure: Figure, title: str, handles: Sequence[Any]) -> None:
    """Draw the legend between the title and the axes, column by column."""
    height = figure.get_size_inches()[1] * 72
    figure.legend(
        handles=handles,
        loc="upper left",
        ncols=_columns([str(handle.get_label()) for handle in handles]),
        borderpad=0,
        labelspacing=0.3,
        borderaxespad=0,
        bbox_to_anchor=(4 / WIDTH, 1 - title_height(title) / height),
        columnspacing=0.9,
        handletextpad=0.4,
    )


def coarse(matrix: np.ndarray, height: int, width: int) -> np.ndarray:
    """Reduce a matrix to at most that size; each block keeps its value farthest from zero."""
    for axis, most in ((0, height), (1, width)):
        step = math.ceil(matrix.shape[axis] / most)
        parts = [matrix.take(range(i, min(i + step, matrix.shape[axis])), axis)
                 for i in range(0, matrix.shape[axis], step)]  # fmt: skip
        matrix = np.stack([_largest(part, axis) for part in parts], axis)
    return matrix


def _largest(block: np.ndarray, axis: int) -> np.ndarray:
    """Return the signed value farthest from zero along an axis."""
    where = np.expand_dims(np.abs(block).argmax(axis), axis)
    return np.take_along_axis(block, where, axis).squeeze(axis)


def _columns(labels: Sequence[str]) -> int:
    """Return how many labels fit side by side, at most four."""
    return min(4, max(1, LEGEND_WIDTH // (max(map(len, labels), default=0) + 5)))
