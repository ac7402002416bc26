"""Score every Keras model on the test set."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from rungs import keras_folders, read_inputs
from secateur import errors, evaluation, files, model_files, params, pruning, tables
from secateur.recipes import Recipes
from secateur.seeds import Seeds


def main() -> None:
    """Write the scores over the seeds, what DVC plots, and what each model predicts."""
    recipes = params.section("recipes", Recipes)
    seeds = params.section("seeds", Seeds)
    test = tables.read(Path("data/test.parquet"))
    predict = evaluation.predictor()
    metrics: dict[str, Any] = {}
    scores: list[dict[str, Any]] = []
    curves: list[dict[Any, Any]] = []
    predictions: dict[str, np.ndarray] = {}
    for name, rungs in keras_folders(recipes).items():
        figures: dict[str, dict[int, Any]] = {rung: {} for rung in rungs}
        for rung, folder in rungs.items():
            for seed, model in model_files.load_seeds(folder, seeds).items():
                inputs = read_inputs(name, rung, seed, test.x.shape[1])
                predicted = predict(model, test.x[:, inputs])
                predictions[f"{name}/{rung}/{seed}"] = predicted[:, 0]
                figures[rung][seed] = evaluation.evaluate(model, predicted, test)
                if rung == "stripped":
                    targets = pruning.targets(model, recipes.get(name))
        curve = pd.read_csv((rungs.get("unstripped") or rungs["stripped"]) / "curves.csv")
        metrics[name] = evaluation.report(name, figures, targets, curve)
        scores += evaluation.plot_rows(name, figures["stripped"])
        curves += curve.assign(model=name).to_dict("records")
    tables.write_columns(Path("data/predictions.parquet"), predictions)
    files.write_json(Path("metrics/evaluation.json"), metrics)
    files.write_csv(Path("metrics/scores.csv"), scores)
    files.write_csv(Path("metrics/curves.csv"), curves)


if __name__ == "__main__":
    errors.run(main)
