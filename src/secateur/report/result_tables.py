"""Fill the tables of the page and its Markdown."""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import pandas as pd

from secateur.core.tasks import Task
from secateur.recipes.recipe import Recipe
from secateur.recipes.training import CLIPPING, Training
from secateur.report import remaining_weights
from secateur.report.controls import control, missed
from secateur.report.draw_sizes import File, strip, strip_axis
from secateur.report.formatting import as_number, compare, difference, number, printable, spread
from secateur.report.results import Inputs, Results
from secateur.report.table import Cell, Table, plain

INPUTS = 64  # per table, at most

BySeed = Mapping[str, float | None]


def models(results: Results) -> Table:
    """Return a row per model: its test error over the seeds and its size.

    Each model is compared with the baseline and with its control, which trains alike unpruned.
    """
    task, recipes = results.data.task, results.recipes
    by_seed = {
        name: results.evaluation[name]["stripped"][task.metric]["seeds"] for name in results.models
    }
    limits = _decades([value for errors in by_seed.values() for value in errors.values()])
    error = f"test {task.label}"
    head = [Cell(text) for text in ("model", "kernel sparsity", f"{error}, median (min to max)")]
    head += [Cell("every seed", picture=strip_axis(limits, error))]
    head += [Cell("against baseline"), Cell("against the same without pruning")]
    head += [Cell(f"{artifact}, bytes") for artifact in ("unstripped", "stripped")]
    head += [Cell("file to ship, bytes"), Cell(f"its {error}")]
    rows = []
    for index, name in enumerate(results.models):
        score, artifacts = results.evaluation[name], results.sizes[name]
        own, least = score["stripped"][task.metric], results.ships(name)
        sparsity = score["stripped"]["sparsity"]["kernels"]["median"]
        seeds = [as_number(value) for value in own["seeds"].values()]
        diverged, target = score["diverged"], missed(score)
        failed = {"diverged": diverged, "collapsed": score["collapsed"] - diverged}
        notes = [f", {n}\xa0of\xa0{len(seeds)} {what}" for what, n in failed.items() if n]
        # Sparsity is of the kernels as they are: channels that went are no zeros.
        left = remaining_weights.of_baseline(results, name)
        fewer = "" if left == 1 else f", of\xa0{left:.1%}\xa0of\xa0the\xa0weights"
        aim = "" if target is None else f" (target {target:.1%})"
        row = [
            Cell(name, name),
            Cell(f"{sparsity:.1%}{aim}{fewer}", sparsity),
            Cell(spread(own) + "".join(notes), as_number(own["median"])),
            Cell("", as_number(own["median"]), strip(f"strip_{name}", seeds, limits, index, error)),
        ]
        alike = control(name, recipes, results.elsewhere()) if name in recipes else None
        row.append(against(own["seeds"], None if name == "baseline" else by_seed["baseline"]))
        trained = results.controls.get(name, {}).get("same_training")
        if trained and not alike:  # the pipeline's own control
            row.append(against(own["seeds"], trained[task.metric]["seeds"], "the same training"))
        else:
            row.append(against(own["seeds"], by_seed[alike] if alike else None, alike or ""))
        row += [_bytes(artifacts, artifact) for artifact in ("unstripped", "stripped")]
        size, its = artifacts[least]["gzip_bytes"]["median"], artifacts[least][task.metric]
        ships = its["median"] is not None
        row += [
            Cell(f"{size:,.0f} ({least})", size) if ships else Cell("none"),
            Cell(spread(its), as_number(its["median"])),
        ]
        rows.append(row)
    return Table("models", head, rows)


def classes(results: Results) -> Table:
    """Return a row per model: how often it is right, and figures that give weight to rare classes.

    The last column has the file to ship.
    """
    task = results.data.task
    shown = {"accuracy": "test accuracy, median (min to max)",
             "balanced_accuracy": "balanced accuracy",
             "roc_auc": "ROC AUC" + ", mean over the classes" * (task.name == "multiclass"),
             "macro_f1": "macro F1"}  # fmt: skip
    if task.name == "binary":
        shown["f1"] = f"F1, of {results.data.classes[1]}"
    rows = []
    for name in results.models:
        own, files = results.evaluation[name]["stripped"], results.sizes[name]
        least = files[results.ships(name)]["balanced_accuracy"]
        figures = [*(own[what] for what in shown), least]
        found = [Cell(spread(figure, digits=4), as_number(figure["median"])) for figure in figures]
        rows.append([Cell(name, name), *found])
    head = ["model", *shown.values(), "its file to ship: balanced accuracy"]
    return Table("classes", list(map(Cell, head)), rows)


def anomalies(results: Results) -> Table:
    """Return a row per model: how well a row's error tells anomalous test rows from normal ones."""
    head = ["model", "ROC AUC of a row's error, median (min to max)", "MSE of normal rows",
            "MSE of anomalous rows", "its file to ship: ROC AUC"]  # fmt: skip
    rows = []
    for name in results.models:
        own, files = results.evaluation[name]["stripped"], results.sizes[name]
        least = files[results.ships(name)]["roc_auc"]
        found = [(own["roc_auc"], 4), (own["mse"], 3), (own["mse_anomalous"], 3), (least, 4)]
        cells = [Cell(spread(f, digits), as_number(f["median"])) for f, digits in found]
        rows.append([Cell(name, name), *cells])
    return Table("anomalies", list(map(Cell, head)), rows)


def outputs(results: Results) -> Table:
    """Return a row per model: the R² of each of the first of several outputs."""
    names = results.data.outputs[:INPUTS]
    head = [Cell("test R², median (min to max)"), *(Cell(printable(name)) for name in names)]
    rows = []
    for model in results.models:
        each = results.evaluation[model]["stripped"]["outputs"]  # in the order of the alphabet
        figures = [each[name]["r2"] for name in names]
        cells = [Cell(spread(figure), as_number(figure["median"])) for figure in figures]
        rows.append([Cell(model, model), *cells])
    return Table("outputs", head, rows)


def against(error: BySeed, other: BySeed | None, name: str = "", *, better: str = "lower") -> Cell:
    """Return the cell of a comparison, seed by seed; `name` is what it is compared with.

    Of an accuracy `better` is "higher", so that the seeds that are counted are the good ones.
    """
    if other is None:
        return Cell("-")
    found = compare(error, other)
    return Cell(difference(found, better) + f" ({name})" * bool(name), found.median)


def layers(results: Results) -> Table | None:
    """Return each layer's sparsity, by recipe; None if no recipe sets that of single layers."""
    recipes = {name: recipe for name, recipe in results.recipes.items() if recipe.sparse}
    if not any(recipe.by_layer for recipe in recipes.values()):
        return None
    shown = [name for name in results.models if name in recipes]
    sparsities = {name: results.evaluation[name]["stripped"]["sparsity"] for name in shown}
    kernels = next(iter(results.after["baseline"].values()))
    rows = []
    for layer, kernel in kernels.items():
        if layer in sparsities[shown[0]]:
            found = [sparsities[name][layer]["median"] for name in shown]
            cells = [Cell(f"{zeros:.1%}", zeros) for zeros in found]
            rows.append([Cell(layer, layer), Cell(f"{kernel.size:,}", kernel.size), *cells])
    return Table("layers", [Cell("layer"), Cell("weights"), *map(Cell, shown)], rows)


def front(files: Sequence[File], sizes: Mapping[str, Any], task: Task) -> Table:
    """Return the files that no other beats."""
    head = [Cell(text) for text in ("model", "file", "gzipped bytes", f"test {task.label}")]
    rows = [
        [
            Cell(f.model, f.model), Cell(f.artifact, f.artifact),
            Cell(f"{f.gzip_bytes:,.0f}", f.gzip_bytes),
            Cell(spread(sizes[f.model][f.artifact][task.metric]), f.error),
        ]
        for f in files
    ]  # fmt: skip
    return Table("front", head, rows)


def inputs(read: Inputs, names: Sequence[str], downwards: bool = False) -> Table:
    """Return how many seeds' networks still read each of the first inputs, by model.

    `downwards` gives a row per input, because users' own names are too long for columns.
    """
    names = names[:INPUTS]
    found = {}
    for model, by_seed in read.items():
        counts = [sum(c is None or i in c for c in by_seed.values()) for i in range(len(names))]
        found[model] = [Cell(str(n), n, shade=n / len(by_seed)) for n in counts]
    if downwards:
        rows = [[Cell(name, name), *(own[i] for own in found.values())]
                for i, name in enumerate(names)]  # fmt: skip
        return Table("inputs", [Cell("input"), *map(Cell, found)], rows)
    rows = [[Cell(model, model), *own] for model, own in found.items()]
    return Table("inputs", [Cell("model"), *map(Cell, names)], rows)


def size_table(results: Results) -> Table:
    """Return each file's median gzipped bytes and test error by artifact and model, then floors.

    A floor is the zero-order entropy, in bytes, of the weights in a minified file.
    """
    sizes, task = results.sizes, results.data.task
    artifacts = dict.fromkeys(
        artifact
        for name, model in sizes.items()
        for artifact in (*model, *sorted(results.left_out[name]))
    )
    head = [Cell(f"gzipped bytes, test {task.label}"), *map(Cell, sizes)]
    rows = [
        [
            Cell(artifact, artifact),
            *(
                Cell("left out")
                if artifact in results.left_out[name]
                else _bytes(model, artifact, task)
                for name, model in sizes.items()
            ),
        ]
        for artifact in artifacts
    ]
    rows.sort(key=lambda row: -median([float(c.value) for c in row[1:] if c.value] or [0.0]))
    for artifact in filter(artifacts.__contains__, results.floors):
        name = f"floor of {artifact}"
        rows.append([Cell(name, name), *(_floor(model.get(artifact)) for model in sizes.values())])
    return Table("size_table", head, rows)


def trade_off(points: pd.DataFrame) -> Table:
    """Return the curve's points by sparsity and kind: test error over the seeds, gzipped bytes."""
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
    error, size = own["error"], own["gzip_bytes"].median()
    if error.empty:
        return Cell("-")
    low, high = number(error.min()), number(error.max())
    text = f"{number(error.median())} ({low}\xa0to\xa0{high}), {size:,.0f}\xa0bytes"
    return Cell(text, error.median())


def recipes(found: Mapping[str, Recipe], default: Training) -> Table:
    """Return how each recipe prunes and trains; `default` trains recipes without `training`."""
    head = ("recipe", "starts from", "scope", "schedule", "steps", "blocks", "epochs", "patience",
            "optimizer", "learning rate")  # fmt: skip
    rows = []
    for name, recipe in sorted(found.items()):
        training, block = recipe.training or default, "-"
        kind, steps = _schedule(recipe)
        if recipe.schedule:
            block = " × ".join(map(str, recipe.block_size))
        scope = recipe.scope if isinstance(recipe.scope, str) else ", ".join(recipe.scope)
        scope += ", zeros kept" if recipe.preserve_sparsity else ""
        rows.append((name, recipe.start, scope, kind, steps, block, recipe.epochs,
                     _patience(recipe), _how(recipe, training), _rate(training)))  # fmt: skip
    return plain("recipes", head, rows)


def _patience(recipe: Recipe) -> str:
    """Return when a training stops, and whether its best epoch is kept."""
    found = "-" if recipe.patience is None else str(recipe.patience)
    found += f" by {recipe.monitor}" if recipe.monitor != "val_loss" else ""
    return f"{found}, best epoch" if recipe.restore_best else found


def _how(recipe: Recipe, training: Training) -> str:
    """Return the optimizer, and what a training has beside it."""
    how = [training.optimizer, *(["balanced classes"] if training.class_weight else [])]
    for name in CLIPPING:
        if (bound := getattr(training, name)) is not None:
            how.append(f"{name} {bound:g}")
    if training.label_smoothing:
        how.append(f"label smoothing {training.label_smoothing:g}")
    if recipe.distill:
        how.append(f"{recipe.distill.weight:.0%} distilled from {recipe.distill.from_}")
    return ", ".join([*how, *(layer.type for layer in training.augmentation or [])])


def _rate(training: Training) -> str:
    rate = f"{training.learning_rate:g}, {training.schedule_name}"
    warmup = training.warmup_epochs
    return f"{rate} after {warmup:g} epochs of warm-up" if warmup else rate


def _schedule(recipe: Recipe) -> tuple[str, str]:
    """Return what a recipe's schedule is, and its steps; of several, with the layer of each."""
    if not recipe.each:
        return "-", "-"
    kinds, steps = [], []
    for layer, schedule in recipe.each.items():
        at = f"{layer}: " if layer else ""
        end = "on" if schedule.end_step == -1 else f"to {schedule.end_step}"
        kinds.append(f"{at}{schedule.type}, {schedule.target:.0%}")
        steps.append(f"{at}{schedule.begin_step} {end}")
    spread = "" if recipe.spread == "uniform" else f", {recipe.spread}"
    return "; ".join(kinds) + spread, "; ".join(steps)


def _bytes(artifacts: Mapping[str, Any], artifact: str, task: Task | None = None) -> Cell:
    """Return the file's median gzipped bytes; with a task, its error too."""
    if artifact not in artifacts:
        return Cell("-")
    size = artifacts[artifact]["gzip_bytes"]["median"]
    error = f", {number(artifacts[artifact][task.metric]['median'])}" if task else ""
    return Cell(f"{size:,.0f}{error}", size)


def _floor(figures: Mapping[str, Any] | None) -> Cell:
    floor = figures["entropy_bytes"]["median"] if figures else None
    return Cell("-") if floor is None else Cell(f"{floor:,.0f}", floor)


def _decades(values: Sequence[float | None]) -> tuple[float, float]:
    found = [value for value in values if value]
    low, high = math.log10(min(found, default=1.0)), math.log10(max(found, default=1.0))
    return 10 ** (math.floor(low) - 0.1), 10 ** (math.ceil(high + 1e-9) + 0.1)
