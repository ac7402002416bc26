"""Print seconds per epoch and peak memory: `growth.py FOLDER HIDDEN EPOCHS`.

Reads the part in the folder as a stage does and trains; validates on the first 1,000 rows.
"""

import resource
import sys
from pathlib import Path

from keras_worker import Clock
from secateur.arrays import encoding, parts
from secateur.arrays.rows import Rows
from secateur.core.tasks import TASKS
from secateur.network import listed
from secateur.network.model import Model
from secateur.train import training


def main(folder: str, hidden: int, epochs: int) -> None:
    """Print the seconds and the process's peak memory in bytes."""
    rows = parts.read(Path(folder), encoding.read(Path(folder) / "encoding.json")).rows()
    task = TASKS["regression"]
    layers = [{"type": "Dense", "units": hidden, "activation": "relu"}]
    wanted = Model(layers=layers)
    model, clock = listed.build(wanted, rows.x.shape[1:], 1, task, seed=0), Clock()
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
