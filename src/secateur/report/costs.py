"""Which file of a model each device gets, and what the file costs there."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from secateur.choosing import choice
from secateur.devices.measured import beside
from secateur.report.budget import apart, finite
from secateur.report.controls import control
from secateur.report.formatting import as_number
from secateur.report.results import Results

COSTED = ("minified_", "clustered_")  # the artifacts whose costs are counted
# A device's costs, by their keys in `costs.json`; the first one says that a file runs there.
DEVICES = {
    "cpu": ("bytes", "macs", "peak_activation_bytes"),
    "microcontroller": ("arena_bytes", "bytes"),
    "ethos_u": ("cycles", "sram_kib", "flash_kib"),
}
OLDER = "of an older file"  # in place of a time that was measured before the file changed
NO_BASELINE = "the baseline was not measured"


class Given(NamedTuple):
    """A model's file for a device."""

    artifact: str
    figures: Mapping[str, Any]  # its costs
    error: float  # median over the seeds, on the test set; infinite: not finite
    above: float  # how far that is above the source model's, as a share of it
    good: bool  # whether it predicts as its source does (`choice.good`)


class Latency(NamedTuple):
    """A model's file to ship, timed on a device."""

    us: float | None  # median of one call, in microseconds
    ratio: float | None  # to the baseline's file of the same type
    spread: tuple[float, float] | None  # 5th and 95th percentile of that over the rounds
    of_control: float | None  # to the control's file of the type `beside`
    kinds: tuple[str, str]  # the file's type, and `beside`, that of the files it is compared with
    why: str  # there is no figure


def file_for(results: Results, model: str, device: str) -> Given | None:
    """Return the file that a device gets; None if no file of the model can run there.

    For a CPU it is the file to ship. Else it is the smallest that runs there and predicts as its
    source does; where none does, the one with the least error. A microcontroller holds a file as it
    is; for the others gzipped bytes count.
    """
    own = results.evidence(model)
    found = {file.artifact: file for file in files_for(results, model, device)}
    if device == "cpu":
        return found.get(own.ships)
    files = {name: own.files[name] for name in found}
    stored = device == "microcontroller"
    chosen = choice.for_device(files, own.files["stripped"], stored=stored)
    return found[chosen] if chosen else None


def files_for(results: Results, model: str, device: str) -> list[Given]:
    """Return the files of a model that run on a device, and whose predictions are finite."""
    metric, sizes, costs = results.data.task.metric, results.sizes[model], results.costs[model]
    files = results.evidence(model).files
    source = files["stripped"]
    found = []
    for artifact, figures in costs.items():
        runs = figure(figures, DEVICES[device][0]) is not None
        if artifact not in sizes or not artifact.startswith(COSTED) or not runs:
            continue
        error, own = as_number(sizes[artifact][metric]["median"]), files[artifact]
        if not all(map(math.isfinite, (error, own.error, source.error))):
            continue
        above = ratio(own.error, source.error)
        above = math.inf if above is None else above - 1
        good = choice.good(own, source)
        found.append(Given(artifact, figures, error, above, good))
    return found


def figure(figures: Mapping[str, Any], key: str) -> float | None:
    """Return a cost's median over the seeds; None if it is missing or not finite."""
    return finite(figures.get(key, {}).get("median"))


def cost(results: Results, model: str, device: str, key: str) -> float | None:
    """Return what a model's file for a device costs there; None if it is unknown."""
    file = file_for(results, model, device)
    return None if file is None else figure(file.figures, key)


def worse(file: Given) -> str:
    """Return in words how far a file's error is above its source model's; empty if it is good."""
    return "" if file.good else f"on validation rows {apart(file.above)} its source model's"


def left_to_cpu(file: Given) -> str:
    """Return in words the operators that Vela leaves to the CPU; empty if there are none."""
    return ", ".join(
        f"{count} {name}" for name, count in file.figures.get("cpu_operators", {}).items()
    )


def reference(results: Results, model: str) -> str | None:
    """Return the model that a model's costs are ratios to; None for the baseline."""
    if model == "baseline":
        return None
    return control(model, results.recipes, results.elsewhere()) or "baseline"


def types(results: Results, model: str, other: str | None, device: str) -> tuple[str, str] | None:
    """Return the types of the two models' files for a device, such as int8, if they differ."""
    files = [file_for(results, name, device) for name in (model, other) if name]
    found = [file.artifact.rpartition("_")[2] for file in files if file]
    return (found[0], found[1]) if len(set(found)) == 2 else None


def ratio(own: float | None, other: float | None) -> float | None:
    """Return a ratio; None if one of the two is unknown, or if there is no such ratio."""
    if own is None or other is None:
        return None
    return own / other if other else None if own else 1.0


def latency(results: Results, model: str, device: str) -> Latency:
    """Return the time of a model's file to ship on a device that was measured."""
    artifact = results.ships(model)
    kind = artifact.rpartition("_")[2]
    own, why = _timed(results, device, f"{model}/{artifact}", kind)
    if own is None:
        return Latency(None, None, None, None, (kind, beside(kind)), why)
    other = reference(results, model)
    dense = beside(kind)
    compared = _timed(results, device, f"{other}/minified_{dense}", dense)[0] if other else None
    mine = finite(own.ratio.median)
    of_control = ratio(mine, finite(compared.ratio.median)) if compared else None
    spread = own.ratio.low, own.ratio.high
    why = "" if mine else "not finite"
    return Latency(finite(own.p50_us), mine, spread, of_control, (kind, dense), why)


def _timed(results: Results, device: str, key: str, kind: str) -> tuple[Any, str]:
    """Return a file's times with XNNPACK if they are of the present files, or why there are none.

    A time's ratio is to the baseline's file, which must be the present one as well.
    """
    files = results.measured[device].files
    dense = f"baseline/minified_{beside(kind)}"
    if key not in files:
        return None, "not measured"
    if dense not in files:
        return None, NO_BASELINE
    if any(stale(results, device, name) for name in (key, dense)):
        return None, OLDER
    found = files[key].xnnpack
    if not hasattr(found, "ratio"):
        return None, "cannot run"
    return (found, "") if found.ratio else (None, "the baseline cannot run")


def stale(results: Results, device: str, key: str) -> bool:
    """Return whether a device measured another file than the present one of this name, or none."""
    file = results.measured[device].files.get(key)
    return file is None or file.sha256 != results.hashes.get(key)


def detail(results: Results) -> dict[str, dict[str, Any]]:
    """Return each model's file for each device, with its costs over the seeds, for `detail.json`.

    `latency_ratio` has the ratio to the baseline for each device that was measured; None where that
    is not of the present file.
    """
    found: dict[str, dict[str, Any]] = {}
    for model in results.models:
        found[model] = {}
        for device, keys in DEVICES.items():
            if (file := file_for(results, model, device)) is not None:
                own = {key: file.figures[key] for key in keys if key in file.figures}
                words = {"worse": worse(file), "left_to_cpu": left_to_cpu(file)}
                said = {key: text for key, text in words.items() if text}
                found[model][device] = {"artifact": file.artifact, **own, **said}
        found[model]["latency_ratio"] = {
            device: latency(results, model, device).ratio for device in results.measured
        }
    return found
