"""A training with removal of channels: rounds, each of which removes some and trains on."""

import functools
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from secateur.arrays.rows import Rows
from secateur.compress import channel_removal
from secateur.compress.channel_removal import Measure
from secateur.core.seeds import seed_file
from secateur.core.tasks import Task
from secateur.keras_io.backend import keras
from secateur.recipes.channel_terms import NONE, Terms
from secateur.recipes.channels import Channels, divided
from secateur.train import seeds_apart
from secateur.train.trainings import Trainings

Seed = tuple[int, Path, list[dict[str, Any]]]  # its network's file, its curves


def trained(
    runs: Trainings,
    recipe: Channels,
    paths: Sequence[Path],
    terms: Terms = NONE,
    measure: Measure | None = None,
) -> Iterator[Seed]:
    """Yield the file and the curves of each seed after the last round, in order.

    Each round is a training of its own, whose learning rate begins anew (A. Renda et al., 2020,
    "Comparing Rewinding and Fine-tuning in Neural Network Pruning"), and what a round has finished
    is kept as every training is. Rows come in the order that they have without rounds.

    Args:
        runs: the training, whose epochs the rounds share.
        recipe: which channels go.
        paths: the files and folders that the results of all seeds follow from.
        terms: what the recipe needs of other sections.
        measure: tells what the recipe keeps, where it is not counted.

    Raises:
        InputError: a network cannot become as small, or as `seeds_apart.files_of` does.
    """
    costs = {
        seed: channel_removal.whole(runs.start(seed), recipe, measure) for seed in runs.units()
    }
    _tell_what_is_kept(runs, recipe, terms, costs)
    curves: dict[int, list[dict[str, Any]]] = {seed: [] for seed in runs.units()}
    begun = 0
    with tempfile.TemporaryDirectory() as temporary:
        for number, epochs in enumerate(divided(runs.epochs, recipe.rounds), start=1):
            one = _round(runs, recipe, costs, number, terms, measure)
            one = one._replace(epochs=epochs, first_epoch=begun)
            folder = Path(temporary) / str(number)
            folder.mkdir()
            for seed, file, own in seeds_apart.files_of(one, paths):
                # What is kept may be deleted at any time.
                shutil.copyfile(file, seed_file(folder, seed))
                curves[seed] = joined(curves[seed], own)
            runs = runs._replace(starts={seed: seed_file(folder, seed) for seed in curves})
            begun += epochs
        for seed, rows in curves.items():
            yield seed, runs.starts[seed], rows


def _tell_what_is_kept(
    runs: Trainings, recipe: Channels, terms: Terms, costs: dict[int, float]
) -> None:
    """Print which seeds keep the budget as they are."""
    for seed, cost in costs.items():
        if terms.most is not None and cost <= terms.most:
            print(
                f"{runs.name}, {runs.label(seed)}: the network to start from keeps the budget, "
                f"{recipe.keep.kind} {cost:,.6g} of {terms.most:,.6g}: no channel goes",
                flush=True,
            )


def _round(
    runs: Trainings,
    recipe: Channels,
    costs: dict[int, float],
    number: int,
    terms: Terms,
    measure: Measure | None,
) -> Trainings:
    """Return the training of a round, by its number from 1."""
    several = recipe.rounds > 1
    logs = runs.logs_folder and runs.logs_folder / f"round_{number}"
    return runs._replace(
        name=f"{runs.name}, round {number} of {recipe.rounds}" if several else runs.name,
        logs_folder=logs if several else runs.logs_folder,
        change=functools.partial(
            _smaller, recipe, number, costs, terms, measure, runs.task, runs.training.batch_size
        ),
        settings_of_functions=[
            runs.settings_of_functions,
            recipe.model_dump(exclude={"controls"}),
            number,
            terms.model_dump(),
            measure and measure.versions,
        ],
        settings_of_seeds=costs,
    )


def _smaller(
    recipe: Channels,
    number: int,
    costs: dict[int, float],
    terms: Terms,
    measure: Measure | None,
    task: Task,
    batch_size: int,
    model: keras.Model,
    train: Rows,
    seed: int,
) -> keras.Model:
    gone = channel_removal.chosen(
        model, recipe, number, costs[seed], task, train, batch_size, seed, terms, measure
    )
    return channel_removal.without(model, gone, train, batch_size)


def joined(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the curves of two trainings, one after the other."""
    last = before[-1]["epoch"] if before else 0
    return [*before, *({**row, "epoch": row["epoch"] + last} for row in after)]
