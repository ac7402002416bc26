"""Seconds an epoch in Keras: `keras_worker.py HOW MODEL DATA.npz EPOCHS`, once a line of stdin.

HOW is `ours` (the compiled epoch, as the stages train), `fit` (stock) or `steps` (stock, with
`steps_per_execution` a whole epoch). MODEL is `dense` or `pruned`. All write TensorBoard's logs,
each in its own way, and stop early.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from secateur.network import model
from secateur.core import params
from secateur.compress import pruning
from secateur.train import training
from secateur.keras_io.backend import keras
from secateur.recipes.recipe import Recipe
from secateur.arrays.tables import Rows
from secateur.core.tasks import TASKS

import tensorflow_model_optimization.sparsity.keras as tfmot  # isort: skip


class Clock(keras.callbacks.Callback):
    """The time at which each epoch begins."""

    def on_train_begin(self, logs=None):
        """Forget an earlier training."""
        self.times = []

    def on_epoch_begin(self, epoch, logs=None):
        """Note the time."""
        self.times.append(time.perf_counter())

    def seconds(self):
        """From one epoch's begin to the next, without the first, which compiles."""
        return (self.times[-1] - self.times[1]) / (len(self.times) - 2)


def main(how: str, kind: str, data: str, epochs: int) -> None:
    """Time one training for each line of standard input."""
    arrays = np.load(data)
    train, validation = Rows(arrays["x"], arrays["y"]), Rows(arrays["x_val"], arrays["y_val"])
    recipe = params.section("recipes.whole_model", Recipe)
    settings = params.section("training", training.Training)
    shape = params.section("model", model.Model)
    task = TASKS["regression"]
    logs = Path(tempfile.mkdtemp())
    print("ready", flush=True)
    for _ in sys.stdin:
        clock = Clock()
        model = model.build(shape, train.x.shape[1:], 1, task, seed=0)
        if how == "ours":
            for _ in training.train_seeds(
                task, kind, [(0, model)], train, validation, settings, epochs=epochs,
                patience=epochs,
                wrap=lambda m: pruning.wrap(m, recipe) if kind == "pruned" else m,
                callbacks=[clock, *(pruning.callbacks() if kind == "pruned" else ())],
                logs_folder=logs,
            ):  # fmt: skip
                pass
        else:
            model = pruning.wrap(model, recipe) if kind == "pruned" else model
            steps = -(-len(train.x) // settings.batch_size) if how == "steps" else 1
            model.compile("adam", "mse", metrics=["mae", "mse"], steps_per_execution=steps)
            board = tfmot.PruningSummaries if kind == "pruned" else keras.callbacks.TensorBoard
            callbacks = [
                clock,
                board(str(logs)),
                *([tfmot.UpdatePruningStep()] if kind == "pruned" else []),
            ]
            stop = keras.callbacks.EarlyStopping("val_loss", patience=epochs)
            model.fit(
                *train, batch_size=settings.batch_size, epochs=epochs, verbose=0,
                validation_data=tuple(validation), callbacks=[*callbacks, stop],
            )  # fmt: skip
        print(f"seconds {clock.seconds()}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]))
