"""Drawn for each model that tells classes apart: which it takes for which, and how sure it is."""

from collections.abc import Mapping, Sequence

import numpy as np

from secateur.report.formatting import shorten
from secateur.report.style import INK, SERIES, signed
from secateur.report.svg import Picture, canvas, coarse, draw, log_scale, place, title_height

NUMBERED = 20  # classes, at most, of which each share is written down
PIXELS = 128  # of a side, at most
FAINT = 0.55  # so that a number can be read on any shade


def confusion(
    model: str, true: np.ndarray, guesses: Mapping[int, np.ndarray], classes: Sequence[str]
) -> Picture:
    """The share of each true class (n,) that is taken for each, of all seeds together."""
    shares, right, missing = _shares(true, guesses, len(classes))
    names = [shorten(name, 14) for name in classes]
    title = f"{model}: accuracy {right:.1%}; {_mistake(shares, names)}"
    side, room = 250.0, 6.2 * max(map(len, names))
    numbered = len(classes) <= NUMBERED
    flat = len(classes) * room < side if numbered else False  # names fit side by side
    figure = canvas(side + 8 + 24 + (12 if flat else room) + title_height(title))
    axes = place(figure, title, side, 2, left=24 + room)
    axes.grid(visible=False)
    colours = signed(coarse(np.where(np.eye(len(classes)), shares, -shares), PIXELS, PIXELS))
    colours[..., 3] *= FAINT
    edge = len(classes) - 0.5
    axes.imshow(colours, aspect="auto", extent=(-0.5, edge, edge, -0.5))
    ticks = range(0, len(classes), max(1, -(-len(classes) // NUMBERED)))
    few = [names[i] for i in ticks]
    size = 9 if len(classes) <= 10 else 7
    axes.set_xticks(ticks, few, rotation=0 if flat else 90, fontsize=size)
    axes.set_yticks(ticks, few, fontsize=size)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    if numbered:
        for row, column in np.argwhere(shares >= 0.005):
            text = f"{100 * shares[row, column]:.0f}"
            axes.text(column, row, text, ha="center", va="center", fontsize=size - 1, color=INK)
    alt = "Blue: right, orange: wrong; the more of a true class (a row), the darker"
    alt += ", and a number is a percentage of it" * numbered + ". All seeds together."
    if len(classes) > PIXELS:
        alt += " A place stands for several classes, and shows the largest share."
    if missing > 0:
        alt += f" {missing:.1%} of predictions are no number and stand nowhere."
    return draw(figure, f"confusion_{model}", title, alt)


def certainty(model: str, true: np.ndarray, guesses: Mapping[int, np.ndarray]) -> Picture:
    """How probable a model holds the true class (n,) of a row, a line a seed."""
    given = {seed: _of_true(own, true) for seed, own in guesses.items()}
    pooled = np.concatenate(list(given.values()))
    low = float(np.mean(pooled < 0.1))
    title = f"{model}: gives the true class under 10% in {low:.1%} of rows"
    figure = canvas(110 + 44 + title_height(title))
    axes = place(figure, title, 110)
    # Most rows lie at the right; what a model gets wrong is few, and would not be seen beside it.
    log_scale(axes.yaxis, min(50 / len(true), 10), 150)
    bins = np.linspace(0, 1, 41)
    for index, own in enumerate(given.values()):
        share = np.histogram(own, bins)[0] / len(own) * 100
        axes.stairs(share, bins, color=SERIES[index % len(SERIES)], linewidth=1)
    axes.set(xlim=(0, 1), xlabel="probability given to the true class", ylabel="% of rows")
    alt = "A line is a seed, in the colours of its training curve; the scale of rows is logarithmic"
    missing = np.mean(~np.isfinite(pooled))
    alt += f"; {missing:.1%} of predictions are no number." if missing > 0 else "."
    return draw(figure, f"certainty_{model}", title, alt)


def _shares(
    true: np.ndarray, guesses: Mapping[int, np.ndarray], classes: int
) -> tuple[np.ndarray, float, float]:
    """By true and predicted class; and of all rows how many are right, how many no number."""
    counts = np.zeros((classes, classes))
    for own in guesses.values():
        both = _probabilities(own)
        finite = np.isfinite(both).all(axis=1)
        np.add.at(counts, (true[finite].astype(int), both[finite].argmax(axis=1)), 1)
    rows = np.bincount(true.astype(int), minlength=classes) * len(guesses)
    whole = rows.sum()
    shares = counts / np.maximum(rows, 1)[:, None]
    return shares, float(np.trace(counts) / whole), float(1 - counts.sum() / whole)


def _mistake(shares: np.ndarray, names: Sequence[str]) -> str:
    """The largest one."""
    wrong = shares * (1 - np.eye(len(shares)))
    if not wrong.any():
        return "no row is taken for another class"
    true, taken = divmod(int(wrong.argmax()), len(wrong))
    return f"{wrong[true, taken]:.1%} of {names[true]} is taken for {names[taken]}"


def _of_true(own: np.ndarray, true: np.ndarray) -> np.ndarray:
    """The probability (n,) of each row's own class."""
    found: np.ndarray = _probabilities(own)[np.arange(len(true)), true.astype(int)]
    return found


def _probabilities(own: np.ndarray) -> np.ndarray:
    """Of each class (n, classes): of two, a model gives that of the second alone."""
    return own if own.ndim == 2 else np.stack([1 - own, own], axis=1)
