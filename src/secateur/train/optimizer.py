"""Keras's optimizer from the parameters of a training."""

import math

from secateur.keras_io.backend import keras
from secateur.recipes.training import Training


def build(training: Training, rows: int, epochs: int) -> keras.optimizers.Optimizer:
    """A new optimizer for `epochs` epochs of `rows` training rows."""
    rate = training.learning_rate
    if training.learning_rate_schedule == "CosineDecay":
        steps = epochs * math.ceil(rows / training.batch_size)
        rate = keras.optimizers.schedules.CosineDecay(rate, steps)
    more = {} if training.weight_decay is None else {"weight_decay": training.weight_decay}
    return getattr(keras.optimizers, training.optimizer)(rate, **more)
