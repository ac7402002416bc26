"""Time dense networks both ways, to choose by: `benchmarks/dense_ways.md`.

`python benchmarks/dense_ways.py [--repeats N]`. A step of a narrow network is too short for its
overhead; how wide must a network be before running it step by step, by oneDNN, is as fast as one
compiled program? It is the number of weights that decides, and not the multiply-adds of a step.
"""

import argparse
import itertools
import time
from functools import partial

import numpy as np

from measure import HERE, in_turn, note, ratio, spread, table
from secateur.arrays.rows import Rows
from secateur.core.tasks import TASKS
from secateur.keras_io.backend import keras
from secateur.keras_io.by_step import MANY_WEIGHTS
from secateur.recipes.training import Training
from secateur.train import training

L = keras.layers
# Inputs, hidden layers, outputs: the demonstration, two autoencoders, and ever wider ones.
NETWORKS = ((10, 128, 1), (640, 128, 128, 8, 128, 128, 640), (784, 256, 64, 256, 784),
            (256, 800, 800, 10), (256, 900, 900, 10), (256, 1024, 1024, 10),
            (1024, 2048, 2048, 10), (1024, 4096, 4096, 10))  # fmt: skip
CASES = [*itertools.product(NETWORKS, [32]), ((10, 128, 1), 8192),
         ((784, 256, 64, 256, 784), 512), ((1024, 2048, 2048, 10), 2)]  # fmt: skip
STEPS, EPOCHS = 20, 4


class Clock(keras.callbacks.Callback):
    """Record when each epoch begins."""

    times: list[float]

    def on_train_begin(self, logs: object = None) -> None:
        """Begin anew."""
        self.times = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Note the time."""
        self.times.append(time.perf_counter())


def seconds(sizes: tuple[int, ...], batch: int, by_step: bool) -> float:
    """Return the seconds a step, in epochs after the first."""
    draws = np.random.default_rng(0)
    rows = STEPS * batch
    x = draws.normal(size=(rows, sizes[0])).astype(np.float32)
    y = draws.normal(size=(rows, sizes[-1])).astype(np.float32)
    layers = [L.Dense(units, "relu") for units in sizes[1:-1]]
    model = keras.Sequential([L.Input(sizes[0]), *layers, L.Dense(sizes[-1])])
    settings = Training(optimizer="Adam", learning_rate=0.001, batch_size=batch)
    clock = Clock()
    decided = training.runs_by_step
    training.runs_by_step = lambda model: by_step
    try:
        for _ in training.train_seeds(
            TASKS["regression"], "network", [(0, model)], Rows(x, y), Rows(x[:2], y[:2]),
            settings, epochs=EPOCHS, patience=None, callbacks=[clock], verbose=False,
        ):  # fmt: skip
            pass
    finally:
        training.runs_by_step = decided
    return (clock.times[-1] - clock.times[1]) / (EPOCHS - 2) / STEPS


def main() -> None:
    """Measure all and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rows = []
    for sizes, batch in CASES:
        name = "-".join(map(str, sizes))
        note(f"seconds a step, {name}, {batch} rows")
        ways = {
            "compiled": partial(seconds, sizes, batch, False),
            "by step": partial(seconds, sizes, batch, True),
        }
        figures = in_turn(ways, options.repeats)
        weights = sum(a * b for a, b in itertools.pairwise(sizes))
        row = [spread(figures[way], 1e-3) for way in ways]
        row.append(ratio(figures["by step"], figures["compiled"]))
        rows.append([name, batch, f"{weights:,}", f"{batch * weights:,}", *row])
    head = ["network", "batch", "weights", "multiply-adds a step", "compiled, ms a step",
            "by step, ms a step", "ratio"]  # fmt: skip
    page = "\n".join([
        "# Dense networks: one program, or step by step\n",
        f"Written by `python benchmarks/dense_ways.py --repeats {options.repeats}`: one thread; "
        f"medians of {options.repeats} with minimum and maximum, in turn. The multiply-adds are "
        "those of the forward pass. `keras_io/by_step.py` compiles what has fewer than "
        f"{MANY_WEIGHTS:,} weights.\n",
        table(head, rows),
    ])  # fmt: skip
    (HERE / "dense_ways.md").write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
