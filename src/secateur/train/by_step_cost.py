"""About how long a training step by step takes, to decide whether a process is worth its start."""

import math

from secateur.arrays.rows import Rows
from secateur.keras_io import by_step
from secateur.keras_io.backend import keras
from secateur.recipes.training import Training

# Of small convolutions on one core, with AVX2: `benchmarks/`.
MULTIPLY_ADDS = 1e10  # a second
OVERHEAD = 1e-3  # seconds a step
PASSES = 3  # a training step computes three times what a prediction does


def seconds(model: keras.Model, rows: Rows, training: Training, epochs: int) -> float:
    """Return about how many seconds a training takes; 0 for a network that is compiled."""
    if not by_step.runs_by_step(model):
        return 0
    traced = by_step.traced(lambda x: model(x, training=False), model, 1)
    count = len(rows.x) * epochs
    arithmetic = PASSES * by_step.multiply_adds(traced) * count / MULTIPLY_ADDS
    return OVERHEAD * math.ceil(len(rows.x) / training.batch_size) * epochs + arithmetic
