"""Trainings of a small convolutional network, which another process can import and run."""

import functools
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.compress import pruning
from secateur.core import under_way
from secateur.core.seeds import seed_file
from secateur.core.tasks import TASKS
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.recipes.recipe import Recipe
from secateur.recipes.schedules import ConstantSparsity
from secateur.recipes.training import Training
from secateur.train.seeds_apart import files_of
from secateur.train.trainings import Trainings

SEEDS = (0, 1, 5)
RECIPE = Recipe(
    start="initial", scope="whole", block_size=[1, 1], epochs=2, patience=None,
    schedule=ConstantSparsity(
        type="ConstantSparsity", target_sparsity=0.5, begin_step=0, frequency=1
    ),
)  # fmt: skip


def rows(broken: bool = False) -> tuple[Rows, Rows]:
    draws = np.random.default_rng(0)
    x = draws.normal(size=(40, 6, 6, 1)).astype(np.float32)
    y = draws.integers(0, 3, (40, 1)).astype(np.float32)
    return Rows(x[:, : 5 if broken else 6], y), Rows(x[:10], y[:10])


def enter_project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder the project in which finished seeds are kept, for this process and others."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    monkeypatch.delenv(under_way.PROJECT, raising=False)
    (folder / ".dvc/tmp").mkdir(parents=True)


def write_starts(folder: Path) -> None:
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        layers = keras.layers
        model = keras.Sequential(
            [
                layers.Input((6, 6, 1), name="i"), layers.Conv2D(2, 3, name="c"),
                layers.Dropout(0.2, name="r"), layers.Flatten(name="f"),
                layers.Dense(3, "softmax", name="d"),
            ],
            name="net",
        )  # fmt: skip
        h5_files.save(seed_file(folder, seed), model)


def trainings(seeds: Any = SEEDS, broken: bool = False, epochs: int = 2) -> Trainings:
    return Trainings(
        TASKS["multiclass"],
        "net",
        {seed: seed_file(Path(), seed) for seed in seeds},
        True,
        functools.partial(rows, broken),
        Training(optimizer="Adam", learning_rate=0.01, batch_size=8),
        epochs,
        None,
        wrap=functools.partial(pruning.wrap, recipe=RECIPE),
        callbacks=functools.partial(pruning.callbacks, RECIPE),
    )


def content(given: Trainings | None = None) -> dict[int, tuple[bytes, str]]:
    finished = files_of(given or trainings(), [])
    return {seed: (path.read_bytes(), repr(curves)) for seed, path, curves in finished}
