"""Keras's optimizer has what the parameters ask for."""

from typing import Any, get_args

import numpy as np
import pytest

from secateur.keras_io.backend import keras, tf
from secateur.recipes.training import CLIPPING, Training
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


RATES: dict[str, tuple[Any, dict[int, float]]] = {  # by step: what the schedule gives
    "PolynomialDecay": ("PolynomialDecay", {0: 0.25, 12: 0.125, 24: 0.0}),
    "to a share": ({"type": "CosineDecay", "alpha": 0.2}, {0: 0.25, 12: 0.15, 24: 0.05}),
    "squared": (
        {"type": "PolynomialDecay", "end_learning_rate": 0.05, "power": 2.0},
        {0: 0.25, 12: 0.1, 24: 0.05},
    ),
    "restarts": (
        {"type": "CosineDecayRestarts", "first_decay_epochs": 1, "t_mul": 2.0, "m_mul": 0.5},
        {0: 0.25, 3: 0.125, 6: 0.125, 12: 0.0625, 18: 0.0625},
    ),
    "exponential": (
        {"type": "ExponentialDecay", "decay_epochs": 2, "decay_rate": 0.25},
        {0: 0.25, 6: 0.125, 12: 0.0625},
    ),
    "stairs": (
        {"type": "ExponentialDecay", "decay_epochs": 2, "decay_rate": 0.5, "staircase": True},
        {11: 0.25, 12: 0.125, 23: 0.125},
    ),
    "pieces": (
        {"type": "PiecewiseConstantDecay", "boundary_epochs": [1, 3], "values": [0.1, 0.01]},
        {0: 0.25, 5: 0.25, 6: 0.1, 17: 0.1, 18: 0.01, 23: 0.01},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", RATES)
def test_a_schedule_s_epochs_are_so_many_steps(kind: str) -> None:
    """Six batches an epoch; the first step is 0."""
    schedule, expected = RATES[kind]
    rate = optimizer.learning_rate(training(learning_rate_schedule=schedule), steps=6, epochs=4)
    got = {step: float(rate(step)) for step in expected}
    assert got == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("kind", ["constant", "CosineDecay", *RATES])
def test_after_the_warm_up_a_schedule_runs_as_over_fewer_epochs(kind: str) -> None:
    schedule = RATES[kind][0] if kind in RATES else kind
    warm = training(learning_rate_schedule=schedule, warmup_epochs=1.5)
    rate = optimizer.learning_rate(warm, steps=6, epochs=4)
    rate = tf.function(rate, jit_compile=True, autograph=False)  # as a compiled epoch has it
    warming = [float(rate(tf.constant(step, tf.int64))) for step in range(10)]
    assert warming == pytest.approx([0.25 * step / 9 for step in range(10)], abs=1e-7)
    # The rest as without: 15 steps.
    plain = training(learning_rate_schedule=schedule)
    steps = 6 if kind not in ("CosineDecay", "PolynomialDecay", "to a share", "squared") else 3
    after = optimizer.learning_rate(plain, steps=steps, epochs=15 // steps if steps == 3 else 4)
    for step in (0, 1, 7, 14):
        expected = float(after(step)) if callable(after) else after
        assert float(rate(tf.constant(9 + step, tf.int64))) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("name", CLIPPING)
def test_clipping_is_keras_own(name: str) -> None:
    made = optimizer.build(training(optimizer="SGD", **{name: 0.5}), rows=83, epochs=4)
    variables = [tf.Variable([1.0, 1.0]), tf.Variable([1.0])]
    gradients = [tf.constant([3.0, 4.0]), tf.constant([12.0])]
    made.apply_gradients(zip(gradients, variables, strict=True))
    steps = {  # of gradients with the norms 5 and 12, together 13
        "clipnorm": [[0.3, 0.4], [0.5]],
        "clipvalue": [[0.5, 0.5], [0.5]],
        "global_clipnorm": [[1.5 / 13, 2 / 13], [6 / 13]],
    }[name]
    for variable, step in zip(variables, steps, strict=True):
        np.testing.assert_allclose(variable.numpy(), 1 - 0.25 * np.array(step), rtol=1e-6)
