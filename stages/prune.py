"""Train and prune by one recipe, for each seed."""

import sys
from pathlib import Path

from secateur import errors, model_files, params, pruning, tables, training
from secateur.optimizers import Training
from secateur.recipes import Recipe, RecipeName
from secateur.seeds import Seeds
from secateur.tasks import TASKS, TaskName


def main(name: str) -> None:
    """Write the pruned models, still wrapped, and their curves."""
    params.validate(RecipeName, name, "recipe")
    recipe = params.section(f"recipes.{name}", Recipe)
    settings = recipe.training or params.section("training", Training)
    seeds = params.section("seeds", Seeds)
    trusted = params.section("model.trust", bool)
    train = tables.read(Path("data/train.parquet"))
    trainings = training.train_seeds(
        TASKS[params.section("task", TaskName)],
        name,
        model_files.load_seeds(Path("models") / recipe.start, seeds, trusted).items(),
        train,
        tables.read(Path("data/validation.parquet")),
        settings,
        epochs=recipe.epochs,
        patience=recipe.patience,
        wrap=lambda model: pruning.wrap(model, recipe),
        callbacks=pruning.callbacks(),
        stop_from=recipe.first_full_epoch(len(train.x), settings.batch_size),
        logs_folder=Path("logs") / name,
    )
    model_files.save_seeds(Path("models/pruned") / name, trainings)


if __name__ == "__main__":
    errors.run(main, *sys.argv[1:])
