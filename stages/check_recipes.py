"""Refuse recipes that do not fit the data or the model, before any training."""

import json
from pathlib import Path

from secateur.arrays import shape as shapes
from secateur.checks import recipes_fit
from secateur.core import errors, files, params
from secateur.core.errors import InputError
from secateur.recipes import scopes
from secateur.recipes.recipe import Recipes
from secateur.recipes.training import Training
from secateur.trade_off.points import TradeOff


def main() -> None:
    """Check recipes, training and curve; the output never changes, as in `check_params`."""
    given = params.read()
    shape = shapes.read(Path("data/split/shape.json"))
    rows = shape.train_rows
    layers = scopes.read_layers(Path("models/layers.json"))
    tried = json.loads(Path("models/tried.json").read_text(encoding="utf-8"))
    training = given.section("training", Training)
    curve = given.section("trade_off", TradeOff)
    try:
        training.check_rows(rows)
        recipes = given.section("recipes", Recipes)
        recipes_fit.check_recipes(recipes, training, rows, layers, tried["no_clusters"])
        recipes_fit.check_augmentation(recipes, training, curve.training, shape.inputs)
        curve.check(rows, layers)
    except InputError as error:
        raise InputError(f"{given.path}: {error}") from None
    if whole := scopes.left_whole(layers):
        print(f"left whole, as tfmot cannot prune them: {'; '.join(whole)}", flush=True)
    files.write_text(Path("models/recipes.ok"), "ok\n")


if __name__ == "__main__":
    errors.run(main)
