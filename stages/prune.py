"""Train each seed's network by one recipe, and prune its weights or remove channels."""

import functools
import sys
from pathlib import Path

from secateur.arrays import parts
from secateur.compress import channel_rounds, pruning
from secateur.compress.channel_removal import Measure
from secateur.core import errors, params
from secateur.core.seeds import Seeds, seed_file
from secateur.core.tasks import TASKS, TaskName
from secateur.keras_io import h5_files
from secateur.recipes import channel_terms, scopes
from secateur.recipes.channel_terms import Terms
from secateur.recipes.channels import Keep
from secateur.recipes.recipe import Recipe, RecipeName
from secateur.recipes.training import Training
from secateur.train import epochs_in_all, seeds_apart, trainings

SPLIT = Path("data/split")
ENCODING = Path("models/encoding.json")
TRAINED = Path("models/trained")
TEACHERS = Path("models/teachers")


def main(name: str) -> None:
    """Write the trained networks, still with pruning wrappers, and their curves."""
    params.validate(RecipeName, name, "recipe")
    given = params.read()
    recipe = given.section(f"recipes.{name}", Recipe)
    recipe = recipe.in_names_of(scopes.read_layers(Path("models/layers.json")))
    settings = recipe.training or given.section("training", Training)
    seeds = given.section("seeds", Seeds)
    teachers = TEACHERS / name if recipe.learns_from_baseline else TRAINED / recipe.start
    lazily = bool(settings.augmentation)
    runs = trainings.Trainings(
        TASKS[given.section("task", TaskName)],
        name,
        {seed: seed_file(TRAINED / recipe.start, seed) for seed in seeds},
        given.optional("model.safe_mode", bool, True),
        functools.partial(parts.train_and_validation, SPLIT, ENCODING, lazily),
        settings,
        recipe.epochs,
        recipe.patience,
        stop_from=recipe.first_full_epoch(parts.count_rows(SPLIT / "train"), settings.batch_size),
        prepare=pruning.strip,
        wrap=functools.partial(pruning.wrap, recipe=recipe),
        callbacks=functools.partial(pruning.callbacks, recipe),
        logs_folder=Path("logs") / name,
        monitor=recipe.monitor,
        restore_best=recipe.restore_best,
        distill=recipe.distill,
        teachers={seed: seed_file(teachers, seed) for seed in seeds} if recipe.distill else None,
        settings_of_functions=recipe.model_dump(),
    )
    paths = [SPLIT / "train", SPLIT / "validation", ENCODING, Path(__file__)]
    if recipe.channels:
        terms = channel_terms.read(TEACHERS / name, recipe.channels)
        measure = _measure(recipe.channels.keep, terms)
        made = channel_rounds.trained(runs, recipe.channels, paths, terms, measure)
    else:
        made = seeds_apart.files_of(runs, paths)
    about = epochs_in_all.after(TRAINED / recipe.start, recipe.epochs, recipe.patience)
    h5_files.save_seeds(TRAINED / name, made, about=about)


def _measure(keep: Keep, terms: Terms) -> Measure | None:
    """Return what tells the cost that a recipe keeps, if only a file does."""
    if keep.kind not in channel_terms.BY_FILE:
        return None
    # Imported here: what is loaded counts among what a finished seed follows from.
    from secateur.devices import channel_costs

    return channel_costs.measure(keep, terms, SPLIT, ENCODING)


if __name__ == "__main__":
    errors.run(main, *sys.argv[1:])
