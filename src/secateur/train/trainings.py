"""Trainings that differ in their seed alone."""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from secateur.arrays.rows import Rows
from secateur.core.tasks import Task
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.recipes.distillation import Distill
from secateur.recipes.training import Training
from secateur.train import by_step_cost, tensorboard_log
from secateur.train.training import Trained, train_seeds


def unchanged(model: keras.Model) -> keras.Model:
    """Return the model."""
    return model


class Trainings(NamedTuple):
    """As `seeds_apart.Runs`; the last fields are those of `train_seeds`, which trains them."""

    task: Task
    name: str
    starts: dict[int, Path]  # by seed: the file of the network that it starts from
    safe_mode: bool
    rows: Callable[[], tuple[Rows, Rows]]  # reads the training and the validation rows
    training: Training
    epochs: int
    patience: int | None
    stop_from: int = 0
    prepare: Callable[[keras.Model], keras.Model] = unchanged  # what is done to a start
    # What a start becomes then, by the training rows and the seed.
    change: Callable[[keras.Model, Rows, int], keras.Model] | None = None
    first_epoch: int = 0  # of the orders of rows; after trainings that this one goes on from
    wrap: Callable[[keras.Model], keras.Model] = unchanged
    callbacks: Callable[[], list[keras.callbacks.Callback]] = list
    logs_folder: Path | None = None
    monitor: str = "val_loss"
    restore_best: bool = False
    distill: Distill | None = None
    teachers: Mapping[int, Path] | None = None  # by seed: the file of the network that teaches it
    settings_of_functions: Any = None  # what `prepare`, `wrap` and `callbacks` depend on, as JSON
    settings_of_seeds: Mapping[int, Any] | None = None  # by seed: what they depend on beside

    def run(self, seeds: Sequence[int], checkpoints: Sequence[Path]) -> Iterator[Trained]:
        """Train seeds in this process; each has a file for its checkpoints."""
        train, validation = self.rows()
        if self.logs_folder:  # those of the seeds that it trains go when their training begins
            there = {self.logs_folder / f"seed_{seed}" for seed in self.starts}
            tensorboard_log.forget({*self.logs_folder.glob("seed_*")} - there)
        models = [(seed, self.start(seed)) for seed in seeds]
        teachers = {seed: self.teacher(seed) for seed in seeds} if self.teachers else None
        if self.change:
            models = [(seed, self.change(model, train, seed)) for seed, model in models]
        # One program trains networks that are built alike. Of fewer channels each seed has its own.
        built = {seed: [model.get_config()] for seed, model in models}
        for seed, teacher in (teachers or {}).items():
            built[seed].append(teacher.get_config())
        done = 0
        for _, alike in itertools.groupby(models, lambda one: built[one[0]]):
            some = list(alike)
            yield from train_seeds(
                self.task, self.name, some, train, validation, self.training, epochs=self.epochs,
                patience=self.patience, wrap=self.wrap, callbacks=self.callbacks(),
                stop_from=self.stop_from, first_epoch=self.first_epoch,
                logs_folder=self.logs_folder, monitor=self.monitor,
                restore_best=self.restore_best, distill=self.distill,
                teachers=teachers and {seed: teachers[seed] for seed, _ in some},
                checkpoints=checkpoints[done : done + len(some)],
            )  # fmt: skip
            done += len(some)

    def start(self, seed: int) -> keras.Model:
        """Load the network that a seed starts from, as it is before `change`."""
        return self.prepare(h5_files.load(self.starts[seed], self.safe_mode))

    def teacher(self, seed: int) -> keras.Model:
        """Load the network that teaches a seed."""
        assert self.teachers is not None
        return self.prepare(h5_files.load(self.teachers[seed], self.safe_mode))

    def units(self) -> list[int]:
        """Return the seeds."""
        return list(self.starts)

    def label(self, unit: int) -> str:
        """Return what messages call a seed's training."""
        return f"seed {unit}"

    def facts(self, unit: int) -> tuple[Any, list[Path]]:
        """Return what one seed's training follows from, and the files of its networks."""
        teachers = [self.teachers[unit]] if self.teachers else []
        own = self.settings_of_seeds and self.settings_of_seeds[unit]
        return [unit, own], [self.starts[unit], *teachers]

    def settings(self) -> Any:
        """Return what the trainings of all seeds follow from."""
        return [self.task.name, self.training.model_dump(), self.epochs, self.patience,
                self.stop_from, self.first_epoch, self.monitor, self.restore_best,
                self.distill and self.distill.model_dump(), self.settings_of_functions]  # fmt: skip

    def seconds(self) -> float:
        """Return about how long a seed trains step by step; 0 for a network that is compiled."""
        model = self.start(next(iter(self.starts)))
        return by_step_cost.seconds(model, self.rows()[0], self.training, self.epochs)
