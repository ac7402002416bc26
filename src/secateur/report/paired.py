"""Two models compared seed by seed: how many times the other's error one has, and how surely.

The seeds are pairs: both models start from what the same number draws. Errors differ by factors
between seeds, so the test is of logarithms: the paired t-test (Student, 1908, "The Probable Error
of a Mean"), with its 95 % interval of the geometric mean of the ratios.
"""

import math
from collections.abc import Mapping
from statistics import fmean, stdev
from typing import NamedTuple

from secateur.report.formatting import as_number, count, number

LEVEL = 0.05


class Paired(NamedTuple):
    """How many times another model's error a model has."""

    ratio: float  # geometric mean over the seeds
    low: float  # ends of the 95 % interval
    high: float
    p: float  # that the logarithms of the ratios are zero in the mean, two-sided
    seeds: int

    @property
    def tells(self) -> bool:
        """Whether the seeds tell which is better."""
        return self.p < LEVEL


def paired(own: Mapping[str, float | None], other: Mapping[str, float | None]) -> Paired | None:
    """Compare two models' errors by seed.

    Returns None where there is no such comparison: an error is not finite or zero, or there is one
    seed.
    """
    pairs = [(as_number(own[seed]), as_number(other[seed])) for seed in own]
    if len(pairs) < 2 or not all(0 < error < math.inf for pair in pairs for error in pair):
        return None
    logarithms = [math.log(a / b) for a, b in pairs]
    mean, spread = fmean(logarithms), stdev(logarithms)
    if not spread:  # each seed says the same
        ratio = math.exp(mean)
        return Paired(ratio, ratio, ratio, float(not mean), len(pairs))
    from scipy import special  # takes a moment to import

    error, freedom = spread / math.sqrt(len(pairs)), len(pairs) - 1
    reach = float(special.stdtrit(freedom, 1 - LEVEL / 2)) * error
    p = 2 * float(special.stdtr(freedom, -abs(mean) / error))
    ratio, low, high = (math.exp(mean + by) for by in (0, -reach, reach))
    return Paired(ratio, low, high, p, len(pairs))


def said(found: Paired) -> str:
    """Say the ratio with its interval and the test, as a part of a sentence."""
    return (
        f"{number(found.ratio)} times (95% interval {number(found.low)} to {number(found.high)}; "
        f"paired t-test of the logarithms over {count(found.seeds)} seeds, p = {found.p:.2g})"
    )


def sureness(
    own: Mapping[str, float | None], other: Mapping[str, float | None], name: str, figure: str
) -> str:
    """Say how far the seeds support that a file's error is lower, or higher, than another's."""
    found = paired(own, other)
    if found is None:
        return f"Its {figure} and {name}'s have no ratio in each seed, so the seeds do not tell."
    if found.tells:
        which = "lower" if found.ratio < 1 else "higher"
        return f"Its {figure} is {which} than {name}'s: {said(found)}."
    return f"Its {figure} is {said(found)} {name}'s: these seeds do not tell which is better."
