"""Figures over the seeds, compared and put into few words."""

import math
from collections.abc import Mapping
from statistics import median
from typing import Any, NamedTuple

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Comparison(NamedTuple):
    """One model's error on the test set against another's, seed by seed."""

    lower: int  # in so many seeds
    higher: int
    seeds: int
    median: float  # of the differences; NaN where either is not finite


def compare(error: Mapping[str, float | None], other: Mapping[str, float | None]) -> Comparison:
    """Two models' figures by seed; None, in metrics, is what was not finite."""
    pairs = [(as_number(error[seed]), as_number(other[seed])) for seed in error]
    return Comparison(
        lower=sum(a < b for a, b in pairs),
        higher=sum(a > b for a, b in pairs),
        seeds=len(pairs),
        median=median(a - b for a, b in pairs) if all(map(_finite, pairs)) else math.nan,
    )


def difference(found: Comparison) -> str:
    """The same for a cell of a table."""
    if not (found.lower or found.higher):
        return "the same"
    sign = "not finite" if math.isnan(found.median) else f"{found.median:+.3g}"
    return f"{sign}, lower\xa0in\xa0{found.lower}\xa0of\xa0{found.seeds}"


def sureness(found: Comparison, other: str, figure: str) -> str:
    """How far the seeds bear out that a file's figure is lower, or higher, than another's.

    By the two-sided sign test, which asks nothing of how the figures are distributed.
    """
    if found.seeds in (found.lower, found.higher):
        p = 2 * 0.5**found.seeds
        return (
            f"Its {figure} is {'lower' if found.lower else 'higher'} than that of {other} in all "
            f"{count(found.seeds)} seeds (sign test: p = {p:.2g}"
            + (", the least that so few seeds can give: no proof)." if p > 0.05 else ").")
        )
    return (
        f"Its {figure} is lower than that of {other} in {count(found.lower)} of "
        f"{count(found.seeds)} seeds: these seeds do not tell which is better."
    )


def spread(figure: Mapping[str, Any], digits: int = 3) -> str:
    """Median, minimum and maximum of a figure over the seeds."""
    median, low, high = (number(figure[what], digits) for what in ("median", "min", "max"))
    # Not to be broken inside: a table wraps.
    return median if len(figure["seeds"]) == 1 else f"{median} ({low}\xa0to\xa0{high})"


def number(figure: float | None, digits: int = 3) -> str:
    """So many digits; metrics hold null where a figure was not finite."""
    if figure is None or not math.isfinite(figure):
        return "not finite"
    return f"{figure:.{digits}g}"


def shorten(name: str, letters: int = 16) -> str:
    """A name that fits into so many letters: both its ends, because many begin alike."""
    first = letters // 2
    return name if len(name) <= letters else f"{name[:first]}…{name[first + 1 - letters :]}"


def seeds(number: int) -> str:
    """So many seeds."""
    return "1 seed" if number == 1 else f"{number} seeds"


def count(number: int) -> str:
    """A small number in words."""
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def as_number(figure: float | None) -> float:
    """A figure of the metrics, where null is what was not finite."""
    return math.inf if figure is None else figure


def _finite(pair: tuple[float, float]) -> bool:
    return math.isfinite(pair[0]) and math.isfinite(pair[1])


def printable(name: str) -> str:
    """A name from a user's file, which may hold anything, on one line and readable."""
    return "".join(sign if sign.isprintable() and sign != "`" else "?" for sign in name)
