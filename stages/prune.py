"""Train and prune each seed's network by one recipe."""

import sys
from pathlib import Path

from secateur.arrays import encoding, parts
from secateur.compress import pruning
from secateur.core import errors, params
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.keras_io import h5_files
from secateur.recipes import scopes
from secateur.recipes.recipe import Recipe, RecipeName
from secateur.recipes.training import Training
from secateur.train import training


def main(name: str) -> None:
    """Write the trained networks, still with pruning wrappers, and their curves."""
    params.validate(RecipeName, name, "recipe")
    given = params.read()
    recipe = given.section(f"recipes.{name}", Recipe)
    recipe = recipe.in_names_of(scopes.read_layers(Path("models/layers.json")))
    settings = recipe.training or given.section("training", Training)
    seeds = given.section("seeds", Seeds)
    trained = Path("models/trained")
    learned = encoding.read(Path("models/encoding.json"))
    train = parts.read(Path("data/split/train"), learned).rows(bool(settings.augmentation))
    starts = h5_files.load_seeds(
        trained / recipe.start, seeds, given.optional("model.safe_mode", bool, True)
    )
    trainings = training.train_seeds(
        TASKS[given.section("task", TaskName)],
        name,
        [(seed, pruning.strip(model)) for seed, model in starts.items()],
        train,
        parts.read(Path("data/split/validation"), learned).rows(),
        settings,
        epochs=recipe.epochs,
        patience=recipe.patience,
        wrap=lambda model: pruning.wrap(model, recipe),
        callbacks=pruning.callbacks(recipe),
        stop_from=recipe.first_full_epoch(len(train.x), settings.batch_size),
        logs_folder=Path("logs") / name,
    )
    h5_files.save_seeds(trained / name, trainings)


if __name__ == "__main__":
    errors.run(main, *sys.argv[1:])
