"""What a trial's files are worth: on validation rows, and on the device that gets one of them."""

import math
from collections.abc import Callable, Mapping
from statistics import median
from typing import NamedTuple

import numpy as np

from secateur.arrays.rows import Rows
from secateur.choosing import choice
from secateur.choosing.choice import Candidate
from secateur.core.errors import InputError
from secateur.core.tasks import Task
from secateur.devices import ethos_u, file_figures
from secateur.devices.costs import MeasureCosts
from secateur.evaluate import litert, operators, scoring, sizes
from secateur.recipes.channel_terms import Npu
from secateur.recipes.trial import Device

OF_ETHOS_U = ("cycles", "sram_kib", "flash_kib")
Inputs = list[int] | None  # that a file reads; None: all


class File(NamedTuple):
    """A file of one seed, and the inputs that it reads."""

    content: bytes
    inputs: Inputs


class Measured(NamedTuple):
    """The file that a device gets, and its figures."""

    artifact: str
    figures: dict[str, float | None]  # medians over the seeds
    errors: dict[int, float]  # on validation rows, by seed
    of_baseline: dict[int, float]  # the same of the baseline's network


def measured(
    task: Task,
    device: Device,
    files: Mapping[str, Mapping[int, File]],
    networks: Mapping[int, np.ndarray],
    baseline: Mapping[int, np.ndarray],
    rows: Rows,
    gzip_level: int,
    costs: MeasureCosts,
    budget: Mapping[str, float | None],
) -> Measured:
    """Return what the file that a device gets costs and how well it predicts.

    `error_ratio` and `accuracy_loss` compare the files with the baselines of the same seeds. All
    are of the same validation rows.

    Args:
        task: what the networks predict.
        device: of the files that it runs, it gets the smallest that predicts as its network does;
            where none does, the one with the least error.
        files: by artifact and seed.
        networks: the predictions (n, outputs) of the trial's networks, by seed.
        baseline: the same of the baseline's.
        rows: the validation rows (n).
        gzip_level: of the gzipped sizes.
        costs: the Ethos-U.
        budget: of a CPU's files, one that breaks it counts only if each other one does, too.

    Raises:
        InputError: the device runs none of the files, or none predicts finite numbers.
    """
    seeds = list(networks)
    first = {name: own[seeds[0]] for name, own in files.items()}
    cost_of = _cost_of(device, rows, costs)
    running: dict[str, dict[str, float]] = {}
    reasons = []
    for name, file in first.items():
        try:
            running[name] = cost_of(file)
        except ValueError as error:
            reasons.append(f"{name}: {error}")
    if not running:
        raise InputError(f"search.device: {device!r}: runs no file of the trial: {reasons[0]}")
    predict = _predictor(rows)
    scored = {
        name: {seed: _scores(task, predict(file), rows, file.inputs) for seed, file in own.items()}
        for name, own in files.items()
        if name in running
    }
    errors = {name: {s: one[task.metric] for s, one in own.items()} for name, own in scored.items()}
    candidates = {
        name: Candidate(
            median(_gzipped(file, gzip_level) for file in files[name].values()),
            median(len(file.content) for file in files[name].values()),
            float(np.median(list(own.values()))),
        )
        for name, own in errors.items()
    }
    of_networks = {seed: _scores(task, own, rows, None) for seed, own in networks.items()}
    of_baseline = {seed: _scores(task, own, rows, None) for seed, own in baseline.items()}
    source = Candidate(0, 0, _median(of_networks, task.metric))
    kept = {
        name: own
        for name, own in candidates.items()
        if device == "cpu"
        and choice.good(own, source)
        and own.bytes <= (budget.get("file_bytes") or math.inf)
        and running[name]["macs"] <= (budget.get("macs") or math.inf)
    }
    chosen = choice.for_device(kept or candidates, source, stored=device == "microcontroller")
    if chosen is None:
        raise InputError("no file of the trial predicts finite numbers")
    try:
        each = {
            seed: running[chosen] if seed == seeds[0] else cost_of(file)
            for seed, file in files[chosen].items()
        }
    except ValueError as error:
        raise InputError(f"{device} runs {chosen} of seed {seeds[0]} alone: {error}") from None
    before = _median(of_baseline, task.metric)
    figures: dict[str, float | None] = {
        "error": candidates[chosen].error,
        "error_ratio": candidates[chosen].error / before if before else None,
        "gzip_bytes": candidates[chosen].gzip_bytes,
        "file_bytes": candidates[chosen].bytes,
        **{cost: median(own[cost] for own in each.values()) for cost in each[seeds[0]]},
    }
    if "accuracy" in of_baseline[seeds[0]]:
        own = _median(scored[chosen], "accuracy")
        figures["accuracy_loss"] = _median(of_baseline, "accuracy") - own
    return Measured(
        chosen, figures, errors[chosen],
        {seed: own[task.metric] for seed, own in of_baseline.items()},
    )  # fmt: skip


def _cost_of(device: Device, rows: Rows, costs: MeasureCosts) -> Callable[[File], dict[str, float]]:
    """Return a function that raises ValueError if the device does not run a file."""
    npu = Npu(accelerator=costs.accelerator, system=costs.system, memory_mode=costs.memory_mode)

    def cost_of(file: File) -> dict[str, float]:
        found = {"macs": float(operators.macs(operators.read(file.content)))}
        if device == "microcontroller":
            row = np.asarray(rows.of_inputs(file.inputs).x[:1])
            found["arena_bytes"] = file_figures.arena_bytes(file.content, row)
        elif device == "ethos_u":
            if not ethos_u.is_int8(file.content):
                raise ValueError(ethos_u.FLOAT)
            own = file_figures.on_ethos_u(file.content, npu)
            found |= {cost: own[cost] for cost in OF_ETHOS_U if cost in own}
        return found

    return cost_of


def _predictor(rows: Rows) -> Callable[[File], np.ndarray]:
    """Return a function that predicts the rows; files of equal graphs run once."""
    of_inputs: dict[tuple[int, ...] | None, litert.Predict] = {}

    def predict(file: File) -> np.ndarray:
        key = None if file.inputs is None else tuple(file.inputs)
        if key not in of_inputs:
            of_inputs[key] = litert.predictor(rows.of_inputs(file.inputs).x)
        return of_inputs[key](file.content, True)

    return predict


def _scores(task: Task, predicted: np.ndarray, rows: Rows, inputs: Inputs) -> dict[str, float]:
    own = rows.of_inputs(inputs)
    error = scoring.error(task, predicted, own)
    return {task.metric: error, **scoring.beside(task, predicted, own)}


def _median(scored: Mapping[int, Mapping[str, float]], figure: str) -> float:
    return float(np.median([own[figure] for own in scored.values()]))


def _gzipped(file: File, level: int) -> int:
    return sizes.file_sizes(file.content, level)["gzip_bytes"]
