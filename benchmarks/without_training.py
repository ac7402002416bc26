"""Run a stage without its training: `without_training.py STAGE [RECIPE]`.

The stage imports, reads, wraps and saves, but compiles and runs no epoch. The result goes to a
temporary folder.
"""

import importlib
import sys
import tempfile
from pathlib import Path

from secateur.keras_io import h5_files
from secateur.train import training


def untrained(task, name, models, *_args, wrap=lambda model: model, **_more):
    """Replace `train_seeds`: yield every model wrapped and untrained."""
    for seed, model in models:
        yield training.Trained(seed, wrap(model), [{"seed": seed, "epoch": 1, "loss": 0.0}])


def main(stage: str, *args: str) -> None:
    """Run the stage's `main`."""
    training.train_seeds = untrained
    save = h5_files.save_seeds
    h5_files.save_seeds = lambda folder, *made: save(Path(tempfile.mkdtemp()) / "m", *made)
    sys.path.insert(0, "stages")
    importlib.import_module(stage).main(*args)


if __name__ == "__main__":
    main(*sys.argv[1:])
