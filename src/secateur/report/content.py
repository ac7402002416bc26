"""The page's content: its tables, its pictures and the sentences beside them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from secateur.core.tasks import guessed
from secateur.data.friedman1 import USED
from secateur.report import (
    channels,
    cost_section,
    data_section,
    draw_classes,
    draw_kernels,
    draw_models,
    draw_sizes,
    precision,
    remaining_units,
    result_tables,
    searches,
    verdict,
)
from secateur.report.draw_sizes import File
from secateur.report.formatting import as_number
from secateur.report.interpretation import (
    collapsed,
    fewer_channels,
    inputs_read,
    kept,
    larger,
    left_out,
    noise_read,
    pruning,
)
from secateur.report.results import Kernels, Results
from secateur.report.svg import Picture


def content(results: Results) -> dict[str, Any]:
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
    said = verdict.verdict(results)
    return {
        "verdict": said,
        **cost_section.section(results, said.chosen),
        "models": result_tables.models(results),
        **channels.section(results),
        **precision.section(results),
        **searches.section(results),
        "classes": None if task.name == "regression" else result_tables.classes(results),
        "anomalies": result_tables.anomalies(results) if _marked(results) else None,
        "outputs": result_tables.outputs(results) if results.data.outputs else None,
        "front": result_tables.front(front, results.sizes, task),
        "size_against_error": [
            draw_sizes.size_against_error(files, front, results.references, task)
        ],
        "larger": larger(results),
        "kept": kept(results.of_best_epochs()),
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
        "layers": result_tables.layers(results),
        "alive": remaining_units.figures(results),
        **_inputs(results),
        "trade_off": [draw_sizes.trade_off(results.points, task)],
        "pruning": pruning(results.points),
        "fewer_channels": fewer_channels(results.points),
        "kinds": set(results.points["kind"]),
        "collapsed": collapsed(results.points, guessed(task, results.true)),
        "trade_off_table": result_tables.trade_off(results.points),
        "size_table": result_tables.size_table(results),
        "left_out": left_out(results.left_out),
        "found": data_section.section(results.found),
        "strips": results.pictures,
        "found_sentence": data_section.sentence(results.found),
        "recipes": result_tables.recipes(results.recipes, results.training),
    }


def _marked(results: Results) -> bool:
    return "mse_anomalous" in results.evaluation["baseline"]["stripped"]


def _predictions(results: Results) -> dict[str, list[Picture]]:
    """Draw, by heading, what each model gets wrong and what it predicts."""
    by_model = [(model, results.predicted[model]) for model in results.models]
    if results.data.task.name == "regression":
        true = results.true.ravel()  # the values of several targets stand beside each other
        flat = [(model, {seed: p.ravel() for seed, p in own.items()}) for model, own in by_model]
        return {
            "Residuals": [
                draw_models.residuals(
                    model, {seed: p - true for seed, p in own.items()}, results.data
                )
                for model, own in flat
            ],
            "Predicted against true": [
                draw_models.predicted(model, true, own, results.data) for model, own in flat
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
