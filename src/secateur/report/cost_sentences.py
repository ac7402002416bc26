"""The sentences about costs: why a figure is missing, and what to know before comparing two."""

from collections.abc import Iterator, Mapping
from typing import Any

from secateur.report import budget
from secateur.report.cost_table import MARK
from secateur.report.costs import (
    COSTED,
    DEVICES,
    OLDER,
    cost,
    file_for,
    files_for,
    latency,
    left_to_cpu,
    reference,
    types,
    worse,
)
from secateur.report.formatting import number, printable
from secateur.report.results import Results


def sentences(results: Results) -> list[str]:
    """Return what stands below the tables of costs; each reason once, with the models it is of."""
    return [
        *_counted_by(results.cost_devices),
        *_not_as_good(results),
        *other_types(results),
        *_no_files(results),
        *_cannot_run(results),
        *_no_flash(results),
        *_left_to_cpu(results),
        *_measured(results),
    ]


def on_devices(results: Results, model: str) -> list[str]:
    """Say which file of a model each other device gets, where it is not the file to ship."""
    label, found = results.data.task.label, []
    ships = results.ships(model)
    for device in DEVICES:
        file = file_for(results, model, device)
        if device == "cpu" or file is None or file.artifact == ships:
            continue
        said = f", {worse(file)}" if worse(file) else ""
        found.append(
            f"For {budget.DEVICES[device]} take its {file.artifact}: test {label} "
            f"{number(file.error)}{said}."
        )
    return found


def on_budget(results: Results, model: str | None, found: budget.Costs) -> list[str]:
    """Say how far the recommended model is from each budget."""
    if not results.budget.given():
        return []
    if model is None:
        return ["No file is recommended, so none keeps the budget."]
    judged = budget.judge(results.budget, found[model])
    return [budget.sentence(model, one) for one in judged]


def _counted_by(devices: Mapping[str, Any]) -> Iterator[str]:
    """Say which tools gave the figures, of which version and with which settings."""
    for device, tool in devices.items():
        own = dict(tool) if isinstance(tool, dict) else {"package": tool}
        by = " ".join(str(own.pop(key)) for key in ("package", "version") if key in own)
        given = "".join(f", {key.replace('_', ' ')} {value}" for key, value in own.items())
        yield f"Figures for {budget.DEVICES.get(device, device)}: {printable(by + given)}."


def _not_as_good(results: Results) -> Iterator[str]:
    label = results.data.task.label
    for device in DEVICES:
        files = {model: file_for(results, model, device) for model in results.models}
        bad = [
            f"{model} ({budget.apart(file.above)}; test {label} {number(file.error)})"
            for model, file in files.items()
            if file is not None and not file.good
        ]
        if bad:
            yield (
                f"{MARK} No file for {budget.DEVICES[device]} has the validation {label} of its "
                f"source model: {', '.join(bad)}."
            )


def other_types(results: Results) -> Iterator[str]:
    """Say where a ratio also compares two types of files, and why the model has another type."""
    for device in DEVICES:
        found = []
        for model in results.models:
            other = reference(results, model)
            if kinds := types(results, model, other, device):
                bad = [
                    f"; its own {kinds[1]} file has an error {worse(file)}"
                    for file in files_for(results, model, device)
                    if file.artifact == f"minified_{kinds[1]}" and not file.good
                ]
                found.append(f"{model} ({kinds[0]} against {kinds[1]} of {other}{''.join(bad)})")
        if found:
            yield (
                f"On {budget.DEVICES[device]} these ratios compare files of two types: "
                f"{', '.join(found)}."
            )


def _no_files(results: Results) -> Iterator[str]:
    """Say which models have a control in the table of models and none in that of costs."""
    for model in results.models:
        trained = "same_training" in results.controls.get(model, {})
        if trained and reference(results, model) == "baseline":
            start = results.recipes[model].start
            though = "" if start == "baseline" else f", though it starts from {start}"
            yield (
                f"The same training without removal, which {model} is compared with elsewhere, has "
                f"no files: here its ratios are to the baseline{though}."
            )


def _cannot_run(results: Results) -> Iterator[str]:
    """Say why a device has no file of a model, each reason once."""
    for device in DEVICES:
        reasons: dict[str, list[str]] = {}
        for model in results.models:
            if file_for(results, model, device) is None:
                for reason in _reasons(results, model, device):
                    reasons.setdefault(reason, []).append(model)
        for reason, models in reasons.items():
            yield f"No figure for {budget.DEVICES[device]}: {', '.join(models)}: {reason}."


def _reasons(results: Results, model: str, device: str) -> list[str]:
    artifacts = {
        name: figures for name, figures in results.costs[model].items() if name.startswith(COSTED)
    }
    found = [figures.get("why", {}).get(device) for figures in artifacts.values()]
    given = list(dict.fromkeys(printable(str(why)).rstrip(".") for why in found if why))
    if given:
        return given
    ships = results.ships(model)
    if device == "cpu" and ships not in artifacts:
        return [f"what ships is {ships}, which is no minified TFLite file"]
    if artifacts:
        return ["the predictions of its files are not finite, or its figures are missing"]
    return ["none of its minified files could be counted"]


def _no_flash(results: Results) -> Iterator[str]:
    """Say of which models Vela gives cycles and no flash: their weights lie elsewhere."""
    without = [
        model
        for model in results.models
        if file_for(results, model, "ethos_u")
        and cost(results, model, "ethos_u", "flash_kib") is None
    ]
    if without:
        yield (
            f"No flash on the Ethos-U: {', '.join(without)}: in this memory mode the weights do "
            "not lie in flash."
        )


def _left_to_cpu(results: Results) -> Iterator[str]:
    """Say which operators of a model no figure of the Ethos-U counts, each list once."""
    found: dict[str, list[str]] = {}
    for model in results.models:
        file = file_for(results, model, "ethos_u")
        if file and (left := left_to_cpu(file)):
            found.setdefault(left, []).append(model)
    for left, models in found.items():
        yield f"On the Ethos-U, {budget.LEFT.format(left)}: {', '.join(models)}."


def _measured(results: Results) -> Iterator[str]:
    if not results.measured:
        yield f"No time has been measured. To have one, {budget.MEASURE}."
    for device, file in results.measured.items():
        name, processor = printable(device), printable(str(file.processor))
        found = {model: latency(results, model, device) for model in results.models}
        ratios = [
            f"{model} {own.ratio:.3g} ({own.spread[0]:.3g} to {own.spread[1]:.3g})"
            for model, own in found.items()
            if own.ratio and own.spread and model != "baseline"
        ]
        spread = "; of the baseline's time, with the 5th and 95th percentile over the rounds: "
        yield (
            f"Times on {name}: {processor}, one thread, XNNPACK, median of a call"
            f"{spread + ', '.join(ratios) if ratios else ''}."
        )
        why: dict[str, list[str]] = {}
        for model, own in found.items():
            if own.why:
                why.setdefault(own.why, []).append(model)
        for reason, models in why.items():
            again = "; measure again" if reason == OLDER else ""
            yield f"No time on {name} of {', '.join(models)}: {reason}{again}."
