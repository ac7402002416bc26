"""What stands in the tables of the page and its Markdown."""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import pandas as pd

from secateur.optimizers import Training
from secateur.recipes import Recipe
from secateur.report.draw_sizes import File, strip, strip_axis
from secateur.report.table import Cell, Table, plain
from secateur.report.verdict import control, to_ship
from secateur.report.words import as_number, compare, difference, number, spread

INPUTS = 64  # columns of a table, at most


BySeed = Mapping[str, float | None]


def models(
    evaluation: Mapping[str, Any], sizes: Mapping[str, Any], recipes: Mapping[str, Recipe]
) -> Table:
    """A row a model: what it is worth, over the seeds, and what it takes.

    Each is compared with the baseline, and with what is trained like it without pruning.
    """
    names = list(evaluation)
    by_seed = {name: evaluation[name]["stripped"]["mse"]["seeds"] for name in names}
    limits = _decades([value for mse in by_seed.values() for value in mse.values()])
    head = [Cell(text) for text in ("model", "kernel sparsity", "test MSE, median (min to max)")]
    head += [Cell("every seed", picture=strip_axis(limits))]
    head += [Cell("against baseline"), Cell("against the same without pruning")]
    head += [Cell(f"{rung}, bytes") for rung in ("unstripped", "stripped")]
    head += [Cell("file to ship, bytes"), Cell("its test MSE")]
    rows = []
    for index, name in enumerate(names):
        score, rungs = evaluation[name], sizes[name]
        mse, least = score["stripped"]["mse"], to_ship(rungs)
        sparsity = score["stripped"]["sparsity"]["kernels"]["median"]
        seeds = [as_number(value) for value in mse["seeds"].values()]
        dead = f", {score['collapsed']}\xa0of\xa0{len(seeds)} collapsed"
        row = [
            Cell(name, name),
            Cell(f"{sparsity:.1%}", sparsity),
            Cell(spread(mse) + dead * bool(score["collapsed"]), as_number(mse["median"])),
            Cell("", as_number(mse["median"]), strip(f"strip_{name}", seeds, limits, index)),
        ]
        own = control(name, recipes) if name in recipes else None
        row.append(_against(mse["seeds"], None if name == "baseline" else by_seed["baseline"]))
        row.append(_against(mse["seeds"], by_seed[own] if own else None, own or ""))
        row += [_bytes(rungs, rung) for rung in ("unstripped", "stripped")]
        size = rungs[least]["gzip_bytes"]["median"]
        row += [Cell(f"{size:,.0f} ({least})", size)]
        row += [Cell(spread(rungs[least]["mse"]), as_number(rungs[least]["mse"]["median"]))]
        rows.append(row)
    return Table("models", head, rows)


def _against(mse: BySeed, other: BySeed | None, name: str = "") -> Cell:
    if other is None:
        return Cell("-")
    found = compare(mse, other)
    return Cell(difference(found) + f" ({name})" * bool(name), found.median)


def front(files: Sequence[File], sizes: Mapping[str, Any]) -> Table:
    """The files that no other beats."""
    head = [Cell(text) for text in ("model", "file", "gzipped bytes", "test MSE")]
    rows = [
        [
            Cell(f.model, f.model), Cell(f.rung, f.rung),
            Cell(f"{f.gzip_bytes:,.0f}", f.gzip_bytes),
            Cell(spread(sizes[f.model][f.rung]["mse"]), f.mse),
        ]
        for f in files
    ]  # fmt: skip
    return Table("front", head, rows)


def inputs(read: Mapping[str, Mapping[str, Sequence[int]]], features: int) -> Table:
    """By model and input, how many seeds' networks still read it; of many, the first."""
    features = min(features, INPUTS)
    head = [Cell("model"), *(Cell(f"x{i}") for i in range(features))]
    rows = []
    for model, by_seed in read.items():
        found = [sum(i in columns for columns in by_seed.values()) for i in range(features)]
        shares = [Cell(str(n), n, shade=n / len(by_seed)) for n in found]
        rows.append([Cell(model, model), *shares])
    return Table("inputs", head, rows)


def ladder(sizes: Mapping[str, Any]) -> Table:
    """Every file's gzipped bytes and test MSE, by rung and model, medians; under it the floors.

    A floor is the zero-order entropy, in bytes, of the weights that a packed file holds.
    """
    rungs = dict.fromkeys(rung for model in sizes.values() for rung in model)
    head = [Cell("gzipped bytes, test MSE"), *map(Cell, sizes)]
    rows = [
        [Cell(rung, rung), *(_bytes(model, rung, mse=True) for model in sizes.values())]
        for rung in rungs
    ]
    rows.sort(key=lambda row: -median(float(cell.value) for cell in row[1:] if cell.value))
    for rung in ("packed_float32", "packed_float16", "packed_int8"):
        name = f"floor of {rung}"
        rows.append([Cell(name, name), *(_floor(model.get(rung)) for model in sizes.values())])
    return Table("ladder", head, rows)


def trade_off(points: pd.DataFrame) -> Table:
    """The curve's points, by sparsity and kind: test MSE over the seeds, and gzipped bytes."""
    kinds = [kind for kind in points["kind"].unique() if kind != "dense"]
    rows = []
    for sparsity, here in points.groupby("sparsity", sort=False):
        first = Cell(f"{100 * float(str(sparsity)):g}%", float(str(sparsity)))
        if (here["kind"] == "dense").all():
            rows.append([Cell("dense", 0.0), _point(here), *[Cell("-")] * (len(kinds) - 1)])
        else:
            rows.append([first, *(_point(here[here["kind"] == kind]) for kind in kinds)])
    return Table("trade_off", [Cell("sparsity"), *map(Cell, kinds)], rows)


def _point(own: pd.DataFrame) -> Cell:
    mse, size = own["mse"], own["gzip_bytes"].median()
    if mse.empty:
        return Cell("-")
    low, high = number(mse.min()), number(mse.max())
    words = f"{number(mse.median())} ({low}\xa0to\xa0{high}), {size:,.0f}\xa0bytes"
    return Cell(words, mse.median())


def recipes(found: Mapping[str, Recipe], default: Training) -> Table:
    """How each recipe prunes and trains; `default` is the training of those without their own."""
    head = ("recipe", "starts from", "scope", "schedule", "steps", "blocks", "epochs", "patience",
            "optimizer", "learning rate")  # fmt: skip
    rows = []
    for name, recipe in sorted(found.items()):
        schedule, training = recipe.schedule, recipe.training or default
        steps, kind, block = "-", "-", "-"
        if schedule:
            end = "on" if schedule.end_step == -1 else f"to {schedule.end_step}"
            steps, kind = f"{schedule.begin_step} {end}", f"{schedule.type}, {schedule.target:.0%}"
            block = " × ".join(map(str, recipe.block_size))
        scope = recipe.scope if isinstance(recipe.scope, str) else ", ".join(recipe.scope)
        patience = "-" if recipe.patience is None else recipe.patience
        rate = f"{training.learning_rate:g}, {training.learning_rate_schedule}"
        rows.append((name, recipe.start, scope, kind, steps, block, recipe.epochs, patience,
                     training.optimizer, rate))  # fmt: skip
    return plain("recipes", head, rows)


def _bytes(rungs: Mapping[str, Any], rung: str, mse: bool = False) -> Cell:
    if rung not in rungs:
        return Cell("-")
    size = rungs[rung]["gzip_bytes"]["median"]
    return Cell(f"{size:,.0f}" + (f", {number(rungs[rung]['mse']['median'])}" if mse else ""), size)


def _floor(figures: Mapping[str, Any] | None) -> Cell:
    floor = figures["entropy_bytes"]["median"] if figures else None
    return Cell("-") if floor is None else Cell(f"{floor:,.0f}", floor)


def _decades(values: Sequence[float | None]) -> tuple[float, float]:
    found = [value for value in values if value]
    low, high = math.log10(min(found, default=1.0)), math.log10(max(found, default=1.0))
    return 10 ** (math.floor(low) - 0.1), 10 ** (math.ceil(high + 1e-9) + 0.1)
