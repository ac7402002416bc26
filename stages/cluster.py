"""Cluster the weights of the models whose recipe says so."""

from collections.abc import Iterator
from pathlib import Path

from rungs import read_inputs
from secateur import clustering, errors, files, model_files, params, tables, training
from secateur.optimizers import Training
from secateur.recipes import Recipes
from secateur.seeds import Seeds
from secateur.tasks import TASKS, Task, TaskName
from secateur.training import Trained


def main() -> None:
    """Write the clustered models; a folder with none if no recipe asks for it."""
    recipes = params.section("recipes", Recipes)
    seeds = params.section("seeds", Seeds)
    default = params.section("training", Training)
    task = TASKS[params.section("task", TaskName)]
    with files.replacing(Path("models/clustered")) as folder:
        folder.mkdir()
        if not any(recipe.clustering for recipe in recipes.values()):
            (folder / "none").touch()  # DVC warns of an empty folder, each time that it looks
        for name in sorted(recipes):
            wanted = recipes[name].clustering
            if wanted:
                settings = recipes[name].training or default
                clustered = _cluster(task, name, wanted, seeds, settings)
                model_files.save_seeds(folder / name, clustered)


def _cluster(
    task: Task, name: str, wanted: clustering.Clustering, seeds: list[int], settings: Training
) -> Iterator[Trained]:
    """Each seed's model by itself, because each has been shrunk to another architecture."""
    train = tables.read(Path("data/train.parquet"))
    validation = tables.read(Path("data/validation.parquet"))
    models = model_files.load_seeds(
        Path("models/shrunk") / name, seeds, params.section("model.trust", bool)
    )
    for seed, model in models.items():
        inputs = read_inputs(name, "shrunk", seed)
        (trained,) = training.train_seeds(
            task,
            f"{name}, clustered",
            [(seed, model)],
            train.of_inputs(inputs),
            validation.of_inputs(inputs),
            settings,
            epochs=wanted.epochs,
            patience=None,
            wrap=lambda m: clustering.wrap(m, wanted),
        )
        yield trained._replace(model=clustering.strip(trained.model))


if __name__ == "__main__":
    errors.run(main)
