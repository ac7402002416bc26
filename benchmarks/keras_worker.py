"""Time Keras: `keras_worker.py HOW MODEL DATA.npz EPOCHS`.

Each line of standard input starts a training and prints its seconds per epoch. HOW is `ours` (the
compiled epoch of the stages), `program` (its compiled call alone), `fit` (stock) or `steps` (stock,
`steps_per_execution` a whole epoch). MODEL is `dense` or `pruned`. All but `program` write
TensorBoard logs and can stop early.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from secateur.arrays.rows import Rows
from secateur.compress import pruning
from secateur.core import params
from secateur.core.tasks import TASKS
from secateur.keras_io.backend import keras, tf
from secateur.network import listed
from secateur.network.model import Model
from secateur.recipes.recipe import Recipe
from secateur.train import optimizer, training
from secateur.train.epoch import compile_epoch, compile_model

import tensorflow_model_optimization.sparsity.keras as tfmot  # isort: skip


class Clock(keras.callbacks.Callback):
    """Record when each epoch begins."""

    def on_train_begin(self, logs=None):
        """Forget the training before."""
        self.times = []

    def on_epoch_begin(self, epoch, logs=None):
        """Note the time."""
        self.times.append(time.perf_counter())

    def seconds(self):
        """Return the mean seconds per epoch, without the first, which compiles."""
        return (self.times[-1] - self.times[1]) / (len(self.times) - 2)


def program(model, train, validation, settings, epochs, callbacks):
    """Return the mean seconds of a call of the compiled epoch, and of reading its losses."""
    compile_model(model, "mse", optimizer=optimizer.build(settings, len(train.x), epochs))
    epoch = compile_epoch(model, settings.batch_size)
    keras.callbacks.CallbackList(callbacks, model=model).on_train_begin()
    arrays = [tf.constant(values) for values in (*train, *validation)]
    times = []
    for number in range(epochs):
        order = tf.constant(training.batch_order(0, number, len(train.x)))
        times.append(time.perf_counter())
        result = epoch(*arrays[:2], order, *arrays[2:])
        float(result["loss"]), float(result["val_loss"])
        times[-1] = time.perf_counter() - times[-1]
    return sum(times[1:]) / (epochs - 1)


def main(how: str, kind: str, data: str, epochs: int) -> None:
    """Time one training for each line of standard input."""
    arrays = np.load(data)
    train, validation = Rows(arrays["x"], arrays["y"]), Rows(arrays["x_val"], arrays["y_val"])
    given = params.read()
    recipe = given.section("recipes.whole_model", Recipe)
    settings = given.section("training", training.Training)
    wanted = given.section("model", Model)
    task = TASKS["regression"]
    logs = Path(tempfile.mkdtemp())
    print("ready", flush=True)
    for _ in sys.stdin:
        clock = Clock()
        model = listed.build(wanted, train.x.shape[1:], 1, task, seed=0)
        if how == "program":
            model = pruning.wrap(model, recipe) if kind == "pruned" else model
            step = pruning.callbacks(recipe)[:1] if kind == "pruned" else []
            took = program(model, train, validation, settings, epochs, step)
            print(f"seconds {took}", flush=True)
            continue
        if how == "ours":
            for _ in training.train_seeds(
                task, kind, [(0, model)], train, validation, settings, epochs=epochs,
                patience=epochs,
                wrap=lambda m: pruning.wrap(m, recipe) if kind == "pruned" else m,
                callbacks=[clock, *(pruning.callbacks(recipe) if kind == "pruned" else ())],
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
