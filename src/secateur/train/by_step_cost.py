"""About how long a training step by step takes, to decide whether a process is worth its start."""

import math

from secateur.keras_io import by_step
from secateur.keras_io.backend import keras

# Of small convolutions on one core, with AVX2: `benchmarks/`.
MULTIPLY_ADDS = 1e10  # a second
OVERHEAD = 1e-3  # seconds a step
PASSES = 3  # a training step computes three times what a prediction does


def seconds(model: keras.Model, rows: int, batch_size: int, epochs: int) -> float:
    """Return about how many seconds a training takes; 0 for a network that is compiled."""
    traced = by_step.traced(lambda x: model(x, training=False), model, 1)
    if not by_step.has_operations(traced):
        return 0
    steps = epochs * math.ceil(rows / batch_size)
    arithmetic = PASSES * by_step.multiply_adds(traced) * rows * epochs / MULTIPLY_ADDS
    return steps * OVERHEAD + arithmetic
