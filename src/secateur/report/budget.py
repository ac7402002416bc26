"""What a file may cost on its device, and whether it does.

The report and `secateur gate` judge by `detail.json`'s figures of a model: by device, the file that
it gets and the file's costs (`costs.detail`).
"""

import math
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from secateur.core.params import Params
from secateur.report.formatting import printable

Costs = Mapping[str, Mapping[str, Any]]  # by model, what `costs.detail` returns
Count = Annotated[int, Field(ge=1, le=10**15)]
Amount = Annotated[float, Field(gt=0, le=1e15)]


class Budget(Params):
    """What the recommended model's file may cost at most, each as the median over the seeds."""

    file_bytes: Annotated[
        Count | None, Field(description="Bytes of the file that ships, not gzipped")
    ] = None
    flash_kib: Annotated[
        Amount | None,
        Field(
            description="KiB of commands and weights on the Ethos-U, as Vela counts them; the "
            "compiled file is larger"
        ),
    ] = None
    arena_bytes: Annotated[
        Count | None, Field(description="Bytes of the microcontroller's arena, by tflite-micro")
    ] = None
    macs: Annotated[
        Count | None, Field(description="Multiply-accumulates of one row in the file that ships")
    ] = None
    cycles: Annotated[
        Count | None, Field(description="Cycles of one row on the Ethos-U, as Vela counts them")
    ] = None
    latency_ratio: Annotated[
        Amount | None,
        Field(
            description="Time of the file that ships, divided by the time of the baseline's file "
            "of the same type (beside an int4 or a mixed file, its int8 file); "
            "of the devices in `metrics/devices`, the largest ratio counts"
        ),
    ] = None

    def given(self) -> dict[str, float]:
        """Return the costs that have a budget."""
        return {cost: most for cost, most in self if most is not None}


class Judged(NamedTuple):
    """A model's cost beside its budget."""

    cost: str
    budget: float
    figure: float | None  # None: unknown, which keeps no budget
    artifact: str  # the file of the figure; "": there is none
    device: str  # in words
    worse: str = ""  # in words, if the file is not as good as its source model
    left: str = ""  # the operators that the figure leaves out, which makes it unknown


# Where `costs.detail` has a budgeted cost: the device and its key.
PLACES = {
    "file_bytes": ("cpu", "bytes"),
    "flash_kib": ("ethos_u", "flash_kib"),
    "arena_bytes": ("microcontroller", "arena_bytes"),
    "macs": ("cpu", "macs"),
    "cycles": ("ethos_u", "cycles"),
}
DEVICES = {
    "cpu": "LiteRT on a CPU",
    "microcontroller": "the microcontroller",
    "ethos_u": "the Ethos-U",
}
NPU_ALONE = ("cycles", "flash_kib")  # what Vela leaves to the CPU is in none of these
# What to do where a figure is missing.
MISSING = {
    "cpu": "the model has no TFLite file to ship",
    "microcontroller": "no file of the model runs there; metrics/report.md says why",
    "ethos_u": "Vela gives no such figure for any file of the model; metrics/report.md says why",
}
LEFT = "Vela leaves {} of it to the CPU, which no figure counts"
MEASURE = (
    "copy metrics/latency.json, or what secateur bench-kit gives on a device of your own, to "
    "metrics/devices/NAME.json, and run secateur repro"
)


def judge(budget: Budget, costs: Mapping[str, Any]) -> list[Judged]:
    """Judge a model's costs, as `costs.detail` gives them, by each cost that has a budget."""
    found = []
    for cost, most in budget.given().items():
        if cost == "latency_ratio":
            found.append(_latency(most, costs))
            continue
        device, key = PLACES[cost]
        own = costs.get(device, {})
        left = str(own.get("left_to_cpu", "")) if key in NPU_ALONE else ""
        figure = None if left else _median(own.get(key))
        found.append(Judged(
            cost, most, figure, str(own.get("artifact", "")), DEVICES[device],
            str(own.get("worse", "")), left,
        ))  # fmt: skip
    return found


def _median(figure: Any) -> float | None:
    return finite(figure.get("median")) if isinstance(figure, Mapping) else None


def _latency(most: float, costs: Mapping[str, Any]) -> Judged:
    """Judge the slowest device; one without a figure could be slower than those that have one."""
    own = costs.get("latency_ratio", {})
    artifact = str(costs.get("cpu", {}).get("artifact", ""))
    known = {name: ratio for name, value in own.items() if (ratio := finite(value)) is not None}
    unknown = [name for name in own if name not in known]
    slowest = max(known, key=lambda name: known[name], default=None)
    if slowest is not None and (not unknown or known[slowest] > most):
        return Judged("latency_ratio", most, known[slowest], artifact, slowest)
    return Judged("latency_ratio", most, None, artifact, ", ".join(unknown) or "any device")


def finite(value: Any) -> float | None:
    """Return a figure; None for one that is missing, no number, or not finite."""
    # To Python, true and false are numbers, too.
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if known else None


def kept(judged: Judged) -> bool | None:
    """Return whether a figure keeps its budget; None: nobody knows."""
    return None if judged.figure is None else judged.figure <= judged.budget


def distance(judged: Judged) -> float:
    """Return how far a figure is above its budget, as a share of it; negative: below."""
    return math.nan if judged.figure is None else judged.figure / judged.budget - 1


def sentence(model: str, judged: Judged) -> str:
    """Say whether a model's cost keeps its budget, and what to do where nobody knows."""
    cost, most = judged.cost, number(judged.budget)
    device, artifact = printable(judged.device), printable(judged.artifact)
    if judged.figure is None:
        if cost == "latency_ratio":
            why = f"its file, as it is now, has no time on {device}; {MEASURE}"
        elif judged.left:
            why = LEFT.format(printable(judged.left))
        else:
            why = MISSING[PLACES[cost][0]]
        return f"{cost}: nobody knows whether {model} keeps the budget of {most}: {why}."
    does = "keeps" if kept(judged) else "breaks"
    worse = f", with an error {printable(judged.worse)}" if judged.worse else ""
    most, figure = _told_apart(judged.budget, judged.figure)
    return (
        f"{cost}: {model} {does} the budget of {most} with {figure}, "
        f"{apart(distance(judged))} ({artifact}, the file for {device}{worse})."
    )


def number(value: float) -> str:
    """Format a cost: a count as a whole number, a ratio or KiB with four digits."""
    return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.4g}"


def _told_apart(one: float, other: float) -> tuple[str, str]:
    """Format two costs alike, with as many digits as tell them apart."""
    shown = number(one), number(other)
    decimals = max(1, 3 - math.floor(math.log10(one)))  # not fewer digits than `number` has
    while shown[0] == shown[1] and one != other:
        shown = _rounded(one, decimals), _rounded(other, decimals)
        decimals += 1
    return shown


def _rounded(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}".rstrip("0").rstrip(".")


def apart(share: float) -> str:
    """Format how far a figure is from another; what is not equal is never 0%."""
    if not share:
        return "just that"
    size = f"{abs(share):.0%}" if abs(share) >= 0.005 else "less than 1%"
    return f"{size} {'above' if share > 0 else 'below'}"
