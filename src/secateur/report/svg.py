"""From a figure to SVG that is the same each time; where things stand in it."""

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

WIDTH = 360  # of a figure, in its own units; a letter of its text is 10 high: readable on a phone
TITLE_WIDTH = 54  # letters
RIGHT = 16  # units beside the axes: half of the last number on the axis
LEGEND_WIDTH = 72  # letters, with five for each mark and the gap after it


class Picture(NamedTuple):
    """A figure, drawn: a file's name without its suffix, what to see, the same in words, SVG."""

    name: str
    title: str
    alt: str
    svg: str

    def standalone(self) -> str:
        """For a file: on white, because it may be shown on a page of any colour."""
        paper = '<rect width="100%" height="100%" fill="#ffffff"/>'
        return re.sub(r"(<svg[^>]*>)", rf"\1\n {paper}", self.svg, count=1)

    def inline(self) -> str:
        """For a page that gives `--ink` and the other colours a value, light or dark."""
        svg = self.svg
        for name, light in COLOURS.items():
            svg = svg.replace(light, f"var(--{name})")
        return svg


def canvas(height: float, width: float = WIDTH) -> Figure:
    """An empty figure of so many units."""
    return Figure(figsize=(width / 72, height / 72))


def place(
    figure: Figure, title: str, height: float, top: float = 0, left: float = 46, **options: Any
) -> Axes:
    """Axes of so many units' height, under the title and what is `top` units high below it.

    Places are given and not found from the text around them, so that they are the same with
    every font.
    """
    width, whole = figure.get_size_inches() * 72
    start = whole - title_height(title) - top - height
    wide = width - left - RIGHT
    axes = figure.add_axes((left / width, start / whole, wide / width, height / whole), **options)
    # Where it stands does not depend on how long the numbers on the axis are.
    axes.yaxis.set_label_coords((12 - left) / wide, 0.5)
    return axes


def title_height(title: str) -> float:
    """The units that a title takes, and some air."""
    return 13 * len(textwrap.wrap(title, TITLE_WIDTH)) + 8


def draw(figure: Figure, name: str, title: str, alt: str) -> Picture:
    """The figure with its title as SVG: without date, path or random name; two decimals."""
    width, height = figure.get_size_inches() * 72
    for line, text in enumerate(textwrap.wrap(title, TITLE_WIDTH)):
        figure.text(
            2 / width, 1 - (11 + 13 * line) / height, text, weight="bold", va="baseline", ha="left"
        )
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    written = io.StringIO()
    # Names of clip paths and markers come from the salt: no two figures on a page share one.
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(written, format="svg", metadata=nothing)
    return Picture(name, title, alt, _plain(written.getvalue(), f"{title}. {alt}".strip()))


def _plain(svg: str, label: str) -> str:
    """Only what is drawn, in short numbers, with the words for those who do not see it."""
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
    """A logarithmic axis from `low` to `high` with plain numbers on it."""
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
    """The units that a legend of these labels takes, and some air."""
    return 12 * math.ceil(len(labels) / _columns(labels)) + 8


def legend(figure: Figure, title: str, handles: Sequence[Any]) -> None:
    """Between the title and the axes, column by column."""
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
    """A matrix of at most that size: of each block the value that is farthest from zero."""
    for axis, most in ((0, height), (1, width)):
        step = math.ceil(matrix.shape[axis] / most)
        parts = [matrix.take(range(i, min(i + step, matrix.shape[axis])), axis)
                 for i in range(0, matrix.shape[axis], step)]  # fmt: skip
        matrix = np.stack([_largest(part, axis) for part in parts], axis)
    return matrix


def _largest(block: np.ndarray, axis: int) -> np.ndarray:
    """Along an axis, the value that is farthest from zero, with its sign."""
    where = np.expand_dims(np.abs(block).argmax(axis), axis)
    return np.take_along_axis(block, where, axis).squeeze(axis)


def _columns(labels: Sequence[str]) -> int:
    """As many as fit beside each other, at most four."""
    return min(4, max(1, LEGEND_WIDTH // (max(map(len, labels), default=0) + 5)))
