"""Build Keras's optimizer from the training parameters."""

import math

from secateur.keras_io.backend import keras
from secateur.recipes.training import Training


def build(training: Training, rows: int, epochs: int) -> keras.optimizers.Optimizer:
    """Return a new optimizer; a schedule spans `epochs` epochs of `rows` training rows."""
    rate = training.learning_rate
    if training.learning_rate_schedule == "CosineDecay":
        steps = epochs * math.ceil(rows / training.batch_size)
        rate = keras.optimizers.schedules.CosineDecay(rate, steps)
    decay = {} if training.weight_decay is None else {"weight_decay": training.weight_decay}
    return getattr(keras.optimizers, training.optimizer)(rate, **decay)
