"""From a run's figures to the page, and to the same in Markdown."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
from ruamel.yaml import YAML

from secateur.friedman import USED
from secateur.report import cells, draw_classes, draw_kernels, draw_models, draw_sizes, left, look
from secateur.report.draw_sizes import File
from secateur.report.drawing import Picture
from secateur.report.findings import collapsed, guess, inputs_read, noise_read, pruning
from secateur.report.run import Kernels, Run
from secateur.report.table import Table
from secateur.report.verdict import verdict
from secateur.report.words import as_number, seeds


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
    context.update(seeds=seeds(run.seeds()), error=f"test {run.data.task.words}")
    html = _environment(autoescape=True).get_template("page.html").render(context)
    markdown = _environment(autoescape=False).get_template("page.md").render(context)
    tables = [value for value in found.values() if isinstance(value, Table)]
    in_tables = [
        cell.picture for table in tables for row in (table.head, *table.rows) for cell in row
    ]
    lists = [*found.values(), *found["predictions"].values()]
    in_sections = [p for value in lists if isinstance(value, list) for p in value]
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
    yaml.representer.ignore_aliases = lambda _: True
    yaml.dump(data, text)
    return text.getvalue()


def _content(run: Run) -> dict[str, Any]:
    """Tables, lists of pictures, and the words beside them."""
    task = run.data.task
    files = [
        File(
            model, rung, figures["gzip_bytes"]["median"], as_number(figures[task.figure]["median"])
        )
        for model in run.models
        for rung, figures in run.sizes[model].items()
    ]
    front = draw_sizes.pareto(files)
    recipes = [model for model in run.models if model != "baseline"]
    return {
        "verdict": verdict(run),
        "models": cells.models(run),
        "classes": None if task.name == "regression" else cells.classes(run),
        "front": cells.front(front, run.sizes, task),
        "size_against_error": [draw_sizes.size_against_error(files, front, run.references, task)],
        "curves": [
            draw_models.curves(model, run.curves[run.curves["model"] == model], task)
            for model in run.models
        ],
        "predictions": _predictions(run),
        "kernels": [_kernels(run, model) for model in recipes],
        "weights": [
            draw_kernels.weights(model, _all(run.before[model]), _all(run.after[model]))
            for model in recipes
        ],
        "alive": left.figures(run),
        **_inputs(run),
        "trade_off": [draw_sizes.trade_off(run.points, task)],
        "pruning": pruning(run.points),
        "kinds": set(run.points["kind"]),
        "collapsed": collapsed(run.points, guess(run.true, task)),
        "trade_off_table": cells.trade_off(run.points),
        "ladder": cells.ladder(run.sizes, task),
        "recipes": cells.recipes(run.recipes, run.training),
    }


def _predictions(run: Run) -> dict[str, list[Picture]]:
    """By heading: what each model gets wrong, and what it predicts."""
    by_model = [(model, run.predicted[model]) for model in run.models]
    if run.data.task.name == "regression":
        return {
            "Residuals": [
                draw_models.residuals(
                    model, {seed: p - run.true for seed, p in own.items()}, run.data
                )
                for model, own in by_model
            ],
            "Predicted against true": [
                draw_models.predicted(model, run.true, own, run.data) for model, own in by_model
            ],
        }
    return {
        "Which class is taken for which": [
            draw_classes.confusion(model, run.true, own, run.data.classes)
            for model, own in by_model
        ],
        "How sure of the true class": [
            draw_classes.certainty(model, run.true, own) for model, own in by_model
        ],
    }


def _inputs(run: Run) -> dict[str, Any]:
    """Which inputs are still read; nothing of images, or where each model reads all of them."""
    names, friedman = run.data.features, run.data.friedman
    if not names or all(c is None for own in run.inputs.values() for c in own.values()):
        return {"inputs": None}
    return {
        "inputs": cells.inputs(run.inputs, names, downwards=not friedman),
        "used": USED,
        "shown": cells.INPUTS,
        "inputs_read": (noise_read if friedman else inputs_read)(run.inputs, len(names)),
    }


def _kernels(run: Run, model: str) -> Picture:
    """Of the seed whose test error is the median, or the one below it."""
    task = run.data.task
    errors = run.evaluation[model]["stripped"][task.figure]["seeds"]
    ranked = sorted(errors, key=lambda seed: (as_number(errors[seed]), int(seed)))
    seed = int(ranked[(len(ranked) - 1) // 2])
    middle = "the median" if len(ranked) % 2 else "the lower of the two in the middle"
    rank = f", whose test {task.words} is {middle}" if len(ranked) > 1 else ""
    note = f"Seed {seed}{rank}."
    return draw_kernels.kernels(model, run.before[model][seed], run.after[model][seed], note)


def _all(kernels: Mapping[int, Kernels]) -> list[np.ndarray]:
    return [kernel for layers in kernels.values() for kernel in layers.values()]
