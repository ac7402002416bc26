"""Compare figures over the seeds and format them."""

import math
import re
from collections.abc import Mapping
from statistics import median
from typing import Any, NamedTuple

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Comparison(NamedTuple):
    """One model's error on the test set against another's, seed by seed."""

    lower: int  # number of seeds
    higher: int
    seeds: int
    median: float  # of the differences; NaN if a figure is not finite


def compare(error: Mapping[str, float | None], other: Mapping[str, float | None]) -> Comparison:
    """Compare two models' figures seed by seed; None is a figure that was not finite."""
    pairs = [(as_number(error[seed]), as_number(other[seed])) for seed in error]
    return Comparison(
        lower=sum(a < b for a, b in pairs),
        higher=sum(a > b for a, b in pairs),
        seeds=len(pairs),
        median=median(a - b for a, b in pairs) if all(map(_finite, pairs)) else math.nan,
    )


def difference(found: Comparison, better: str = "lower") -> str:
    """Format a comparison for a table's cell; it counts the seeds that are `better`."""
    if not (found.lower or found.higher):
        return "the same"
    sign = "not finite" if math.isnan(found.median) else f"{found.median:+.3g}"
    seeds = found.lower if better == "lower" else found.higher
    return f"{sign}, {better}\xa0in\xa0{seeds}\xa0of\xa0{found.seeds}"


def spread(figure: Mapping[str, Any], digits: int = 3) -> str:
    """Format a figure's median, minimum and maximum over the seeds."""
    seeds = figure["seeds"].values()
    ends = (None, None) if None in seeds else (min(seeds), max(seeds))
    median, low, high = (number(value, digits) for value in (figure["median"], *ends))
    # A no-break space: tables wrap their cells.
    return median if len(figure["seeds"]) == 1 else f"{median} ({low}\xa0to\xa0{high})"


def number(figure: float | None, digits: int = 3) -> str:
    """Format a figure with so many digits; None, null in metrics, was not finite."""
    if figure is None or not math.isfinite(figure):
        return "not finite"
    return f"{figure:.{digits}g}"


def shorten(name: str, letters: int = 16) -> str:
    """Shorten a name to so many letters; it keeps both ends, because many names begin alike."""
    first = letters // 2
    return name if len(name) <= letters else f"{name[:first]}…{name[first + 1 - letters :]}"


def seeds(number: int) -> str:
    """Format a number of seeds."""
    return "1 seed" if number == 1 else f"{number} seeds"


def count(number: int) -> str:
    """Spell out a small number."""
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def as_number(figure: float | None) -> float:
    """Return a figure of the metrics; None, which was not finite, becomes infinity."""
    return math.inf if figure is None else figure


def _finite(pair: tuple[float, float]) -> bool:
    return math.isfinite(pair[0]) and math.isfinite(pair[1])


def printable(name: str) -> str:
    """Make a name from a user's file readable on one line; it may hold any character.

    What turns the direction of text is not printable either, and would garble what follows.
    """
    return "".join(sign if sign.isprintable() else "?" for sign in name)


def markdown(text: str) -> str:
    """Escape text so that Markdown shows it as it is, also in a cell or as a picture's text.

    An underscore within a word stays, because `whole_model` is easier to read in a terminal.
    """
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text).replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*\[\]|~$])", r"\\\1", text)
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\_", text)
