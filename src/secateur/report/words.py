"""Figures over the seeds, compared and put into few words."""

import math
from collections.abc import Mapping
from statistics import median
from typing import Any, NamedTuple

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Comparison(NamedTuple):
    """One model's test MSE against another's, seed by seed."""

    lower: int  # in so many seeds
    higher: int
    seeds: int
    median: float  # of the differences; NaN where either is not finite


def compare(mse: Mapping[str, float | None], other: Mapping[str, float | None]) -> Comparison:
    """Two models' figures by seed; None, in metrics, is what was not finite."""
    pairs = [(as_number(mse[seed]), as_number(other[seed])) for seed in mse]
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


def sureness(found: Comparison, other: str) -> str:
    """How far the seeds bear out that a file's test MSE is lower, or higher, than another's.

    By the two-sided sign test, which asks nothing of how the figures are distributed.
    """
    if found.seeds in (found.lower, found.higher):
        p = 2 * 0.5**found.seeds
        return (
            f"Its test MSE is {'lower' if found.lower else 'higher'} than that of {other} in all "
            f"{count(found.seeds)} seeds (sign test: p = {p:.2g}"
            + (", the least that so few seeds can give: no proof)." if p > 0.05 else ").")
        )
    return (
        f"Its test MSE is lower than that of {other} in {count(found.lower)} of "
        f"{count(found.seeds)} seeds: these seeds do not tell which is better."
    )


def spread(mse: Mapping[str, Any]) -> str:
    """Median, minimum and maximum of a figure over the seeds."""
    if len(mse["seeds"]) == 1:
        return number(mse["median"])
    # Not to be broken inside: a table wraps.
    return f"{number(mse['median'])} ({number(mse['min'])}\xa0to\xa0{number(mse['max'])})"


def number(figure: float | None) -> str:
    """Three digits; metrics hold null where a figure was not finite."""
    return f"{figure:.3g}" if figure is not None and math.isfinite(figure) else "not finite"


def count(number: int) -> str:
    """A small number in words."""
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def as_number(figure: float | None) -> float:
    """A figure of the metrics, where null is what was not finite."""
    return math.inf if figure is None else figure


def _finite(pair: tuple[float, float]) -> bool:
    return math.isfinite(pair[0]) and math.isfinite(pair[1])
