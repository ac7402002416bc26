"""Cluster the weights of one recipe's compacted networks, if it has `clustering`."""

import sys
from pathlib import Path

from secateur.arrays import encoding, parts
from secateur.artifacts import CLUSTERED, COMPACTED, NONE, inputs_of
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.recipes.recipe import Recipe, RecipeName
from secateur.recipes.training import Training


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
    from secateur.compress import clustering
    from secateur.keras_io import h5_files

    learned = encoding.read(Path("models/encoding.json"))
    clustered = clustering.train(
        task,
        name,
        recipe.clustering,
        training,
        h5_files.load_seeds(COMPACTED / name, seeds, safe_mode),
        {seed: inputs_of(name, "compacted", seed) for seed in seeds},
        parts.read(Path("data/split/train"), learned).rows(bool(training.augmentation)),
        parts.read(Path("data/split/validation"), learned).rows(),
    )
    h5_files.save_seeds(CLUSTERED / name, clustered)


if __name__ == "__main__":
    errors.run(main, *sys.argv[1:])
