"""Cluster the weights of compacted networks, for recipes with `clustering`."""

from pathlib import Path

from secateur.arrays import tables
from secateur.artifacts import CLUSTERED, COMPACTED, inputs_of
from secateur.compress import clustering
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.keras_io import h5_files
from secateur.recipes.recipe import Recipes
from secateur.recipes.training import Training


def main() -> None:
    """Write the clustered networks; the folder holds none if no recipe has `clustering`."""
    given = params.read()
    recipes = given.section("recipes", Recipes)
    default = given.section("training", Training)
    seeds = given.section("seeds", Seeds)
    safe_mode = given.optional("model.safe_mode", bool, True)
    task = TASKS[given.section("task", TaskName)]
    wanted = {name: recipes[name] for name in sorted(recipes) if recipes[name].clustering}
    with files.replacing(CLUSTERED) as folder:
        folder.mkdir()
        if not wanted:
            (folder / "none").touch()  # DVC warns about every empty folder
        for name, recipe in wanted.items():
            clustered = clustering.train(
                task,
                name,
                recipe.clustering,
                recipe.training or default,
                h5_files.load_seeds(COMPACTED / name, seeds, safe_mode),
                {seed: inputs_of(name, "compacted", seed) for seed in seeds},
                tables.read(Path("data/train.parquet")),
                tables.read(Path("data/validation.parquet")),
            )
            h5_files.save_seeds(folder / name, clustered)


if __name__ == "__main__":
    errors.run(main)
