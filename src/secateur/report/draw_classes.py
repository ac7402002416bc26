"""Draw for each classifier which classes it confuses and how sure it is."""

from collections.abc import Mapping, Sequence

import numpy as np

from secateur.report.formatting import shorten
from secateur.report.style import INK, SERIES, signed
from secateur.report.svg import Picture, canvas, coarse, draw, log_scale, place, title_height

NUMBERED = 20  # up to so many classes the picture shows each share as a number
PIXELS = 128  # per side, at most
FAINT = 0.55  # opacity: a number stays readable on any shade


def confusion(
    model: str, true: np.ndarray, guesses: Mapping[int, np.ndarray], classes: Sequence[str]
) -> Picture:
    """Draw the share of each true class (n,) that is predicted as each class, over all seeds."""
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
    alt = "Blue is right, orange wrong; the larger the share of a true class (a row), the darker"
    alt += ". A number is its percentage" * numbered + ". All seeds together."
    if len(classes) > PIXELS:
        alt += " A place stands for several classes and shows the largest share."
    if missing > 0:
        alt += f" {missing:.1%} of predictions are no number and are not shown."
    return draw(figure, f"confusion_{model}", title, alt)


def certainty(model: str, true: np.ndarray, guesses: Mapping[int, np.ndarray]) -> Picture:
    """Draw the probability that a model gives each row's true class (n,), a line per seed."""
    given = {seed: _of_true(own, true) for seed, own in guesses.items()}
    pooled = np.concatenate(list(given.values()))
    low = float(np.mean(pooled < 0.1))
    title = f"{model}: gives the true class under 10% in {low:.1%} of rows"
    figure = canvas(110 + 44 + title_height(title))
    axes = place(figure, title, 110)
    # Most rows lie at the right. On a linear axis the few wrong ones would not be visible.
    log_scale(axes.yaxis, min(50 / len(true), 10), 150)
    bins = np.linspace(0, 1, 41)
    for index, own in enumerate(given.values()):
        share = np.histogram(own, bins)[0] / len(own) * 100
        axes.stairs(share, bins, color=SERIES[index % len(SERIES)], linewidth=1)
    axes.set(xlim=(0, 1), xlabel="probability given to the true class", ylabel="% of rows")
    alt = "A line is a seed, in the colour of its training curve; the scale of rows is logarithmic"
    missing = np.mean(~np.isfinite(pooled))
    alt += f"; {missing:.1%} of predictions are no number." if missing > 0 else "."
    return draw(figure, f"certainty_{model}", title, alt)


def _shares(
    true: np.ndarray, guesses: Mapping[int, np.ndarray], classes: int
) -> tuple[np.ndarray, float, float]:
    """Return the shares by true and predicted class, the share right, and the share not finite."""
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
    """Describe the most frequent mistake."""
    wrong = shares * (1 - np.eye(len(shares)))
    if not wrong.any():
        return "no row is taken for another class"
    true, taken = divmod(int(wrong.argmax()), len(wrong))
    return f"{wrong[true, taken]:.1%} of {names[true]} is taken for {names[taken]}"


def _of_true(own: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return the probability (n,) of each row's true class."""
    found: np.ndarray = _probabilities(own)[np.arange(len(true)), true.astype(int)]
    return found


def _probabilities(own: np.ndarray) -> np.ndarray:
    """Return the probability of each class (n, classes); a binary model gives the second's only."""
    return own if own.ndim == 2 else np.stack([1 - own, own], axis=1)
