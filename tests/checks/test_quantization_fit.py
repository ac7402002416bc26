"""A network that tfmot cannot quantize in training is refused before anything is trained."""

from typing import Any

import pytest

from secateur.checks import quantization_fit
from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.keras_io.backend import keras
from secateur.recipes.recipe import Recipes
from secateur.recipes.training import Training

L = keras.layers


def check(model: keras.Model, warmup: float = 0, **changes: Any) -> None:
    training = Training(
        optimizer="Adam", learning_rate=0.01, batch_size=8, warmup_epochs=warmup
    )  # fmt: skip
    plain = {"start": "baseline", "epochs": 10, "patience": None}
    given = {
        "control": {**plain, "scope": "none"},
        "q8": {**plain, "quantization": {}, **changes},
    }
    quantization_fit.check(validate(Recipes, given, "recipes"), training, model)


def network(*layers: keras.layers.Layer) -> keras.Model:
    return keras.Sequential([L.Input((6, 2)), *layers])


DENSE = (L.Flatten, lambda: L.Dense(4), L.BatchNormalization, lambda: L.Dense(1))


def test_a_network_that_fits_is_accepted() -> None:
    check(network(*(make() for make in DENSE)))
    check(network(L.Conv1D(2, 2), L.Flatten(), L.Dense(1)))
    check(network(L.LSTM(3, name="l")), quantization=None, scope="none")


def test_one_without_a_layer_that_tfmot_knows_is_refused() -> None:
    with pytest.raises(InputError) as refusal:
        check(network(L.Conv1D(2, 2, name="c"), L.LSTM(3, name="l"), L.Reshape((3,))))
    assert str(refusal.value) == (
        "recipes.q8.quantization: tfmot quantizes no weights of the network in training (c "
        "(Conv1D), l (LSTM)); leave quantization out: a file is still quantized after training, "
        "as convert says"
    )


def test_a_phase_within_its_warm_up_is_refused_with_what_helps() -> None:
    model = network(*(make() for make in DENSE))
    with pytest.raises(InputError) as refusal:
        check(model, warmup=3, quantization={"frozen_statistics": 0.3})
    assert str(refusal.value) == (
        "recipes.q8.quantization.frozen_statistics: 0.3: statistics move in one training and stay "
        "in another, and each begins with a warm-up (training.warmup_epochs: 3); of 10 epochs the "
        "shorter has 3; must be over 3: raise epochs to 12, set frozen_statistics to 0 or 1, or "
        "shorten the warm-up"
    )
    check(model, warmup=3, quantization={"frozen_statistics": 0.3}, epochs=12)
    for share in (0, 1):
        check(model, warmup=3, quantization={"frozen_statistics": share})
    check(model, warmup=2.5, quantization={"frozen_statistics": 0.3})
    check(network(L.Flatten(), L.Dense(1)), warmup=9)  # no statistics: one training
