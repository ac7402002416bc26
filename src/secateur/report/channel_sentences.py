"""Say whether a removal of channels was worth it: only as much as the seeds support."""

import math
from collections.abc import Mapping
from typing import Any

from secateur.report import paired
from secateur.report.formatting import compare, count, number, spread
from secateur.report.results import Results

BySeed = Mapping[str, float | None]
# What each control is called where it diverged.
CALLED = {
    "same_training": "the same training without removal",
    "from_scratch": "the small network",
    "random": "the network without channels chosen by chance",
}


def sentences(results: Results, name: str) -> list[str]:
    """Say whether a recipe's removal was worth it, what it cost, and if its choice beats chance."""
    controls, channels = results.controls.get(name, {}), results.recipes[name].channels
    said = []
    if "from_scratch" in controls:
        came = ""
        if results.elsewhere():
            came = " (the baseline came trained, and how long is not known)"
        said.append(
            _judged(results, name, "from_scratch", "removing channels beats training the small "
                    "network" + came, "removing channels does not beat training the small network"
                    + came)
        )  # fmt: skip
    if "same_training" in controls:
        said.append(_cost(results, name))
    if "random" in controls and channels and channels.score != "random":  # else they are the same
        chosen, chance = f"channels chosen by {channels.score}", "channels chosen by chance"
        said.append(
            _judged(results, name, "random", f"{chosen} are better than {chance}",
                    f"{chosen} are not better than {chance}")
        )  # fmt: skip
    return [f"{name}: {sentence}." for sentence in said]


def _judged(results: Results, name: str, control: str, claim: str, denial: str) -> str:
    """Return the claim or its denial where a paired test tells; else that the seeds do not."""
    key, label = results.data.task.metric, results.data.task.label
    own, other = _own(results, name)[key]["seeds"], _other(results, name, control)[key]["seeds"]
    found = compare(own, other)
    diverged = _diverged(own, other, name, control)
    if set(own.values()) == set(other.values()) == {None}:
        return f"nothing can be said of whether {claim}: {diverged}"
    unknown = f"; {diverged}" if diverged else ""
    if not (found.lower or found.higher):
        return f"{denial}: equally good in {_of(found.seeds, found.seeds)}{unknown}"
    if found.seeds == 1:
        by = "" if math.isnan(found.median) else f" by {number(abs(found.median))} test {label}"
        better = "better" if found.lower else "worse"
        proves = f"{better} in the only seed{by}, which proves nothing{unknown}"
        return f"these seeds do not tell whether {claim}: {proves}"
    pairs = paired.paired(own, other)
    better = f"better in {_of(found.lower, found.seeds)}"
    if pairs is None:
        return f"these seeds do not tell whether {claim}: {better}{unknown}"
    figures = f"test {label} {paired.said(pairs)}, {better}{unknown}"
    if not pairs.tells:
        return f"these seeds do not tell whether {claim}: {figures}"
    return f"{claim if pairs.ratio < 1 else denial}: {figures}"


def _cost(results: Results, name: str) -> str:
    """Say what the removal cost beside the same training without it."""
    task = results.data.task
    own, other = _own(results, name), _other(results, name, "same_training")
    figures, plain = own[task.metric], other[task.metric]
    diverged = _diverged(figures["seeds"], plain["seeds"], name, "same_training")
    if diverged:
        return f"what the removal cost has no figure: {diverged}"
    said = f"test {task.label} {spread(figures)} against {spread(plain)} of the same training "
    return said + "without removal" + ("" if task.name == "regression" else _points(own, other))


def _points(own: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Say how much less often a network is right, in percentage points."""
    apart = compare(own["accuracy"]["seeds"], other["accuracy"]["seeds"])
    if math.isnan(apart.median):
        return ""
    points = number(abs(round(100 * apart.median, 9)))  # 0.9 - 0.8 is not quite 0.1
    which = "higher" if apart.median > 0 else "lower"
    unit = "point" if points == "1" else "points"
    many = "in the median over the seeds " if apart.seeds > 1 else ""
    return (
        f"; accuracy {spread(own['accuracy'], 4)} against {spread(other['accuracy'], 4)}, {many}"
        + ("the same" if points == "0" else f"{points} {unit} {which}")
    )


def _diverged(own: BySeed, other: BySeed, name: str, control: str) -> str:
    """Say in how many seeds the two diverged; empty if none did."""
    found = {}
    for called, seeds in ((name, own), (CALLED[control], other)):
        lost = sum(figure is None for figure in seeds.values())
        if lost:
            found[called] = _of(lost, len(seeds))
    return " and ".join(f"{called} diverged in {lost}" for called, lost in found.items())


def _of(part: int, whole: int) -> str:
    """Spell out how many of the seeds."""
    if whole == 1:
        return "the only seed"
    if part == whole:
        return "both seeds" if whole == 2 else f"all {count(whole)} seeds"
    return f"{count(part) if part else 'none'} of {count(whole)} seeds"


def _own(results: Results, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = results.evaluation[name]["stripped"]
    return found


def _other(results: Results, name: str, control: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = results.controls[name][control]
    return found
