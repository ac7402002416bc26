"""Measure what each device pays for the files that may ship, and for the trade-off curve."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from secateur.arrays import encoding, parts
from secateur.arrays.rows import Rows
from secateur.artifacts import (
    COSTED,
    COSTS,
    TRADE_OFF,
    inputs_of,
    keras_artifacts,
    left_out,
    tflite_artifacts,
    tflite_file,
)
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.devices import cost_tables, costs
from secateur.devices.costs import File, MeasureCosts
from secateur.evaluate import sizes
from secateur.recipes.recipe import Recipe, Recipes

TYPES = {"file": "float32", "int8": "int8"}  # of a point's files, by their key in points.json


def main() -> None:
    """Write the costs over the seeds by model and artifact, by operator, and along the curve."""
    given = params.read()
    settings = given.section("measure_costs", MeasureCosts)
    recipes = given.section("recipes", Recipes)
    seeds = given.section("seeds", Seeds)
    task = TASKS[given.section("task", TaskName)]
    level = given.section("measure_sizes.gzip_level", int)
    part = parts.read(Path("data/split/test"), encoding.read(Path("models/encoding.json")))
    rows = part.batch(slice(settings.rows))
    mixed = given.section("mix_precision.recipes", list[str])
    names, of_models = _of_models(recipes, mixed, seeds, rows)
    points, of_points = _of_points(rows)
    found: dict[str, dict[str, dict[int, Any]]] = {}
    layers, curve = [], []
    measured = list(costs.of_files([*of_models, *of_points], settings, task))
    for (model, artifact, seed), own in zip(names, measured, strict=False):
        found.setdefault(model, {}).setdefault(artifact, {})[seed] = own
        layers += cost_tables.layers(model, seed, artifact, own)
    for (point, kind), file, own in zip(points, of_points, measured[len(names) :], strict=True):
        size = sizes.file_sizes(file.content, level)["gzip_bytes"]
        curve.append(cost_tables.point(point, kind, size, own))
    over_seeds = {
        model: {artifact: cost_tables.summary(by_seed) for artifact, by_seed in artifacts.items()}
        for model, artifacts in found.items()
    }
    files.write_json(COSTS, {"devices": cost_tables.devices(settings), "models": over_seeds})
    files.write_csv(Path("metrics/layers.csv"), layers)
    files.write_csv(Path("metrics/trade_off_costs.csv"), cost_tables.in_all_seeds(curve))


def _of_models(
    recipes: Mapping[str, Recipe], mixed: Collection[str], seeds: Sequence[int], rows: Rows
) -> tuple[list[tuple[str, str, int]], list[File]]:
    """Read the files that may ship; return the model, artifact and seed of each."""
    names, found = [], []
    for model, artifacts in keras_artifacts(recipes).items():
        made = tflite_artifacts(artifacts, recipes.get(model), model in mixed)
        missing = left_out(model)
        for artifact in (name for name in COSTED if name in made and name not in missing):
            for seed in seeds:
                own = rows.of_inputs(inputs_of(model, made[artifact], seed))
                names.append((model, artifact, seed))
                found.append(File(sizes.read(tflite_file(model, artifact, seed)), own))
    return names, found


def _of_points(rows: Rows) -> tuple[list[tuple[dict[str, Any], str]], list[File]]:
    """Read the files of the trade-off curve; return the point and the type of each."""
    points, found = [], []
    for point in json.loads((TRADE_OFF / "points.json").read_text(encoding="utf-8")):
        for key, kind in TYPES.items():
            if point[key]:
                points.append((point, kind))
                content = sizes.read(TRADE_OFF / point[key])
                found.append(File(content, rows.of_inputs(point["inputs"])))
    return points, found


if __name__ == "__main__":
    errors.run(main)
