"""Tables that the page and its Markdown share."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
from tabulate import tabulate

from secateur.optimizers import Training
from secateur.recipes import Recipe
from secateur.report.draw_sizes import File, strip, strip_axis
from secateur.report.drawing import Picture
from secateur.report.verdict import smallest
from secateur.report.words import compare, difference, number, spread

INPUTS = 64  # columns of a table, at most


class Cell(NamedTuple):
    """What a cell shows, and by what its column is sorted."""

    text: str
    value: float | str = ""
    picture: Picture | None = None
    shade: float | None = None  # from 0 to 1


class Table(NamedTuple):
    """Rows of cells under a head; the first column names the row."""

    name: str
    head: list[Cell]
    rows: list[list[Cell]]

    def markdown(self, folder: str) -> str:
        """As a table in Markdown, with the pictures in `folder`."""
        align = ["left", *["right"] * (len(self.head) - 1)]
        rows = [[_markdown(cell, folder) for cell in row] for row in self.rows]
        head = [_markdown(cell, folder) for cell in self.head]
        return tabulate(rows, head, "pipe", colalign=align, disable_numparse=True)


def models(
    evaluation: Mapping[str, Any],
    sizes: Mapping[str, Any],
    names: Sequence[str],
    controls: Sequence[str],
) -> Table:
    """A row a model: what it is worth, over the seeds, and what it takes.

    Each is compared with the baseline and with `controls`, in which nothing is pruned.
    """
    by_seed = {name: evaluation[name]["stripped"]["mse"]["seeds"] for name in names}
    limits = _decades([value for mse in by_seed.values() for value in mse.values()])
    head = [Cell(text) for text in ("model", "kernel sparsity", "test MSE, median (min to max)")]
    head += [Cell("every seed", picture=strip_axis(limits)), Cell("collapsed")]
    head += [Cell(f"against {other}") for other in ("baseline", *controls)]
    head += [Cell(f"{rung}, bytes") for rung in ("unstripped", "stripped", "shrunk")]
    head += [Cell("smallest file, bytes"), Cell("its test MSE")]
    rows = []
    for index, name in enumerate(names):
        score, rungs = evaluation[name], sizes[name]
        mse, least = score["stripped"]["mse"], smallest(rungs)
        sparsity = score["stripped"]["sparsity"]["kernels"]["median"]
        seeds = [_number(value) for value in mse["seeds"].values()]
        row = [
            Cell(name, name),
            Cell(f"{sparsity:.1%}", sparsity),
            Cell(spread(mse), _number(mse["median"])),
            Cell("", _number(mse["median"]), strip(f"strip_{name}", seeds, limits, index)),
            Cell(f"{score['collapsed']} of {len(seeds)}", score["collapsed"]),
        ]
        for other in ("baseline", *controls):
            found = compare(mse["seeds"], by_seed[other])
            row.append(Cell("-" if other == name else difference(found), found.median))
        row += [_bytes(rungs, rung) for rung in ("unstripped", "stripped", "shrunk")]
        size = rungs[least]["gzip_bytes"]["median"]
        row += [Cell(f"{size:,.0f} ({least})", size)]
        row += [Cell(spread(rungs[least]["mse"]), _number(rungs[least]["mse"]["median"]))]
        rows.append(row)
    return Table("models", head, rows)


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


def ladder(sizes: Mapping[str, Any], names: Sequence[str]) -> Table:
    """Every file's gzipped bytes and test MSE, by rung and model."""
    rungs = dict.fromkeys(rung for name in names for rung in sizes[name])
    head = [Cell("gzipped bytes, test MSE"), *(Cell(name) for name in names)]
    rows = [
        [Cell(rung, rung), *(_bytes(sizes[name], rung, mse=True) for name in names)]
        for rung in rungs
    ]
    rows.sort(key=lambda row: -max(float(cell.value or 0) for cell in row[1:]))
    return Table("ladder", head, rows)


def trade_off(points: pd.DataFrame) -> Table:
    """The curve's points, by sparsity and kind, over the seeds."""
    head = [Cell(text) for text in ("kind", "sparsity", "gzipped bytes", "test MSE")]
    rows = []
    for (kind, sparsity), own in points.groupby(["kind", "sparsity"], sort=False):
        size, mse = own["gzip_bytes"].median(), own["mse"]
        words = f"{number(mse.median())} ({number(mse.min())} to {number(mse.max())})"
        rows.append([
            Cell(str(kind), str(kind)), Cell(f"{sparsity:.0%}", float(str(sparsity))),
            Cell(f"{size:,.0f}", size), Cell(words, mse.median()),
        ])  # fmt: skip
    return Table("trade_off", head, rows)


def plain(name: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table of text."""
    return Table(
        name, [Cell(text) for text in head], [[Cell(str(c), str(c)) for c in row] for row in rows]
    )


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


def _number(value: float | None) -> float:
    return math.inf if value is None else value


def _decades(values: Sequence[float | None]) -> tuple[float, float]:
    found = [value for value in values if value]
    low, high = math.log10(min(found, default=1.0)), math.log10(max(found, default=1.0))
    return 10 ** (math.floor(low) - 0.1), 10 ** (math.ceil(high + 1e-9) + 0.1)


def _markdown(cell: Cell, folder: str) -> str:
    image = cell.picture and f"![{cell.picture.alt}]({folder}/{cell.picture.name}.svg)"
    return " ".join(filter(None, (cell.text, image)))
