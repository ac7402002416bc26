"""What `secateur channels` shows: the groups of a network's channels, and what would go."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tabulate import tabulate

from secateur.arrays import parts
from secateur.arrays.rows import Rows
from secateur.artifacts import TRAINED
from secateur.command import channel_asked
from secateur.compress import channel_choice, channel_removal, pruning, silent
from secateur.compress.channel_removal import Measure
from secateur.compress.removal import removed
from secateur.core import params
from secateur.core.errors import InputError, did_you_mean
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
from secateur.recipes.channel_terms import Terms
from secateur.recipes.channels import BUDGETS, Channels
from secateur.recipes.recipe import RESERVED
from secateur.recipes.training import Training
from secateur.report.budget import Budget

SPLIT, ENCODING = Path("data/split"), Path("models/encoding.json")
ARENA = "arena of tflite-micro, bytes"  # of which the budget is, and no share
LISTED = 4  # layers of a group, by name


class Removal(NamedTuple):
    """What would go of a network, and what that is counted by."""

    recipe: Channels
    terms: Terms
    measure: Measure | None
    rows: tuple[Rows, Rows]  # to train and to validate
    gone: np.ndarray


def lines(
    network: str | None,
    seed: int | None,
    options: Mapping[str, Any] | None = None,
    recipe: str | None = None,
) -> Iterator[str]:
    """Yield the lines; `options` are what a recipe's `channels` would say, `recipe` has its own.

    Raises:
        InputError: there is no such network, what is asked cannot work, or a file is damaged.
    """
    given = params.read()
    try:
        whole = channel_asked.of_recipe(recipe, given) if recipe else None
        asked = whole.channels if whole else channel_asked.of_options(options) if options else None
        seed = _seed(seed, given)
        model = _load(network or (whole.start if whole else "baseline"), seed, given)
        found = channels.of(model)
        removal = _removal(model, asked, seed, given) if asked else None
    except InputError as error:
        raise channel_asked.told(error, recipe, given.path) from None
    dead, _ = silent.silent(model, found)
    head = ["layers", "channels", "silent", *(["would stay"] if removal else [])]
    aligned = ("left", *["right"] * (len(head) - 1))
    rows = list(_rows(found, dead, removal.gone if removal else None))
    yield tabulate(rows, head, "simple", colalign=aligned)
    yield ""
    yield from (f"left whole: {layer}: {why}" for layer, why in found.whole.items())
    if removal:
        yield ""
        if asked and asked.rounds > 1:
            yield f"rounds: {asked.rounds}: shown is what goes in all of them, here in one go"
        yield from _compared(model, found, removal, given)


def _seed(seed: int | None, given: params.ParamsFile) -> int:
    seeds: Seeds = given.section("seeds", Seeds)
    if seed is not None and seed not in seeds:
        raise InputError(f"--seed {seed}: must be one of params.yaml: {', '.join(map(str, seeds))}")
    return seeds[0] if seed is None else seed


def _load(name: str, seed: int, given: params.ParamsFile) -> keras.Model:
    there = sorted(path.name for path in TRAINED.glob("*/") if not path.name.startswith("."))
    if name not in there:
        known = [*RESERVED, *given.section("recipes", dict[str, Any])]
        if name not in known:
            raise InputError(
                f"NETWORK {name}: no such network{did_you_mean(name, known)}; allowed: "
                f"{', '.join(known)}"
            )
        first = "`secateur repro build_model` makes initial"
        raise InputError(
            f"{TRAINED}: has no network {name!r} yet; has {', '.join(there) or 'none'}; "
            + (
                first
                if name == "initial"
                else f"`secateur repro` trains it, and before that {first}"
            )
        )
    safe_mode = given.optional("model.safe_mode", bool, True)
    return pruning.strip(h5_files.load(seed_file(TRAINED / name, seed), safe_mode))


def _removal(model: keras.Model, asked: Channels, seed: int, given: params.ParamsFile) -> Removal:
    """Choose what goes in all rounds together."""
    recipe = channel_asked.with_layers(asked).model_copy(update={"rounds": 1})
    rows = parts.train_and_validation(SPLIT, ENCODING, lazily=True)
    terms, measure = _measure(recipe, given)
    whole = channel_removal.whole(model, recipe, measure)
    task = TASKS[given.section("task", TaskName)]
    gone = channel_removal.chosen(
        model, recipe, 1, whole, task, rows[0], _batch_size(given), seed, terms, measure
    )
    return Removal(recipe, terms, measure, rows, gone)


def _measure(recipe: Channels, given: params.ParamsFile) -> tuple[Terms, Measure | None]:
    """Return what the removal needs of other sections, and what tells the cost that it keeps."""
    costs = given.section("measure_costs", MeasureCosts)
    npu = channel_terms.Npu(
        accelerator=costs.accelerator, system=costs.system, memory_mode=costs.memory_mode
    )
    terms = channel_terms.of("channels", recipe, given.section("budget", Budget).given(), npu)
    return terms, channel_costs.measure(recipe.keep, terms, SPLIT, ENCODING)


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
    model: keras.Model, found: channels.Channels, removal: Removal, given: params.ParamsFile
) -> Iterator[str]:
    """Yield what the network would have, and its error on the validation rows."""
    recipe, terms, measure, (train, validation), gone = removal
    kind, none = recipe.keep.kind, np.zeros(0, int)
    counts: dict[str, Callable[[np.ndarray], float]] = {
        "MACs": partial(channel_choice.macs, model, found),
        "weights": partial(channel_choice.weights, model, found),
    }
    label = "MACs" if kind == "macs" else kind
    if measure:
        label = ARENA if kind == "peak_memory" and terms.most is not None else label
        counts[label] = lambda own: measure.cost(removed(model, found, own))
    for what, count in counts.items():
        before, after = count(none), count(gone)
        yield f"{what}: {after:,.6g} of {before:,.6g} ({after / before:.0%})"
        if what == label and terms.most is not None:
            kept = ": the network keeps it already, so no channel goes"
            yield f"budget.{BUDGETS[kind]}: {terms.most:,.6g}{kept if before <= terms.most else ''}"
    smaller = channel_removal.without(model, gone, train, _batch_size(given))
    task = TASKS[given.section("task", TaskName)]
    errors = [error(task, predictor()(own, validation.x), validation) for own in (smaller, model)]
    yield (
        f"validation {task.label}: {errors[0]:.4g} before any training, {errors[1]:.4g} of the "
        "whole network"
    )
