"""Train each seed's network by one recipe: prune, remove channels, or quantize in training."""

import functools
import sys
from pathlib import Path

from secateur.arrays import parts
from secateur.compress import channel_rounds, of_recipe, pruning
from secateur.core import errors, params
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.keras_io import h5_files
from secateur.recipes import channel_terms, scopes
from secateur.recipes.recipe import Recipe, RecipeName
from secateur.recipes.training import Training
from secateur.train import epochs_in_all, seeds_apart

SPLIT = Path("data/split")
ENCODING = Path("models/encoding.json")
TRAINED = Path("models/trained")
TEACHERS = Path("models/teachers")


def main(name: str) -> None:
    """Write the trained networks and their curves; those that are pruned keep their wrappers."""
    params.validate(RecipeName, name, "recipe")
    given = params.read()
    recipe = given.section(f"recipes.{name}", Recipe)
    recipe = recipe.in_names_of(scopes.read_layers(Path("models/layers.json")))
    runs = of_recipe.trainings(
        name, recipe, TASKS[given.section("task", TaskName)],
        recipe.training or given.section("training", Training), given.section("seeds", Seeds),
        given.optional("model.safe_mode", bool, True),
        split=SPLIT, encoding=ENCODING, trained=TRAINED, teachers=TEACHERS,
    )  # fmt: skip
    rows = parts.count_rows(SPLIT / "train")
    runs = runs._replace(
        stop_from=recipe.first_full_epoch(rows, runs.training.batch_size),
        wrap=functools.partial(pruning.wrap, recipe=recipe),
        callbacks=functools.partial(pruning.callbacks, recipe),
        logs_folder=Path("logs") / name,
        # What the start is called does not matter: its networks count by themselves.
        settings_of_functions=recipe.model_dump(exclude={"start": True, "channels": {"controls"}}),
    )
    paths = [SPLIT / "train", SPLIT / "validation", ENCODING, Path(__file__)]
    if recipe.channels:
        terms = channel_terms.read(TEACHERS / name, recipe.channels)
        measure = None
        if recipe.channels.keep.kind in channel_terms.BY_FILE:
            # Imported here: what is loaded counts among what a finished seed follows from.
            from secateur.devices import channel_costs

            measure = channel_costs.measure(recipe.channels.keep, terms, SPLIT, ENCODING)
        made = channel_rounds.trained(runs, recipe.channels, paths, terms, measure)
    elif recipe.quantization:
        # Imported here for the same reason, and because it takes a part of a second.
        from secateur.compress import quantizations

        made = quantizations.trained(runs, recipe.quantization, paths)
    else:
        made = seeds_apart.files_of(runs, paths)
    about = epochs_in_all.after(TRAINED / recipe.start, recipe.epochs, recipe.patience)
    h5_files.save_seeds(TRAINED / name, made, about=about)


if __name__ == "__main__":
    errors.run(main, *sys.argv[1:])
