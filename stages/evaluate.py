"""Score every Keras model on the test set."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rungs import keras_folders, read_inputs
from secateur import errors, evaluation, files, model_files, params, pruning, tables
from secateur.recipes import Recipes
from secateur.seeds import Seeds
from secateur.tasks import TASKS, TaskName


def main() -> None:
    """Write the scores over the seeds, what DVC plots, and what each model predicts."""
    recipes = params.section("recipes", Recipes)
    seeds = params.section("seeds", Seeds)
    task = TASKS[params.section("task", TaskName)]
    trusted = params.section("model.trust", bool)
    test = tables.read(Path("data/test.parquet"))
    predict = evaluation.predictor()
    metrics: dict[str, Any] = {}
    scores: list[dict[str, Any]] = []
    curves: list[dict[Any, Any]] = []
    predictions: dict[str, np.ndarray] = {}
    for name, rungs in keras_folders(recipes).items():
        figures: dict[str, dict[int, Any]] = {rung: {} for rung in rungs}
        for rung, folder in rungs.items():
            for seed, model in model_files.load_seeds(folder, seeds, trusted).items():
                rows = test.of_inputs(read_inputs(name, rung, seed))
                predicted = predict(model, rows.x)
                one = predicted.shape[1] == 1
                predictions[f"{name}/{rung}/{seed}"] = predicted[:, 0] if one else predicted
                figures[rung][seed] = evaluation.evaluate(task, model, predicted, rows)
                if rung == "stripped":
                    targets = pruning.targets(model, recipes.get(name))
        curve = pd.read_csv((rungs.get("unstripped") or rungs["stripped"]) / "curves.csv")
        metrics[name] = evaluation.report(task, name, figures, targets, curve)
        scores += evaluation.plot_rows(task, name, figures["stripped"])
        curves += curve.assign(model=name).to_dict("records")
    tables.write_columns(Path("data/predictions.parquet"), predictions)
    files.write_json(Path("metrics/evaluation.json"), metrics)
    files.write_csv(Path("metrics/scores.csv"), scores)
    files.write_csv(Path("metrics/curves.csv"), curves)


if __name__ == "__main__":
    errors.run(main)
