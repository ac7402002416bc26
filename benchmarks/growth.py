"""Seconds an epoch and peak memory of one size: `growth.py TRAIN.parquet HIDDEN EPOCHS`.

Reads the table as a stage does, trains, and prints both; validates on the first 1,000 rows.
"""

import resource
import sys
from pathlib import Path

from keras_worker import Clock
from secateur.network import model
from secateur.arrays import tables
from secateur.train import training
from secateur.arrays.tables import Rows
from secateur.core.tasks import TASKS


def main(path: str, hidden: int, epochs: int) -> None:
    """Print seconds and the peak of the process's memory in bytes."""
    rows = tables.read(Path(path))
    task = TASKS["regression"]
    layers = [{"type": "Dense", "units": hidden, "activation": "relu"}]
    shape = model.Model(source=model.OWN, layers=layers, trust=False)
    model, clock = model.build(shape, rows.x.shape[1:], 1, task, seed=0), Clock()
    settings = training.Training(optimizer="Adam", learning_rate=0.001, batch_size=32)
    validation = Rows(rows.x[:1000], rows.y[:1000])
    for _ in training.train_seeds(
        task, "growth", [(0, model)], rows, validation, settings, epochs=epochs, patience=None,
        callbacks=[clock],
    ):  # fmt: skip
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"seconds {clock.seconds()} peak {peak}")


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
