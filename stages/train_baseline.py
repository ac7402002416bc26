"""Train the dense baseline of each seed, or use the user's trained network unchanged."""

from pathlib import Path

from secateur.arrays import encoding, parts
from secateur.core import errors, params
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.keras_io import h5_files
from secateur.recipes.training import TrainBaseline, Training
from secateur.train import training


def main() -> None:
    """Write the trained networks and their curves."""
    given = params.read()
    settings = given.section("train_baseline", TrainBaseline)
    seeds = given.section("seeds", Seeds)
    safe_mode = given.optional("model.safe_mode", bool, True)
    task = TASKS[given.section("task", TaskName)]
    initial = Path("models/trained/initial")
    learned = encoding.read(Path("models/encoding.json"))
    how = given.section("training", Training)
    train = parts.read(Path("data/split/train"), learned).rows(bool(how.augmentation))
    validation = parts.read(Path("data/split/validation"), learned).rows()
    if (initial / h5_files.PRETRAINED).exists():
        model = h5_files.load(initial / h5_files.PRETRAINED, safe_mode)
        trainings = training.pretrained(task, model, seeds, train, validation)
    else:
        trainings = training.some_converge(
            training.train_seeds(
                task,
                "baseline",
                h5_files.load_seeds(initial, seeds, safe_mode).items(),
                train,
                validation,
                how,
                epochs=settings.epochs,
                patience=settings.patience,
                logs_folder=Path("logs/baseline"),
            )
        )
    h5_files.save_seeds(Path("models/trained/baseline"), trainings)


if __name__ == "__main__":
    errors.run(main)
