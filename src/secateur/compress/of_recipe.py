"""The training that a recipe asks for, without pruning: what a recipe and its controls share."""

import functools
from collections.abc import Sequence
from pathlib import Path

from secateur.arrays import parts
from secateur.compress import pruning
from secateur.core.seeds import seed_file
from secateur.core.tasks import Task
from secateur.recipes.recipe import Recipe
from secateur.recipes.training import Training
from secateur.train.trainings import Trainings


def trainings(
    name: str,
    recipe: Recipe,
    task: Task,
    settings: Training,
    seeds: Sequence[int],
    safe_mode: bool,
    *,
    split: Path,
    encoding: Path,
    trained: Path,
    teachers: Path,
) -> Trainings:
    """Return the training of all seeds by a recipe that prunes nothing.

    Args:
        name: of the recipe.
        recipe: in the names of the network's layers.
        task: what the network predicts.
        settings: the recipe's own, or those of the section `training`.
        seeds: one training each.
        safe_mode: whether a file that would run code is refused.
        split: the folder of the parts of the rows.
        encoding: the file that says how rows become numbers.
        trained: the folder of all trained networks, by what they are called.
        teachers: the folder of the networks that teach, by recipe.
    """
    teach = teachers / name if recipe.learns_from_baseline else trained / recipe.start
    return Trainings(
        task,
        name,
        {seed: seed_file(trained / recipe.start, seed) for seed in seeds},
        safe_mode,
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
