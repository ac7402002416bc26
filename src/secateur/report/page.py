"""Turn the results into the page and the same report in Markdown."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
from ruamel.yaml import YAML

from secateur.core.tasks import guessed
from secateur.data.friedman1 import USED
from secateur.report import (
    draw_classes,
    draw_kernels,
    draw_models,
    draw_sizes,
    remaining_units,
    result_tables,
    style,
    verdict,
)
from secateur.report.draw_sizes import File
from secateur.report.formatting import as_number, seeds
from secateur.report.interpretation import collapsed, inputs_read, noise_read, pruning
from secateur.report.results import Kernels, Results
from secateur.report.svg import Picture
from secateur.report.table import Table


class Report(NamedTuple):
    """The written report."""

    html: str
    markdown: str
    pictures: list[Picture]
    tables: dict[str, str]  # in Markdown, by name


def write(results: Results, made: Mapping[str, Any], folder: str) -> Report:
    """Draw the pictures and fill in the templates; Markdown finds its pictures in `folder`.

    `made` says how the results were made: `params` (all of them), `versions` (a table), `digest`
    (of the metrics) and `seeds`.
    """
    with style.style(), np.errstate(all="ignore"):  # a diverged model has figures to match
        found = _content(results)
    made = {**made, "params": _yaml(made["params"])}
    context = {**found, "made": made, "loss": verdict.LOSS, "results": results, "folder": folder}
    context.update(seeds=seeds(results.seeds()), error=f"test {results.data.task.label}")
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
    """Return the environment of the templates beside this file; imports share its escaping."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )


def _yaml(data: Mapping[str, Any]) -> str:
    """Format parameters as sorted YAML, independent of the layout of the user's file."""
    text = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width = None, 100
    yaml.representer.ignore_aliases = lambda _: True
    yaml.dump(data, text)
    return text.getvalue()


def _content(results: Results) -> dict[str, Any]:
    """Return the tables, the lists of pictures and the sentences beside them."""
    task = results.data.task
    files = [
        File(
            model,
            artifact,
            figures["gzip_bytes"]["median"],
            as_number(figures[task.metric]["median"]),
        )
        for model in results.models
        for artifact, figures in results.sizes[model].items()
    ]
    front = draw_sizes.pareto(files)
    recipes = [model for model in results.models if model != "baseline"]
    return {
        "verdict": verdict.verdict(results),
        "models": result_tables.models(results),
        "classes": None if task.name == "regression" else result_tables.classes(results),
        "front": result_tables.front(front, results.sizes, task),
        "size_against_error": [
            draw_sizes.size_against_error(files, front, results.references, task)
        ],
        "curves": [
            draw_models.curves(model, results.curves[results.curves["model"] == model], task)
            for model in results.models
        ],
        "predictions": _predictions(results),
        "kernels": [_kernels(results, model) for model in recipes],
        "weights": [
            draw_kernels.weights(model, _all(results.before[model]), _all(results.after[model]))
            for model in recipes
        ],
        "alive": remaining_units.figures(results),
        **_inputs(results),
        "trade_off": [draw_sizes.trade_off(results.points, task)],
        "pruning": pruning(results.points),
        "kinds": set(results.points["kind"]),
        "collapsed": collapsed(results.points, guessed(task, results.true)),
        "trade_off_table": result_tables.trade_off(results.points),
        "size_table": result_tables.size_table(results),
        "recipes": result_tables.recipes(results.recipes, results.training),
    }


def _predictions(results: Results) -> dict[str, list[Picture]]:
    """Draw, by heading, what each model gets wrong and what it predicts."""
    by_model = [(model, results.predicted[model]) for model in results.models]
    if results.data.task.name == "regression":
        return {
            "Residuals": [
                draw_models.residuals(
                    model, {seed: p - results.true for seed, p in own.items()}, results.data
                )
                for model, own in by_model
            ],
            "Predicted against true": [
                draw_models.predicted(model, results.true, own, results.data)
                for model, own in by_model
            ],
        }
    return {
        "Which class is taken for which": [
            draw_classes.confusion(model, results.true, own, results.data.classes)
            for model, own in by_model
        ],
        "How sure of the true class": [
            draw_classes.certainty(model, results.true, own) for model, own in by_model
        ],
    }


def _inputs(results: Results) -> dict[str, Any]:
    """Return which inputs are still read; None for images, or if every model reads all."""
    names, friedman = results.data.features, results.data.friedman
    if not names or all(c is None for own in results.inputs.values() for c in own.values()):
        return {"inputs": None}
    return {
        "inputs": result_tables.inputs(results.inputs, names, downwards=not friedman),
        "used": USED,
        "shown": result_tables.INPUTS,
        "inputs_read": (noise_read if friedman else inputs_read)(results.inputs, len(names)),
    }


def _kernels(results: Results, model: str) -> Picture:
    """Draw the kernels of the seed with the median test error, or the one just below it."""
    task = results.data.task
    errors = results.evaluation[model]["stripped"][task.metric]["seeds"]
    ranked = sorted(errors, key=lambda seed: (as_number(errors[seed]), int(seed)))
    seed = int(ranked[(len(ranked) - 1) // 2])
    middle = "the median" if len(ranked) % 2 else "the lower of the two in the middle"
    rank = f", whose test {task.label} is {middle}" if len(ranked) > 1 else ""
    note = f"Seed {seed}{rank}."
    return draw_kernels.kernels(
        model, results.before[model][seed], results.after[model][seed], note
    )


def _all(kernels: Mapping[int, Kernels]) -> list[np.ndarray]:
    return [kernel for layers in kernels.values() for kernel in layers.values()]
