"""Train what one recipe's removal of channels is compared with; without one, a folder of none."""

import sys
from pathlib import Path

from secateur.artifacts import CONTROLS, NONE, TEACHERS, TRAINED
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.recipes import channel_terms, scopes
from secateur.recipes.recipe import Recipe, RecipeName
from secateur.recipes.training import Training

SPLIT = Path("data/split")
ENCODING = Path("models/encoding.json")


def main(name: str) -> None:
    """Write a folder of trained networks for each control."""
    params.validate(RecipeName, name, "recipe")
    given = params.read()
    recipe = given.section(f"recipes.{name}", Recipe)
    recipe = recipe.in_names_of(scopes.read_layers(Path("models/layers.json")))
    settings = recipe.training or given.section("training", Training)
    task, seeds = TASKS[given.section("task", TaskName)], given.section("seeds", Seeds)
    safe_mode = given.optional("model.safe_mode", bool, True)
    with files.replacing(CONTROLS / name) as folder:
        folder.mkdir()
        if recipe.channels is None or not recipe.channels.controls:
            (folder / NONE).touch()
            return
        # Imported here: most recipes have no controls, and TensorFlow takes seconds.
        from secateur.compress import channel_controls, of_recipe
        from secateur.keras_io import h5_files

        runs = of_recipe.trainings(
            name, recipe, task, settings, seeds, safe_mode,
            split=SPLIT, encoding=ENCODING, trained=TRAINED, teachers=TEACHERS,
        )  # fmt: skip
        paths = [SPLIT / "train", SPLIT / "validation", ENCODING, Path(__file__)]
        terms = channel_terms.read(TEACHERS / name, recipe.channels)
        measure = None
        if recipe.channels.keep.kind in channel_terms.BY_FILE:
            # Imported here: what is loaded counts among what a finished seed follows from.
            from secateur.devices import channel_costs

            measure = channel_costs.measure(recipe.channels.keep, terms, SPLIT, ENCODING)
        for control in recipe.channels.controls:
            made = channel_controls.trained(
                control, runs, recipe.channels, TRAINED / name, paths, terms, measure
            )
            h5_files.save_seeds(folder / control, made)


if __name__ == "__main__":
    errors.run(main, *sys.argv[1:])
