"""From a run's figures to the page, and to the same in Markdown."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from secateur.friedman import USED
from secateur.optimizers import Training
from secateur.recipes import Recipe
from secateur.report import cells, draw_kernels, draw_models, draw_sizes, look
from secateur.report.draw_sizes import File
from secateur.report.drawing import Picture
from secateur.report.findings import collapsed, noise_read, pruning
from secateur.report.references import Reference
from secateur.report.table import Table
from secateur.report.verdict import Verdict, verdict
from secateur.report.words import as_number

Kernels = Mapping[str, np.ndarray]  # by layer
BySeed = Mapping[str, Mapping[int, Any]]  # by model and seed


class Run(NamedTuple):
    """What a run has left; models are in the order of the tables, the baseline first."""

    models: Sequence[str]
    recipes: Mapping[str, Recipe]
    training: Training  # of the recipes without their own
    references: Sequence[Reference]
    evaluation: Mapping[str, Any]  # by model, in the order of `models`, like `sizes`
    sizes: Mapping[str, Any]
    curves: pd.DataFrame  # model, seed, epoch, loss, val_loss, sparsity
    points: pd.DataFrame  # of the trade-off curve: kind, seed, sparsity, gzip_bytes, mse
    true: np.ndarray  # (n,), of the test set
    predicted: BySeed  # (n,), by the stripped model
    before: BySeed  # `Kernels` that pruning started from
    after: BySeed  # of the stripped model
    shrunk: BySeed  # without what is dead
    inputs: Mapping[str, Mapping[str, Sequence[int]]]  # that the shrunk model reads


class Report(NamedTuple):
    """What is written."""

    html: str
    markdown: str
    pictures: list[Picture]
    tables: dict[str, str]  # in Markdown, by name: to be printed, and shown elsewhere


def write(run: Run, made: Mapping[str, Any], folder: str) -> Report:
    """Draw and fill in. `made` tells how the run was made; `folder` has Markdown's pictures.

    `made` has `params` (all of them), `versions` (a table), `digest` (of the metrics) and `seeds`.
    """
    with look.style(), np.errstate(all="ignore"):  # a diverged model has figures to match
        found = _content(run)
    made = {**made, "params": _yaml(made["params"])}
    context = {**found, "made": made, "run": run, "folder": folder}
    html = _environment(autoescape=True).get_template("page.html").render(context)
    markdown = _environment(autoescape=False).get_template("page.md").render(context)
    tables = [value for value in found.values() if isinstance(value, Table)]
    in_tables = [
        cell.picture for table in tables for row in (table.head, *table.rows) for cell in row
    ]
    in_sections = [p for value in found.values() if isinstance(value, list) for p in value]
    pictures = [p for p in (*in_tables, *in_sections) if isinstance(p, Picture)]
    return Report(html, markdown, pictures, {table.name: table.markdown() for table in tables})


def _environment(autoescape: bool) -> jinja2.Environment:
    """Of the templates beside this file; what they import is escaped as they are."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def _yaml(data: Mapping[str, Any]) -> str:
    """Sorted: the same for the same values, whatever the file that they come from looks like."""
    text = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width = None, 100
    yaml.dump(data, text)
    return text.getvalue()


def _content(run: Run) -> dict[str, Any]:
    """Tables, lists of pictures, and the words beside them."""
    features = next(iter(next(iter(run.after["baseline"].values())).values())).shape[0]
    files = [
        File(model, rung, figures["gzip_bytes"]["median"], as_number(figures["mse"]["median"]))
        for model in run.models
        for rung, figures in run.sizes[model].items()
    ]
    front = draw_sizes.pareto(files)
    said: Verdict = verdict(run.evaluation, run.sizes, run.curves, run.recipes)
    recipes = [model for model in run.models if model != "baseline"]
    return {
        "verdict": said,
        "models": cells.models(run.evaluation, run.sizes, run.recipes),
        "front": cells.front(front, run.sizes),
        "size_against_error": [draw_sizes.size_against_error(files, front, run.references)],
        "curves": [
            draw_models.curves(model, run.curves[run.curves["model"] == model])
            for model in run.models
        ],
        "predictions": [
            draw_models.predicted(model, run.true, run.predicted[model]) for model in run.models
        ],
        "residuals": [
            draw_models.residuals(
                model, {seed: p - run.true for seed, p in run.predicted[model].items()}
            )
            for model in run.models
        ],
        "kernels": [_kernels(run, model) for model in recipes],
        "weights": [
            draw_kernels.weights(model, _all(run.before[model]), _all(run.after[model]))
            for model in recipes
        ],
        "alive": _alive(run),
        "inputs": cells.inputs(run.inputs, features),
        "features": features,
        "used": USED,
        "noise_read": noise_read(run.inputs, features),
        "trade_off": [draw_sizes.trade_off(run.points)],
        "pruning": pruning(run.points),
        "collapsed": collapsed(run.points, float(np.var(run.true))),
        "trade_off_table": cells.trade_off(run.points),
        "ladder": cells.ladder(run.sizes),
        "recipes": cells.recipes(run.recipes, run.training),
    }


def _kernels(run: Run, model: str) -> Picture:
    """Of the seed whose test MSE is the median, or the one below it."""
    mse = run.evaluation[model]["stripped"]["mse"]["seeds"]
    ranked = sorted(mse, key=lambda seed: (as_number(mse[seed]), int(seed)))
    seed = int(ranked[(len(ranked) - 1) // 2])
    note = f"Seed {seed}, whose test MSE is the median."
    return draw_kernels.kernels(model, run.before[model][seed], run.after[model][seed], note)


def _alive(run: Run) -> list[Picture]:
    """A figure for each layer but the last, whose units are the model's outputs."""
    whole: Kernels = next(iter(run.after["baseline"].values()))
    return [
        draw_kernels.alive(
            layer,
            whole[layer].shape[-1],
            {
                model: [k[layer].shape[-1] if layer in k else 0 for k in run.shrunk[model].values()]
                for model in run.models
            },
        )
        for layer in list(whole)[:-1]
    ]


def _all(kernels: Mapping[int, Kernels]) -> list[np.ndarray]:
    return [kernel for layers in kernels.values() for kernel in layers.values()]
