"""Measure every model file: its bytes, its weights and its error."""

import json
from pathlib import Path
from typing import Any

from secateur.arrays import encoding, parts, tables
from secateur.artifacts import (
    POINTS,
    TFLITE,
    TRADE_OFF,
    inputs_of,
    keras_artifacts,
    left_out,
    remove_orphans,
    tflite_artifacts,
    tflite_file,
)
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds, seed_file
from secateur.core.tasks import TASKS, TaskName
from secateur.evaluate import litert, size_table, trade_off_table
from secateur.evaluate.scoring import BESIDE, largest_difference
from secateur.evaluate.size_table import NotRunnableError
from secateur.evaluate.sizes import MeasureSizes
from secateur.recipes import scopes
from secateur.recipes.recipe import Recipes


def main() -> None:
    """Write the figures over the seeds by model and artifact, and a table with a row per file."""
    given = params.read()
    settings = given.section("measure_sizes", MeasureSizes)
    recipes = given.section("recipes", Recipes)
    seeds = given.section("seeds", Seeds)
    task = TASKS[given.section("task", TaskName)]
    mixed = given.section("mix_precision.recipes", list[str])
    remove_orphans(TFLITE, recipes)
    layers = scopes.read_layers(Path("models/layers.json"))
    positions = {name: layer.positions for name, layer in layers.items()}
    evaluation = json.loads(Path("metrics/evaluation.json").read_text(encoding="utf-8"))
    on_validation = json.loads(Path("metrics/validation.json").read_text(encoding="utf-8"))
    predicted = tables.read_columns(Path("metrics/predictions.parquet"))
    learned = encoding.read(Path("models/encoding.json"))
    part = parts.read(Path("data/split/test"), learned)
    test, anomalous = part.rows(), part.anomalous
    choosing = parts.read(Path("data/split/validation"), learned).rows()
    measured: dict[str, size_table.Figures] = {}
    left_out_of: dict[str, dict[str, dict[str, str]]] = {}
    rows: list[dict[str, Any]] = []
    for model, artifacts in keras_artifacts(recipes).items():
        made = tflite_artifacts(artifacts, recipes.get(model), model in mixed)
        missing = left_out(model)
        found: size_table.Figures = {artifact: {} for artifact in [*artifacts, *made]}
        for seed in seeds:
            before, of_all = predicted[f"{model}/stripped/{seed}"], litert.predictor(test.x)
            choosing_of_all = litert.predictor(choosing.x)
            for artifact, folder in artifacts.items():
                path, scored = seed_file(folder, seed), evaluation[model][artifact]
                found[artifact][seed] = {
                    **size_table.keras_file(path, settings, positions),
                    **{
                        figure: scored[figure]["seeds"][str(seed)]
                        for figure in (task.metric, *BESIDE)
                        if figure in scored
                    },
                    "difference": largest_difference(
                        predicted[f"{model}/{artifact}/{seed}"], before, test, task
                    ),
                    "validation": on_validation["errors"][model][artifact]["seeds"][str(seed)],
                }
                rows.append(
                    size_table.row(task, model, seed, artifact, path, found[artifact][seed])
                )
            for artifact, source in made.items():
                if str(seed) in missing.get(artifact, {}):
                    continue
                path = tflite_file(model, artifact, seed)
                inputs = inputs_of(model, source, seed)
                own = test.of_inputs(inputs)
                expected = predicted[f"{model}/{source}/{seed}"].reshape(len(test.y), -1)
                whole = own is test
                try:
                    figures = size_table.tflite_file(
                        task, path, own, settings, expected, anomalous, of_all if whole else None
                    )
                    figures["validation"] = size_table.error_of(
                        task,
                        path,
                        choosing.of_inputs(inputs),
                        choosing_of_all if whole else None,
                    )
                except NotRunnableError as error:
                    missing.setdefault(artifact, {})[str(seed)] = str(error)
                    continue
                found[artifact][seed] = figures
                rows.append(size_table.row(task, model, seed, artifact, path, figures))
        # A median over some of the seeds only would be compared with others over all.
        measured[model] = {a: own for a, own in found.items() if a not in missing}
        left_out_of[model] = missing
    summaries = {
        model: {artifact: size_table.over_all_seeds(own) for artifact, own in found.items()}
        for model, found in measured.items()
    }
    points, left_out_of[POINTS] = trade_off_table.measured(
        task, TRADE_OFF, test, settings, anomalous
    )
    files.write_json(Path("metrics/sizes.json"), summaries)
    files.write_json(Path("metrics/left_out.json"), left_out_of)
    files.write_csv(Path("metrics/size_table.csv"), rows)
    files.write_csv(Path("metrics/trade_off.csv"), points)


if __name__ == "__main__":
    errors.run(main)
