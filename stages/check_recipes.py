"""Refuse recipes that do not fit the data or the model, before anything is trained."""

from pathlib import Path

from secateur import errors, files, fitting, params, scopes, shapes
from secateur.errors import InputError
from secateur.optimizers import Training
from secateur.params import PARAMS_FILE
from secateur.recipes import Recipes
from secateur.trade_off import TradeOff


def main() -> None:
    """Check each layer in scope against tfmot; the output never changes, as `check_params`'s."""
    rows = shapes.read(Path("data/shape.json")).train_rows
    layers = scopes.read_layers(Path("models/layers.json"))
    training = params.section("training", Training)
    curve = params.section("trade_off", TradeOff)
    try:
        training.check_rows(rows)
        fitting.check_recipes(params.section("recipes", Recipes), training, rows, layers)
        curve.check(rows)
    except InputError as error:
        raise InputError(f"{PARAMS_FILE}: {error}") from None
    files.write_text(Path("models/recipes.ok"), "ok\n")


if __name__ == "__main__":
    errors.run(main)
