"""Train the dense network of each seed."""

from pathlib import Path

from secateur import errors, model_files, params, tables, training
from secateur.optimizers import Training
from secateur.seeds import Seeds


def main() -> None:
    """Write the trained models and their curves."""
    settings = params.section("train_baseline", training.TrainBaseline)
    seeds = params.section("seeds", Seeds)
    trainings = training.train_seeds(
        "baseline",
        model_files.load_seeds(Path("models/initial"), seeds).items(),
        tables.read(Path("data/train.parquet")),
        tables.read(Path("data/validation.parquet")),
        params.section("training", Training),
        epochs=settings.epochs,
        patience=settings.patience,
        logs_folder=Path("logs/baseline"),
    )
    model_files.save_seeds(Path("models/baseline"), trainings)


if __name__ == "__main__":
    errors.run(main)
