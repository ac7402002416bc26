"""Measure every model file: its bytes, what is in it, and how well it predicts."""

import json
from pathlib import Path
from typing import Any

from rungs import keras_folders, read_inputs, tflite_file, tflite_sources
from secateur import errors, files, ladder, params, scopes, tables
from secateur.recipes import Recipes
from secateur.scoring import largest_difference
from secateur.seeds import Seeds, over_seeds, seed_file
from secateur.sizes import MeasureSizes
from secateur.tables import Rows
from secateur.tasks import TASKS, Task, TaskName


def main() -> None:
    """Write the figures by model and rung, over the seeds, and the ladder with a row a file."""
    settings = params.section("measure_sizes", MeasureSizes)
    seeds = params.section("seeds", Seeds)
    task = TASKS[params.section("task", TaskName)]
    layers = scopes.read_layers(Path("models/layers.json"))
    positions = {name: layer.positions for name, layer in layers.items()}
    evaluation = json.loads(Path("metrics/evaluation.json").read_text(encoding="utf-8"))
    predicted = tables.read_columns(Path("data/predictions.parquet"))
    test = tables.read(Path("data/test.parquet"))
    measured: dict[str, ladder.Figures] = {}
    rows: list[dict[str, Any]] = []
    for model, rungs in keras_folders(params.section("recipes", Recipes)).items():
        made = tflite_sources(rungs)
        found: ladder.Figures = {rung: {} for rung in [*rungs, *made]}
        for seed in seeds:
            before = predicted[f"{model}/stripped/{seed}"]
            for rung, folder in rungs.items():
                path = seed_file(folder, seed)
                found[rung][seed] = {
                    **ladder.keras_file(path, settings, positions),
                    task.figure: evaluation[model][rung][task.figure]["seeds"][str(seed)],
                    "difference": largest_difference(
                        predicted[f"{model}/{rung}/{seed}"], before, test, task
                    ),
                }
                rows.append(ladder.row(task, model, seed, rung, path, found[rung][seed]))
            for rung, source in made.items():
                path = tflite_file(model, rung, seed)
                own = test.of_inputs(read_inputs(model, source, seed))
                expected = predicted[f"{model}/{source}/{seed}"].reshape(len(test.y), -1)
                found[rung][seed] = ladder.tflite_file(task, path, own, settings, expected)
                rows.append(ladder.row(task, model, seed, rung, path, found[rung][seed]))
        measured[model] = found
    for figures in measured.values():
        ladder.add_ratios(figures, measured["baseline"])
    summaries = {m: {r: over_seeds(f) for r, f in rungs.items()} for m, rungs in measured.items()}
    files.write_json(Path("metrics/sizes.json"), summaries)
    files.write_csv(Path("metrics/ladder.csv"), rows)
    files.write_csv(Path("metrics/trade_off.csv"), _trade_off(task, test, settings))


def _trade_off(task: Task, test: Rows, settings: MeasureSizes) -> list[dict[str, Any]]:
    """A row for each point of the trade-off curve."""
    folder = Path("models/trade_off")
    found = []
    for point in json.loads((folder / "points.json").read_text(encoding="utf-8")):
        file, inputs = point.pop("file"), point.pop("inputs")
        figures = ladder.tflite_file(task, folder / file, test.of_inputs(inputs), settings)
        columns = {"gzip_bytes": "gzip_bytes", "nonzero": "nonzero", "error": task.figure}
        found.append({**point, **{column: figures[key] for column, key in columns.items()}})
    return found


if __name__ == "__main__":
    errors.run(main)
