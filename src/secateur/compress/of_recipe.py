"""The training that a recipe asks for, without pruning: what a recipe and its controls share."""

import functools
from pathlib import Path

from secateur.arrays import parts
from secateur.compress import pruning
from secateur.core.params import ParamsFile
from secateur.core.seeds import Seeds, seed_file
from secateur.core.tasks import TASKS, TaskName
from secateur.recipes.recipe import Recipe
from secateur.recipes.training import Training
from secateur.train.trainings import Trainings


def trainings(
    given: ParamsFile,
    name: str,
    recipe: Recipe,
    *,
    split: Path,
    encoding: Path,
    trained: Path,
    teachers: Path,
) -> Trainings:
    """Return the training of all seeds by a recipe that prunes nothing.

    Args:
        given: `params.yaml`, for what the recipe does not say itself.
        name: of the recipe.
        recipe: in the names of the network's layers.
        split: the folder of the parts of the rows.
        encoding: the file that says how rows become numbers.
        trained: the folder of all trained networks, by what they are called.
        teachers: the folder of the networks that teach, by recipe.

    Raises:
        InputError: a section of `params.yaml` is wrong.
    """
    settings = recipe.training or given.section("training", Training)
    seeds = given.section("seeds", Seeds)
    teach = teachers / name if recipe.learns_from_baseline else trained / recipe.start
    return Trainings(
        TASKS[given.section("task", TaskName)],
        name,
        {seed: seed_file(trained / recipe.start, seed) for seed in seeds},
        given.optional("model.safe_mode", bool, True),
        functools.partial(parts.train_and_validation, split, encoding, bool(settings.augmentation)),
        settings,
        recipe.epochs,
        recipe.patience,
        prepare=pruning.strip,
        monitor=recipe.monitor,
        restore_best=recipe.restore_best,
        distill=recipe.distill,
        teachers={seed: seed_file(teach, seed) for seed in seeds} if recipe.distill else None,
    )
