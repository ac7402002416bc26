"""Trains each seed once: what is kept is not trained again, the others side by side."""

import pickle
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from secateur.arrays.rows import Rows
from secateur.core.errors import InputError
from secateur.core.tasks import Task
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.recipes.distillation import Distill
from secateur.recipes.training import Training
from secateur.train import cores, kept, side_by_side
from secateur.train.by_step_cost import seconds
from secateur.train.training import Trained, train_seeds

WORTH = 20  # seconds of a seed's training, beside which a process's start is little


def unchanged(model: keras.Model) -> keras.Model:
    """Return the model."""
    return model


class Trainings(NamedTuple):
    """Trainings that differ in their seed alone; another process can run them, so all is pickled.

    The last fields are those of `train_seeds`, which trains them.
    """

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
    wrap: Callable[[keras.Model], keras.Model] = unchanged
    callbacks: Callable[[], list[keras.callbacks.Callback]] = list
    logs_folder: Path | None = None
    monitor: str = "val_loss"
    restore_best: bool = False
    distill: Distill | None = None
    teachers: Mapping[int, Path] | None = None  # by seed: the file of the network that teaches it

    def run(self, seeds: Sequence[int], checkpoints: Sequence[Path]) -> Iterator[Trained]:
        """Train seeds in this process; each has a file for its checkpoints."""
        train, validation = self.rows()
        models = [(seed, self.start(seed)) for seed in seeds]
        teachers = {seed: self.teacher(seed) for seed in seeds} if self.teachers else None
        return train_seeds(
            self.task, self.name, models, train, validation, self.training, epochs=self.epochs,
            patience=self.patience, wrap=self.wrap, callbacks=self.callbacks(),
            stop_from=self.stop_from, logs_folder=self.logs_folder, monitor=self.monitor,
            restore_best=self.restore_best, distill=self.distill, teachers=teachers,
            checkpoints=checkpoints,
        )  # fmt: skip

    def start(self, seed: int) -> keras.Model:
        """Load the network that a seed starts from."""
        return self.prepare(h5_files.load(self.starts[seed], self.safe_mode))

    def teacher(self, seed: int) -> keras.Model:
        """Load the network that teaches a seed."""
        assert self.teachers is not None
        return self.prepare(h5_files.load(self.teachers[seed], self.safe_mode))

    def files(self, seed: int) -> list[Path]:
        """Return the files of the networks that a seed's training follows from."""
        return [self.starts[seed], *([self.teachers[seed]] if self.teachers else [])]


Finished = tuple[int, Path, list[dict[str, Any]]]  # a seed, its network's file, its curves


def files_of_seeds(
    trainings: Trainings, paths: Sequence[Path], settings: Any = None
) -> Iterator[Finished]:
    """Yield each seed's finished training, in the order of the seeds.

    `paths` are the files and folders that the results of all seeds follow from. `settings` is what
    `prepare`, `wrap` and `callbacks` depend on, as JSON can hold it.

    Raises:
        InputError: as `train_seeds` does, or a process was killed.
    """
    name = trainings.name
    with tempfile.TemporaryDirectory() as temporary:
        place = kept.folder() or Path(temporary)
        t = trainings
        own = [t.task.name, t.training.model_dump(), t.epochs, t.patience, t.stop_from, t.monitor,
               t.restore_best, t.distill and t.distill.model_dump()]  # fmt: skip
        common = kept.digest(paths, [*own, settings])
        keys = {seed: kept.key(common, seed, *t.files(seed)) for seed in t.starts}
        missing = [seed for seed, key in keys.items() if kept.find(place, key) is None]
        if done := [seed for seed in keys if seed not in missing]:
            listed = ", ".join(map(str, done))
            print(f"{name}: finished before, kept in {kept.FOLDER}: seed {listed}", flush=True)
        try:
            _train(trainings, {seed: keys[seed] for seed in missing}, place)
        except KeyboardInterrupt:
            print(f"{name}: interrupted; {_what_is_kept(keys)}", flush=True)
            raise
        for seed, key in keys.items():
            result = kept.find(place, key)
            if result is None:
                raise InputError(
                    f"{kept.FOLDER}: seed {seed} of {name} is gone: something deleted it while "
                    "this ran; run it again"
                )
            yield seed, result.model, result.curves
        kept.forget(place)


def _what_is_kept(keys: Mapping[int, str]) -> str:
    """Say what a later run will find of seeds, given with their keys."""
    place = kept.folder()
    if not place:
        return "nothing is kept: this is no DVC project"
    finished = [str(seed) for seed, key in keys.items() if kept.find(place, key)]
    begun = [str(seed) for seed, key in keys.items() if kept.checkpoint(place, key).exists()]
    parts = [f"seed {', '.join(finished)}"] if finished else []
    parts += [f"a checkpoint of seed {', '.join(begun)}"] if begun else []
    return f"kept in {kept.FOLDER}, of {len(keys)} seeds: {', '.join(parts) or 'none'}"


def _train(trainings: Trainings, keys: dict[int, str], place: Path) -> None:
    """Train seeds, given with their keys, and keep them."""
    at_once = min(cores.workers(), len(keys))
    if at_once > 1 and _seconds(trainings) > WORTH:
        seeds = [side_by_side.Seed(seed, key) for seed, key in keys.items()]
        side_by_side.train(trainings.name, pickle.dumps(trainings.run), seeds, place, at_once)
    elif keys:
        checkpoints = [kept.checkpoint(place, key) for key in keys.values()]
        for trained in trainings.run(list(keys), checkpoints):
            kept.add(place, keys[trained.seed], h5_files.content(trained.model), trained.curves)


def _seconds(trainings: Trainings) -> float:
    """Return about how long a seed trains step by step; 0 for a network that is compiled."""
    model = trainings.start(next(iter(trainings.starts)))
    rows = len(trainings.rows()[0].x)
    return seconds(model, rows, trainings.training.batch_size, trainings.epochs)
