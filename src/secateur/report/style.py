"""The style of every figure: colours, markers, fonts."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager

# Colours on a white page; page.css has the colours for a dark page. The series use the palette of
# Okabe and Ito, which colour-blind people can tell apart. Each series also has its own marker.
COLOURS = {
    "ink": "#1f2329",
    "muted": "#59636f",
    "grid": "#d9dfe5",
    "series-0": "#0072b2",
    "series-1": "#d55e00",
    "series-2": "#009e73",
    "series-3": "#cc79a7",
    "series-4": "#e69f00",
    "series-5": "#56b4e9",
    "series-6": "#8c6d1f",
}
INK, MUTED, GRID, *SERIES = COLOURS.values()
MARKERS = "o^sDvPX<"  # not as many as colours: pairs repeat late
KINDS = ("dense", "pruned", "random", "smaller", "channels")  # of the curve's points
NEGATIVE, POSITIVE = (0.902, 0.624, 0.0), (0.0, 0.447, 0.698)  # of weights: orange and blue

STYLE: Any = {
    "text.parse_math": False,  # a $ in a name is a $
    "svg.fonttype": "none",  # text stays text: readable aloud, searchable, in the page's font
    "font.family": "DejaVu Sans",
    "font.size": 10.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.size": 0.0,
    "ytick.minor.size": 0.0,
    "lines.linewidth": 1.2,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 1.6,
    "image.interpolation": "none",
    "image.composite_image": False,
}


@contextmanager
def style() -> Iterator[None]:
    """Apply the style to drawings inside. System fonts, which measure text otherwise, are off."""
    fonts = font_manager.fontManager
    found, own = fonts.ttflist, mpl.get_data_path()
    fonts.ttflist = [font for font in found if font.fname.startswith(own)]
    try:
        with mpl.rc_context({**mpl.rcParamsDefault, **STYLE}), warnings.catch_warnings():
            # Text stays text, so the reader's fonts supply a missing glyph.
            warnings.filterwarnings("ignore", r"Glyph .* missing from font", UserWarning)
            yield
    finally:
        fonts.ttflist = found


def series(index: int) -> dict[str, Any]:
    """Return colour and marker of the model with this number; the baseline, 0, is ink."""
    if index == 0:
        return {"color": INK, "marker": "o"}
    return {
        "color": SERIES[(index - 1) % len(SERIES)],
        "marker": MARKERS[index % len(MARKERS)],
    }


def kind_of_point(kind: str) -> dict[str, Any]:
    """Return colour and marker of a kind of the trade-off curve's points: in every picture these.

    `.dvc/plots/trade_off.json` has colours of its own.
    """
    return series(KINDS.index(kind))


def signed(values: np.ndarray) -> np.ndarray:
    """Map values (h, w), -1 to 1, to RGBA (h, w, 4): colour by sign, opacity by size."""
    colours = np.where((values > 0)[..., None], POSITIVE, NEGATIVE)
    alpha = np.where(values == 0, 0.0, 0.12 + 0.88 * np.sqrt(np.abs(values)))
    return np.concatenate([colours, alpha[..., None]], axis=-1)
