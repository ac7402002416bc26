"""Train the dense baseline of each seed, or use the user's trained network unchanged."""

import functools
from pathlib import Path

from secateur.arrays import encoding, parts
from secateur.core import errors, params
from secateur.core.seeds import Seeds, seed_file
from secateur.core.tasks import TASKS, TaskName
from secateur.keras_io import h5_files
from secateur.recipes.training import TrainBaseline, Training
from secateur.train import epochs_in_all, seeds_apart, training, trainings

SPLIT = Path("data/split")
ENCODING = Path("models/encoding.json")
INITIAL = Path("models/trained/initial")


def main() -> None:
    """Write the trained networks and their curves."""
    given = params.read()
    settings = given.section("train_baseline", TrainBaseline)
    seeds = given.section("seeds", Seeds)
    safe_mode = given.optional("model.safe_mode", bool, True)
    task = TASKS[given.section("task", TaskName)]
    how = given.section("training", Training)
    rows = functools.partial(parts.train_and_validation, SPLIT, ENCODING, bool(how.augmentation))
    out = Path("models/trained/baseline")
    if (INITIAL / h5_files.PRETRAINED).exists():
        model = h5_files.load(INITIAL / h5_files.PRETRAINED, safe_mode)
        learned = encoding.read(ENCODING)
        as_it_is = training.pretrained(task, model, seeds, *rows(), learned)
        h5_files.save_seeds(out, as_it_is, about=epochs_in_all.none())
        return
    runs = trainings.Trainings(
        task, "baseline", {seed: seed_file(INITIAL, seed) for seed in seeds}, safe_mode, rows, how,
        settings.epochs, settings.patience, logs_folder=Path("logs/baseline"),
        monitor=settings.monitor, restore_best=settings.restore_best,
    )  # fmt: skip
    paths = [SPLIT / "train", SPLIT / "validation", ENCODING, Path(__file__)]
    trained = training.some_converge(seeds_apart.files_of(runs, paths))
    about = epochs_in_all.after(INITIAL, settings.epochs, settings.patience)
    h5_files.save_seeds(out, trained, about=about)


if __name__ == "__main__":
    errors.run(main)
