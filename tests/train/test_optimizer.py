"""Keras's optimizer has what the parameters ask for."""

from typing import Any, get_args

import pytest

from secateur.keras_io.backend import keras
from secateur.recipes.training import Training
from secateur.train import optimizer

OPTIMIZERS = get_args(Training.model_fields["optimizer"].annotation)


def training(**changes: Any) -> Training:
    return Training(**{"optimizer": "Adam", "learning_rate": 0.25, "batch_size": 16, **changes})


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_is_keras_own_with_its_learning_rate(name: str) -> None:
    made = optimizer.build(training(optimizer=name), rows=83, epochs=4)
    assert type(made) is getattr(keras.optimizers, name)
    assert float(made.learning_rate) == 0.25


def test_weight_decay_is_the_optimizers_own_unless_it_is_given() -> None:
    assert optimizer.build(training(optimizer="AdamW"), 83, 4).weight_decay == 0.004
    given = training(optimizer="AdamW", weight_decay=0.5)
    assert optimizer.build(given, 83, 4).weight_decay == 0.5


def test_the_cosine_reaches_zero_with_the_last_step() -> None:
    made = optimizer.build(training(learning_rate_schedule="CosineDecay"), rows=83, epochs=4)
    rate = made._learning_rate
    assert [float(rate(step)) for step in (0, 12, 24)] == pytest.approx([0.25, 0.125, 0], abs=1e-7)
