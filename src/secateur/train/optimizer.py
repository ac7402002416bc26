"""Build Keras's optimizer from the training parameters."""

import math
from collections.abc import Callable
from typing import Any

from secateur.keras_io.backend import keras, tf
from secateur.recipes.training import CLIPPING, Training

schedules = keras.optimizers.schedules
Rate = float | Callable[[Any], Any]


class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """From zero to a rate along a line, then another schedule from its beginning.

    `steps` are training steps. Keras has a warm-up for its CosineDecay alone; this one is of the
    same form. It stands in the optimizer only, which no model file holds.
    """

    def __init__(self, rate: float, steps: int, after: Rate) -> None:
        super().__init__()
        self.rate, self.steps, self.after = rate, steps, after

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Return the learning rate of a step; steps count from 0."""
        begun = tf.maximum(step - self.steps, 0)
        after = self.after(begun) if callable(self.after) else self.after
        share = tf.cast(step, tf.float32) / self.steps
        return tf.where(share < 1, self.rate * share, after)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"rate": self.rate, "steps": self.steps, "after": self.after}


def build(training: Training, rows: int, epochs: int) -> keras.optimizers.Optimizer:
    """Return a new optimizer; a schedule spans `epochs` epochs of `rows` training rows."""
    rate = learning_rate(training, math.ceil(rows / training.batch_size), epochs)
    given = {name: getattr(training, name) for name in ("weight_decay", *CLIPPING)}
    options = {name: value for name, value in given.items() if value is not None}
    return getattr(keras.optimizers, training.optimizer)(rate, **options)


def state(optimizer: keras.optimizers.Optimizer) -> list[tf.Variable]:
    """Return every variable of a built optimizer.

    Keras's own list leaves out what Nadam keeps beside its slots, the product of its momenta.
    """
    listed = list(optimizer.variables)
    known = {id(variable) for variable in listed}
    others = [value for value in vars(optimizer).values() if isinstance(value, tf.Variable)]
    return [*listed, *(variable for variable in others if id(variable) not in known)]


def learning_rate(training: Training, steps: int, epochs: int) -> Rate:
    """Return the learning rate, or its Keras schedule, for epochs of so many steps."""
    rate, warmup = training.learning_rate, round(training.warmup_epochs * steps)
    left = epochs * steps - warmup
    given = training.learning_rate_schedule
    options = {} if isinstance(given, str) else given.model_dump(exclude={"type"})
    if training.schedule_name == "CosineDecay":
        if warmup:
            options |= {"warmup_target": rate, "warmup_steps": warmup}
        return schedules.CosineDecay(0.0 if warmup else rate, left, **options)
    after = _after_warmup(training, options, steps, left)
    return WarmUp(rate, warmup, after) if warmup else after


def _after_warmup(training: Training, options: dict[str, Any], steps: int, left: int) -> Rate:
    """Return a rate or a schedule that has `left` steps, and `steps` in an epoch."""
    rate, name = training.learning_rate, training.schedule_name
    if name == "constant":
        return rate
    if name == "PiecewiseConstantDecay":
        # Keras changes the rate after the step of a boundary, and its steps count from 0.
        boundaries = [round(epoch * steps) - 1 for epoch in options["boundary_epochs"]]
        return schedules.PiecewiseConstantDecay(boundaries, [rate, *options["values"]])
    if name == "PolynomialDecay":
        ends = {"end_learning_rate": 0.0, **options}
        return schedules.PolynomialDecay(rate, left, **ends)
    key = "first_decay_epochs" if name == "CosineDecayRestarts" else "decay_epochs"
    period = options.pop(key) * steps
    return getattr(schedules, name)(rate, period, **options)
