"""What a change may do to a metric, as `limits.yaml` says, and whether it did more."""

import math
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from secateur import params
from secateur.params import Params

Values = Mapping[str, float]  # a metric's value by seed; of one that has no seeds, by ""
Worsening = Annotated[float, Field(ge=0)]
CONFIDENCE = 0.95


class Limit(Params):
    """An entry of `limits.yaml`."""

    better: Literal["lower", "higher"] | None = None
    absolute: Worsening | None = None  # how much worse it may get
    relative: Worsening | None = None  # the same, as a fraction of the base's value
    at_most: float | None = None  # for each seed, whatever the base has
    at_least: float | None = None
    optional: bool = False  # whether it may disappear

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        worsening = [w for w in (self.absolute, self.relative) if w is not None]
        if len(worsening) == 2:
            raise ValueError("has both absolute and relative; must have one of them")
        if bool(worsening) != (self.better is not None):
            raise ValueError("`better` (lower or higher) goes with absolute or relative")
        if not worsening and self.at_most is None and self.at_least is None and not self.optional:
            raise ValueError("limits nothing; needs absolute, relative, at_most or at_least")
        return self


class Verdict(NamedTuple):
    """What became of one metric."""

    metric: str
    base: float  # the median over the seeds; NaN: none
    here: float
    n: int  # how many seeds both have
    worse: float  # the median of the differences by seed, in the limit's terms; NaN: no limit
    interval: tuple[float, float] | None  # that median's bootstrap interval; None: one seed
    limit: Limit | None
    faults: list[str]  # why it is beyond its limit


def read(path: Path) -> dict[str, Limit]:
    """Limits by the pattern of a metric's name, in the file's order; raises InputError."""
    kind = Annotated[dict[str, Limit], Field(min_length=1)]
    limits: dict[str, Limit] = params.validate(kind, params.read(path), str(path))
    return limits


def limit_of(metric: str, limits: Mapping[str, Limit]) -> Limit | None:
    """The first limit whose pattern matches."""
    return next((limit for pattern, limit in limits.items() if matches(metric, pattern)), None)


def matches(metric: str, pattern: str) -> bool:
    """Whether a metric has a name as in `limits.yaml`, where a comma separates several."""
    return any(fnmatchcase(metric, one.strip()) for one in pattern.split(","))


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
    wild = [seed for seed, value in here.items() if not math.isfinite(value) and seed not in gone]
    if limit and wild:
        faults.append("not finite")
    if limit:
        faults += _beyond(limit, [value for value in here.values() if math.isfinite(value)])
    return Verdict(metric, _median(base), _median(here), len(pairs), worse, interval, limit, faults)


def _worsening(base: float, here: float, limit: Limit) -> float:
    """How much worse, as a positive number."""
    difference = here - base if limit.better == "lower" else base - here
    if limit.relative is None or not difference:
        return difference
    return difference / abs(base) if base else math.copysign(math.inf, difference)


def _interval(values: np.ndarray) -> tuple[float, float] | None:
    """The percentile bootstrap interval of the median; always the same for the same values."""
    from scipy.stats import bootstrap  # takes half a second: not to say that a file is missing

    if len(values) < 2:
        return None
    if not np.isfinite(values).all():
        return float(np.min(values)), float(np.max(values))
    found = bootstrap(
        (values,), np.median, confidence_level=CONFIDENCE, method="percentile",
        rng=np.random.default_rng(0),
    )  # fmt: skip
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _beyond(limit: Limit, values: list[float]) -> list[str]:
    """Every seed counts: each of them is a file that may ship."""
    faults = []
    if limit.at_most is not None and values and max(values) > limit.at_most:
        faults.append(f"{max(values):g} is over {limit.at_most:g}")
    if limit.at_least is not None and values and min(values) < limit.at_least:
        faults.append(f"{min(values):g} is under {limit.at_least:g}")
    return faults


def _median(values: Values) -> float:
    return float(np.median(list(values.values()))) if values else math.nan
