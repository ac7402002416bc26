"""Score every Keras model on the test set, and on validation rows for whoever chooses."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from secateur.arrays import encoding, parts, tables
from secateur.artifacts import (
    CLUSTERED,
    CONTROLS,
    inputs_of,
    keras_artifacts,
    remove_orphans,
)
from secateur.choosing import validation
from secateur.compress import sparsity
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds, over_seeds
from secateur.core.tasks import TASKS, TaskName, guessed
from secateur.evaluate import predictions, scoring
from secateur.keras_io import h5_files
from secateur.recipes import scopes
from secateur.recipes.recipe import Recipes


def main() -> None:
    """Write the scores over the seeds, the data of DVC's plots, and each model's predictions."""
    given = params.read()
    recipes = given.section("recipes", Recipes)
    seeds = given.section("seeds", Seeds)
    task = TASKS[given.section("task", TaskName)]
    safe_mode = given.optional("model.safe_mode", bool, True)
    layers = scopes.read_layers(Path("models/layers.json"))
    remove_orphans(CLUSTERED, recipes)
    remove_orphans(CONTROLS, recipes)
    learned = encoding.read(Path("models/encoding.json"))
    part = parts.read(Path("data/split/test"), learned)
    test, anomalous = part.rows(), part.anomalous
    choosing = parts.read(Path("data/split/validation"), learned).rows()
    several = learned.target.classes is None and not learned.target.inputs
    names = learned.target.names if several else ()
    predict = predictions.predictor()
    metrics: dict[str, Any] = {}
    scores: list[dict[str, Any]] = []
    curves: list[dict[Any, Any]] = []
    columns: dict[str, np.ndarray] = {}
    chosen_by: dict[str, dict[str, dict[int, float]]] = {}  # errors on validation rows
    against_baseline: dict[str, Any] = {}
    of_baseline: list[np.ndarray] = []
    for name, artifacts in keras_artifacts(recipes).items():
        figures: dict[str, dict[int, Any]] = {artifact: {} for artifact in artifacts}
        chosen_by[name] = {artifact: {} for artifact in artifacts}
        by_row: list[np.ndarray] = []
        for artifact, folder in artifacts.items():
            for seed, model in h5_files.load_seeds(folder, seeds, safe_mode).items():
                inputs = inputs_of(name, artifact, seed)
                rows = test.of_inputs(inputs)
                predicted = _flat(predict(model, rows.x))
                one = predicted.shape[1] == 1
                columns[f"{name}/{artifact}/{seed}"] = predicted[:, 0] if one else predicted
                figures[artifact][seed] = predictions.evaluate(
                    task, model, predicted, rows, names, anomalous
                )
                own = choosing.of_inputs(inputs)
                on_validation = _flat(predict(model, own.x))
                chosen_by[name][artifact][seed] = scoring.error(task, on_validation, own)
                if artifact == "stripped":
                    by_row.append(validation.by_row(task, on_validation, own))
                    recipe = recipes.get(name)
                    targets = sparsity.targets(model, recipe and recipe.in_names_of(layers))
        of_baseline = by_row if name == "baseline" else of_baseline
        against_baseline[name] = validation.against(by_row, of_baseline)
        curve = pd.read_csv((artifacts.get("unstripped") or artifacts["stripped"]) / "curves.csv")
        metrics[name] = predictions.report(task, name, figures, targets, curve)
        scores += predictions.plot_rows(task, name, figures["stripped"])
        curves += curve.assign(model=name).to_dict("records")
    controls: dict[str, Any] = {}
    for name, recipe in recipes.items():
        for control in recipe.channels.controls if recipe.channels else ():
            models = h5_files.load_seeds(CONTROLS / name / control, seeds, safe_mode)
            scored = {
                seed: scoring.scores(task, _flat(predict(model, test.x)), test, anomalous)
                for seed, model in models.items()
            }
            controls.setdefault(name, {})[control] = over_seeds(scored)
    files.write_json(Path("metrics/controls.json"), controls)
    tables.write_columns(Path("metrics/predictions.parquet"), columns)
    files.write_json(Path("metrics/evaluation.json"), metrics)
    files.write_json(Path("metrics/validation.json"), {
        "rows": len(choosing.y),
        "guess": validation.rounded(guessed(task, choosing.targets())),
        "errors": {
            name: {artifact: over_seeds(own) for artifact, own in found.items()}
            for name, found in chosen_by.items()
        },
        "against_baseline": against_baseline,
    })  # fmt: skip
    files.write_csv(Path("metrics/scores.csv"), scores)
    files.write_csv(Path("metrics/curves.csv"), curves)


def _flat(predicted: np.ndarray) -> np.ndarray:
    """Return predictions (n, *shape) as (n, outputs)."""
    return predicted.reshape(len(predicted), -1)


if __name__ == "__main__":
    errors.run(main)
