"""Refuse recipes that do not fit the data or the model, before any training."""

import json
from collections.abc import Mapping
from pathlib import Path

from secateur.arrays import shape as shapes
from secateur.checks import recipes_fit
from secateur.core import errors, files, params
from secateur.core.errors import InputError
from secateur.core.params import ParamsFile
from secateur.core.seeds import Seeds, seed_file
from secateur.recipes import channel_terms, scopes
from secateur.recipes.recipe import Recipes
from secateur.recipes.scopes import Layer
from secateur.recipes.training import Training
from secateur.trade_off.points import TradeOff

INITIAL = Path("models/trained/initial")
SPLIT = Path("data/split")
SHAPE = SPLIT / "shape.json"
ENCODING = Path("models/encoding.json")


def main() -> None:
    """Check recipes, training and curve; the output never changes, as in `check_params`."""
    given = params.read()
    layers = scopes.read_layers(Path("models/layers.json"))
    curve = given.section("trade_off", TradeOff)
    try:
        check(given, curve.training)
        curve.check(shapes.read(SHAPE).train_rows, layers)
    except InputError as error:
        raise InputError(f"{given.path}: {error}") from None
    if whole := scopes.left_whole(layers):
        print(f"left whole, as tfmot cannot prune them: {'; '.join(whole)}", flush=True)
    files.write_text(Path("models/recipes.ok"), "ok\n")


def check(given: ParamsFile, of_curve: Training | None = None) -> None:
    """Raise InputError if the recipes or their training fit neither the rows nor the network.

    `of_curve` is the training of the trade-off curve, if there is one.
    """
    shape = shapes.read(SHAPE)
    rows = shape.train_rows
    layers = scopes.read_layers(Path("models/layers.json"))
    tried = json.loads(Path("models/tried.json").read_text(encoding="utf-8"))
    training = given.section("training", Training)
    training.check_rows(rows)
    recipes = given.section("recipes", Recipes)
    recipes_fit.check_recipes(recipes, training, rows, layers, tried["no_clusters"])
    recipes_fit.check_augmentation(recipes, training, of_curve, shape.inputs)
    if any(recipe.channels for recipe in recipes.values()):
        _check_channels(given, recipes, layers)
    if any(recipe.quantization for recipe in recipes.values()):
        _check_quantization(given, recipes, training)


def _check_channels(given: ParamsFile, recipes: Recipes, layers: Mapping[str, Layer]) -> None:
    """Check the recipes that remove channels against the network itself."""
    # Imported here: most recipes remove none, and TensorFlow takes seconds.
    from secateur.checks import channels_fit
    from secateur.devices import channel_costs
    from secateur.keras_io import h5_files

    budget = given.section("budget", dict[str, float | None])
    npu = channel_terms.Npu(
        accelerator=given.section("measure_costs.accelerator", str),
        system=given.section("measure_costs.system", str),
        memory_mode=given.section("measure_costs.memory_mode", str),
    )
    own = {name: recipe.in_names_of(layers) for name, recipe in recipes.items()}
    terms = {
        name: channel_terms.of(f"recipes.{name}.channels", one.channels, budget, npu)
        for name, one in own.items()
    }
    measures = {
        name: channel_costs.measure(one.channels.keep, terms[name], SPLIT, ENCODING)
        for name, one in own.items()
        if one.channels
    }
    channels_fit.check(own, h5_files.load(*_network(given)), terms, measures)


def _check_quantization(given: ParamsFile, recipes: Recipes, training: Training) -> None:
    """Check the recipes that train for int8 or int4 against the network itself."""
    # Imported here, as above; and tfmot's own takes a part of a second more.
    from secateur.checks import quantization_fit
    from secateur.keras_io import h5_files

    quantization_fit.check(recipes, training, h5_files.load(*_network(given)))


def _network(given: ParamsFile) -> tuple[Path, bool]:
    """Return the file of the first seed's untrained network, and whether it runs no code."""
    first = given.section("seeds", Seeds)[0]
    return seed_file(INITIAL, first), given.optional("model.safe_mode", bool, True)


if __name__ == "__main__":
    errors.run(main)
