"""Cluster the weights of one recipe's compacted networks, if it has `clustering`."""

import functools
import sys
from pathlib import Path

from secateur.arrays import parts
from secateur.artifacts import CLUSTERED, COMPACTED, NONE, inputs_of
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds, seed_file
from secateur.core.tasks import TASKS, TaskName
from secateur.recipes.recipe import Recipe, RecipeName
from secateur.recipes.training import Training

SPLIT = Path("data/split")
ENCODING = Path("models/encoding.json")


def main(name: str) -> None:
    """Write the clustered networks and their curves; without `clustering`, a folder of none."""
    params.validate(RecipeName, name, "recipe")
    given = params.read()
    recipe = given.section(f"recipes.{name}", Recipe)
    training = recipe.training or given.section("training", Training)
    seeds = given.section("seeds", Seeds)
    task = TASKS[given.section("task", TaskName)]
    safe_mode = given.optional("model.safe_mode", bool, True)
    if recipe.clustering is None:
        with files.replacing(CLUSTERED / name) as folder:
            folder.mkdir()
            (folder / NONE).touch()
        return
    # Imported here: most recipes do not need TensorFlow, which takes seconds.
    from secateur.compress.clusterings import Clusterings
    from secateur.keras_io import h5_files
    from secateur.train import seeds_apart

    runs = Clusterings(
        task,
        name,
        recipe.clustering,
        training,
        {seed: seed_file(COMPACTED / name, seed) for seed in seeds},
        {seed: inputs_of(name, "compacted", seed) for seed in seeds},
        safe_mode,
        functools.partial(parts.train_and_validation, SPLIT, ENCODING, bool(training.augmentation)),
    )
    paths = [SPLIT / "train", SPLIT / "validation", ENCODING, Path(__file__)]
    h5_files.save_seeds(CLUSTERED / name, seeds_apart.files_of(runs, paths))


if __name__ == "__main__":
    errors.run(main, *sys.argv[1:])
