"""What `secateur channels` shows: the groups of a network's channels, and what would go."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

from secateur.arrays import parts
from secateur.arrays.rows import Rows
from secateur.artifacts import TRAINED
from secateur.compress import channel_choice, channel_removal, pruning, silent
from secateur.compress.channel_removal import Measure
from secateur.compress.removal import removed
from secateur.core import params
from secateur.core.errors import InputError
from secateur.core.seeds import Seeds, seed_file
from secateur.core.tasks import TASKS, TaskName
from secateur.devices import channel_costs
from secateur.devices.costs import MeasureCosts
from secateur.evaluate.predictions import predictor
from secateur.evaluate.scoring import error
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.network import channels
from secateur.recipes import channel_terms
from secateur.recipes.channel_terms import NONE, Terms
from secateur.recipes.channels import Channels
from secateur.recipes.training import Training
from secateur.report.budget import Budget

SPLIT, ENCODING = Path("data/split"), Path("models/encoding.json")
LISTED = 4  # layers of a group, by name


def lines(name: str, seed: int | None, asked: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield the lines; `asked` is what a recipe's `channels` would say.

    Raises:
        InputError: there is no such network, what is asked cannot work, or a file is damaged.
    """
    recipe = params.validate(Channels, dict(asked), "options") if asked else None
    given = params.read()
    model = _load(name, seed, given)
    found = channels.of(model)
    rows = parts.train_and_validation(SPLIT, ENCODING, lazily=True) if recipe else None
    terms, measure = _measure(recipe, given) if recipe else (NONE, None)
    gone = _chosen(model, recipe, given, rows[0], terms, measure) if recipe and rows else None
    dead, _ = silent.silent(model, found)
    head = ["layers", "channels", "silent", *(["would stay"] if recipe else [])]
    aligned = ("left", *["right"] * (len(head) - 1))
    yield tabulate(list(_rows(found, dead, gone)), head, "simple", colalign=aligned)
    yield ""
    yield from (f"left whole: {layer}: {why}" for layer, why in found.whole.items())
    if recipe and rows and gone is not None:
        yield ""
        yield from _compared(model, found, gone, given, *rows, recipe, measure)


def _load(name: str, seed: int | None, given: params.ParamsFile) -> keras.Model:
    seeds = given.section("seeds", Seeds)
    seed = seeds[0] if seed is None else seed
    there = sorted(path.name for path in TRAINED.glob("*/") if not path.name.startswith("."))
    if name not in there:
        raise InputError(
            f"{TRAINED}: has no network {name!r}; has {', '.join(there) or 'none'}; "
            "`secateur repro` trains them"
        )
    if seed not in seeds:
        raise InputError(f"--seed {seed}: must be one of params.yaml: {', '.join(map(str, seeds))}")
    safe_mode = given.optional("model.safe_mode", bool, True)
    return pruning.strip(h5_files.load(seed_file(TRAINED / name, seed), safe_mode))


def _measure(recipe: Channels, given: params.ParamsFile) -> tuple[Terms, Measure | None]:
    """Return what the options need of other sections, and what tells the cost that they keep."""
    costs = given.section("measure_costs", MeasureCosts)
    npu = channel_terms.Npu(
        accelerator=costs.accelerator, system=costs.system, memory_mode=costs.memory_mode
    )
    terms = channel_terms.of("options", recipe, given.section("budget", Budget).given(), npu)
    return terms, channel_costs.measure(recipe.keep, terms, SPLIT, ENCODING)


def _chosen(
    model: keras.Model,
    recipe: Channels,
    given: params.ParamsFile,
    train: Rows,
    terms: Terms,
    measure: Measure | None,
) -> np.ndarray:
    whole = channel_removal.whole(model, recipe, measure)
    task = TASKS[given.section("task", TaskName)]
    return channel_removal.chosen(
        model, recipe, 1, whole, task, train, _batch_size(given), 0, terms, measure
    )


def _batch_size(given: params.ParamsFile) -> int:
    return given.section("training", Training).batch_size


def _rows(
    found: channels.Channels, dead: np.ndarray, gone: np.ndarray | None
) -> Iterator[list[Any]]:
    """Yield the layers that make a group, its channels, the silent ones, and those that stay."""
    for group in found.groups():
        makers = found.makers(group)
        more = f" and {len(makers) - LISTED} more" if len(makers) > LISTED else ""
        stay = [] if gone is None else [int((~np.isin(group, gone)).sum())]
        silent_ones = int(np.isin(group, dead).sum())
        yield [", ".join(makers[:LISTED]) + more, len(group), silent_ones, *stay]


def _compared(
    model: keras.Model,
    found: channels.Channels,
    gone: np.ndarray,
    given: params.ParamsFile,
    train: Rows,
    validation: Rows,
    recipe: Channels,
    measure: Measure | None,
) -> Iterator[str]:
    """Yield what the network would have, and its error on the validation rows."""
    none = np.zeros(0, int)
    counts: dict[str, Callable[[np.ndarray], float]] = {
        "MACs": partial(channel_choice.macs, model, found),
        "weights": partial(channel_choice.weights, model, found),
    }
    if measure:
        counts[recipe.keep.kind] = lambda own: measure.cost(removed(model, found, own))
    for what, count in counts.items():
        before, after = count(none), count(gone)
        yield f"{what}: {after:,.6g} of {before:,.6g} ({after / before:.0%})"
    smaller = channel_removal.without(model, gone, train, _batch_size(given))
    task = TASKS[given.section("task", TaskName)]
    errors = [error(task, predictor()(own, validation.x), validation) for own in (smaller, model)]
    yield (
        f"validation {task.label}: {errors[0]:.4g} before any training, {errors[1]:.4g} of the "
        "whole network"
    )
