"""Train the unpruned model of each seed, or take the user's trained one as it is."""

from pathlib import Path

from secateur import errors, model_files, params, tables, training
from secateur.optimizers import Training
from secateur.seeds import Seeds
from secateur.tasks import TASKS, TaskName


def main() -> None:
    """Write the trained models and their curves."""
    settings = params.section("train_baseline", training.TrainBaseline)
    seeds = params.section("seeds", Seeds)
    trusted = params.section("model.trust", bool)
    task = TASKS[params.section("task", TaskName)]
    initial = Path("models/initial")
    train = tables.read(Path("data/train.parquet"))
    validation = tables.read(Path("data/validation.parquet"))
    if (initial / model_files.TRAINED).exists():
        given = model_files.load(initial / model_files.TRAINED, trusted)
        trainings = training.as_given(task, given, seeds, train, validation)
    else:
        trainings = training.train_seeds(
            task,
            "baseline",
            model_files.load_seeds(initial, seeds, trusted).items(),
            train,
            validation,
            params.section("training", Training),
            epochs=settings.epochs,
            patience=settings.patience,
            logs_folder=Path("logs/baseline"),
        )
    model_files.save_seeds(Path("models/baseline"), trainings)


if __name__ == "__main__":
    errors.run(main)
