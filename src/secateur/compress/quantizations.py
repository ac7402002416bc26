"""Quantization-aware training of each seed, in two phases: statistics move, then they stay."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from secateur.compress import quantization as quantizing
from secateur.compress.channel_rounds import Seed, joined
from secateur.compress.masks import PruningLog
from secateur.compress.silent import without_silent
from secateur.core.seeds import seed_file
from secateur.keras_io.backend import keras
from secateur.keras_io.parts import parts
from secateur.network.equalization import equalized
from secateur.recipes.quantization import Quantization
from secateur.train import seeds_apart
from secateur.train.training import Trained, train_seeds
from secateur.train.trainings import Trainings


class Quantizations(NamedTuple):
    """As `train.seeds_apart.Runs`."""

    runs: Trainings  # what a phase is without quantization
    quantization: Quantization
    frozen: bool  # whether the statistics of BatchNormalization stay
    first: bool  # whether dead channels go, and others are scaled to like ranges, before
    last: bool  # whether kernels are rounded afterwards

    def run(self, seeds: Sequence[int], checkpoints: Sequence[Path]) -> Iterator[Trained]:
        """Train seeds in this process; each has a file for its checkpoints.

        Each is wrapped by itself: its zeros, and what ranges its activations have, are its own.
        """
        runs = self.runs
        train, validation = runs.rows()
        for seed, path in itertools.zip_longest(seeds, checkpoints):
            start = runs.start(seed)
            if self.first and all(np.isfinite(own).all() for own in start.get_weights()):
                # What is dead is a constant, which takes steps from what is alive.
                start = equalized(without_silent(start)[0], train.x)
            (trained,) = train_seeds(
                runs.task, runs.name, [(seed, start)], train, validation, runs.training,
                epochs=runs.epochs, patience=runs.patience,
                wrap=lambda model: quantizing.wrap(
                    model, self.quantization, train.x, frozen=self.frozen
                ),
                callbacks=[PruningLog()], first_epoch=runs.first_epoch,
                logs_folder=runs.logs_folder, monitor=runs.monitor,
                restore_best=runs.restore_best, distill=runs.distill,
                teachers={seed: runs.teacher(seed)} if runs.teachers else None,
                checkpoints=[path] if path else (),
            )  # fmt: skip
            grid = self.quantization if self.last else None
            yield trained._replace(model=quantizing.plain(start, trained.model, grid))

    @property
    def name(self) -> str:
        """What messages call them together."""
        return self.runs.name

    def units(self) -> list[int]:
        """Return the seeds."""
        return self.runs.units()

    def label(self, unit: int) -> str:
        """Return what messages call a seed's training."""
        return self.runs.label(unit)

    def facts(self, unit: int) -> tuple[Any, list[Path]]:
        """Return what one seed's training follows from, and the files of its networks."""
        return self.runs.facts(unit)

    def settings(self) -> Any:
        """Return what the trainings of all seeds follow from."""
        return [
            self.runs.settings(),
            self.quantization.model_dump(),
            self.frozen,
            self.first,
            self.last,
        ]

    def seconds(self) -> float:
        """Return about how long a seed trains step by step; 0 for a network that is compiled."""
        return self.runs.seconds()


def trained(runs: Trainings, quantization: Quantization, paths: Sequence[Path]) -> Iterator[Seed]:
    """Yield the file and the curves of each seed after the last phase, in order.

    Each phase is a training of its own, whose learning rate and patience begin anew, as those of
    the rounds of `channel_rounds`; ranges are calibrated anew, too. Rows come in the order that
    they have in one training. The losses are those of the quantized network; what is yielded is a
    plain one, with kernels that are rounded already.

    Args:
        runs: the training, whose epochs the phases share.
        quantization: what becomes of the networks.
        paths: the files and folders that the results of all seeds follow from.

    Raises:
        InputError: as `quantization.wrap` and `seeds_apart.files_of` do.
    """
    model = runs.start(runs.units()[0])
    if left := quantizing.left_float(model):
        print(
            f"{runs.name}: tfmot quantizes no {', '.join(left)} in training: they train as they "
            "are, and are quantized when a file is made",
            flush=True,
        )
    moving, frozen = quantization.phases(runs.epochs) if normalizes(model) else (runs.epochs, 0)
    phases = [(epochs, stay) for epochs, stay in ((moving, False), (frozen, True)) if epochs]
    curves: dict[int, list[dict[str, Any]]] = {seed: [] for seed in runs.units()}
    with tempfile.TemporaryDirectory() as temporary:
        begun = 0
        for number, (epochs, stay) in enumerate(phases, start=1):
            one = runs._replace(epochs=epochs, first_epoch=begun)
            if len(phases) > 1:
                one = one._replace(
                    name=f"{runs.name}, statistics {'frozen' if stay else 'moving'}",
                    logs_folder=runs.logs_folder and runs.logs_folder / f"phase_{number}",
                )
            folder = Path(temporary) / str(number)
            folder.mkdir()
            phase = Quantizations(one, quantization, stay, number == 1, number == len(phases))
            for seed, file, own in seeds_apart.files_of(phase, paths):
                # What is kept may be deleted at any time.
                shutil.copyfile(file, seed_file(folder, seed))
                curves[seed] = joined(curves[seed], own)
            runs = runs._replace(starts={seed: seed_file(folder, seed) for seed in curves})
            begun += epochs
        for seed, rows in curves.items():
            yield seed, runs.starts[seed], rows


def normalizes(model: keras.Model) -> bool:
    """Whether a training of the model moves statistics of BatchNormalization."""
    return any(
        isinstance(part, keras.layers.BatchNormalization) and part.trainable
        for part in parts(model)
    )
