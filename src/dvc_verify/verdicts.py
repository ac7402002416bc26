"""The verdict on a metric: is it worse than in the base by more than its limit allows?"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from dvc_verify.limits import Limit

Values = Mapping[str, float]  # a metric's value by seed; without seeds, its key is ""
CONFIDENCE = 0.95


class Verdict(NamedTuple):
    """A metric in the base and here."""

    metric: str
    base: float  # the median over the seeds; NaN if there is none
    here: float
    n: int  # how many seeds both have
    worse: float  # the median difference by seed, in the limit's unit; NaN without a limit
    interval: tuple[float, float] | None  # the bootstrap interval of `worse`; None for one seed
    limit: Limit | None
    faults: list[str]  # why it is beyond its limit


def judge(metric: str, base: Values, here: Values, limit: Limit | None) -> Verdict:
    """Compare a metric of the base with the present one; either may have no value."""
    seeds = [seed for seed in base if math.isfinite(base[seed])]
    gone = [seed for seed in seeds if not math.isfinite(here.get(seed, math.nan))]
    pairs = [(base[seed], here[seed]) for seed in seeds if seed not in gone]
    faults = []
    if gone and not (limit and limit.optional):
        which = f" for seed {', '.join(gone)}" if gone != [""] else ""
        faults.append(f"gone or not finite{which}")
    worse, interval = math.nan, None
    if limit and limit.better and pairs:
        worsening = np.array([_worsening(old, new, limit) for old, new in pairs])
        worse, interval = float(np.median(worsening)), _interval(worsening)
        allowed = limit.relative if limit.absolute is None else limit.absolute
        if min(worse, interval[0] if interval else worse) > (allowed or 0):
            faults.append("worse than allowed")
    if limit:
        wild = [s for s, value in here.items() if not math.isfinite(value) and s not in gone]
        faults += ["not finite"] if wild else []
        faults += _out_of_range(limit, [value for value in here.values() if math.isfinite(value)])
    return Verdict(metric, _median(base), _median(here), len(pairs), worse, interval, limit, faults)


def _worsening(base: float, here: float, limit: Limit) -> float:
    """How much worse it is, as a positive number."""
    difference = here - base if limit.better == "lower" else base - here
    if limit.relative is None or not difference:
        return difference
    return difference / abs(base) if base else math.copysign(math.inf, difference)


def _interval(values: np.ndarray) -> tuple[float, float] | None:
    """The percentile bootstrap interval of the median; the same values give the same interval."""
    from scipy.stats import bootstrap  # takes half a second: errors in files come before it

    if len(values) < 2:
        return None
    if not np.isfinite(values).all():
        return float(np.min(values)), float(np.max(values))
    found = bootstrap(
        (values,), np.median, confidence_level=CONFIDENCE, method="percentile",
        rng=np.random.default_rng(0),
    )  # fmt: skip
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _out_of_range(limit: Limit, values: list[float]) -> list[str]:
    """Faults of the extreme seeds: any seed's file may be the one that ships."""
    faults = []
    if limit.at_most is not None and values and max(values) > limit.at_most:
        faults.append(f"{max(values):g} is over {limit.at_most:g}")
    if limit.at_least is not None and values and min(values) < limit.at_least:
        faults.append(f"{min(values):g} is under {limit.at_least:g}")
    return faults


def _median(values: Values) -> float:
    return float(np.median(list(values.values()))) if values else math.nan
