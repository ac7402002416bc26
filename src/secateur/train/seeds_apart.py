"""Trains each seed once: what is kept is not trained again, the others side by side."""

import math
import pickle
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from secateur.core.errors import InputError
from secateur.keras_io import h5_files
from secateur.train import cores, kept, side_by_side
from secateur.train.training import Trained

WORTH = 20  # seconds of a seed's training, beside which a process's start is little
PART_WORTH = 30  # seconds of idle cores, beside which a start more is
LISTED = 10  # so many are named one by one

Unit = TypeVar("Unit")  # a seed, or what else one of a stage's trainings is known by


class Runs(Protocol[Unit]):
    """A stage's trainings. Another process can run some of them, so all is pickled."""

    @property
    def name(self) -> str:
        """What messages call them together."""

    def units(self) -> list[Unit]:
        """Return what each of them is known by, in order."""

    def label(self, unit: Unit) -> str:
        """Return what messages call one."""

    def facts(self, unit: Unit) -> tuple[Any, list[Path]]:
        """Return what one follows from beside the settings: as JSON can hold it, and in files."""

    def settings(self) -> Any:
        """Return what all follow from, as JSON can hold it."""

    def seconds(self) -> float:
        """Return about how long one takes step by step; 0 for a network that is compiled."""

    def run(self, units: Sequence[Unit], checkpoints: Sequence[Path]) -> Iterator[Trained]:
        """Train some in this process, in order; each has a file for its checkpoints."""


def files_of(
    runs: Runs[Unit], paths: Sequence[Path]
) -> Iterator[tuple[Unit, Path, list[dict[str, Any]]]]:
    """Yield the file and the curves of each finished training, in order.

    `paths` are the files and folders that the results of all follow from.

    Raises:
        InputError: as `train_seeds` does, or a process was killed.
    """
    with tempfile.TemporaryDirectory() as temporary:
        place = kept.folder() or Path(temporary)
        common = kept.digest(paths, runs.settings())
        keys = {}
        for unit in runs.units():
            facts, files = runs.facts(unit)
            keys[unit] = kept.key(common, facts, *files)
        missing = {unit: key for unit, key in keys.items() if kept.find(place, key) is None}
        if done := [runs.label(unit) for unit in keys if unit not in missing]:
            before = f"{runs.name}: finished before, kept in {kept.FOLDER}"
            print(f"{before}: {_listed(done)}", flush=True)
        try:
            _train(runs, missing, place)
        except KeyboardInterrupt:
            print(f"{runs.name}: interrupted; {_what_is_kept(runs, keys)}", flush=True)
            raise
        for unit, key in keys.items():
            result = kept.find(place, key)
            if result is None:
                raise InputError(
                    f"{kept.FOLDER}: {runs.label(unit)} of {runs.name} is gone: something deleted "
                    "it while this ran; run it again"
                )
            yield unit, result.model, result.curves
        kept.forget(place)


def _what_is_kept(runs: Runs[Unit], keys: Mapping[Unit, str]) -> str:
    """Say what a later run will find of trainings, given with their keys."""
    place = kept.folder()
    if not place:
        return "nothing is kept: this is no DVC project"
    finished = [runs.label(unit) for unit, key in keys.items() if kept.find(place, key)]
    begun = [runs.label(unit) for unit, key in keys.items() if kept.checkpoint(place, key).exists()]
    parts = [_listed(finished)] if finished else []
    parts += [f"checkpoints of {_listed(begun)}"] if begun else []
    return f"kept in {kept.FOLDER}: {' and '.join(parts) or 'none'} of {len(keys)}"


def _listed(labels: Sequence[str]) -> str:
    return ", ".join(labels) if len(labels) <= LISTED else f"{len(labels)} trainings"


def _train(runs: Runs[Unit], keys: dict[Unit, str], place: Path) -> None:
    """Train what is missing, given with its keys, and keep it."""
    at_once = min(cores.workers(), len(keys))
    if at_once > 1 and (seconds := runs.seconds()) > WORTH:
        jobs = [side_by_side.Job(unit, runs.label(unit), key) for unit, key in keys.items()]
        idle = math.ceil(len(jobs) / at_once) - len(jobs) / at_once  # of cores, in trainings
        if idle * seconds > PART_WORTH:
            jobs = side_by_side.evenly(jobs, at_once)
        side_by_side.train(runs.name, pickle.dumps(runs.run), jobs, place, at_once)
    elif keys:
        checkpoints = [kept.checkpoint(place, key) for key in keys.values()]
        trained = runs.run(list(keys), checkpoints)
        for key, one in zip(keys.values(), trained, strict=True):
            kept.add(place, key, h5_files.content(one.model), one.curves)
