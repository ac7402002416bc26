"""Rounds of removal: the network keeps its share, and what does nothing goes first."""

from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.compress.channel_removal import chosen, whole, without
from secateur.core.errors import InputError
from secateur.core.tasks import TASKS
from secateur.keras_io.backend import keras
from secateur.recipes.channels import Channels

L = keras.layers


def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    given = keras.Input((8, 8, 2))
    x = L.ReLU()(L.BatchNormalization()(L.Conv2D(16, 3, padding="same", name="first")(given)))
    y = L.ReLU()(L.BatchNormalization()(L.Conv2D(12, 3, padding="same", name="inner")(x)))
    y = L.BatchNormalization()(L.Conv2D(16, 3, padding="same", name="second")(y))
    x = L.GlobalAveragePooling2D()(L.Add()([x, y]))
    return keras.Model(given, L.Dense(3, "softmax", name="classes")(x))


def rows(count: int = 64) -> Rows:
    random = np.random.default_rng(0)
    x = random.normal(1, 2, (count, 8, 8, 2)).astype(np.float32)
    return Rows(x, random.integers(0, 3, (count, 1)).astype(np.float32))


def shrunk(number: int = 1, model: Any = None, **recipe: Any) -> keras.Model:
    model = model or network()
    given = Channels.model_validate({"keep": {"macs": 0.5}, **recipe})
    start = whole(network(), given)
    gone = chosen(model, given, number, start, TASKS["multiclass"], rows(), 16, 0)
    return without(model, gone, rows(), 16)


@pytest.mark.parametrize("score", ["l1", "l2", "bn_scale", "fpgm", "taylor", "random"])
def test_each_score_leaves_the_share_and_a_network_that_works(score: str) -> None:
    found = shrunk(score=score)
    recipe = Channels.model_validate({"keep": {"macs": 0.5}})
    assert 0.4 < whole(found, recipe) / whole(network(), recipe) <= 0.5
    predicted = found(rows().x[:]).numpy()
    assert np.isfinite(predicted).all()
    outputs = keras.Model(found.inputs, found.layers[2].output)(rows().x[:]).numpy()
    assert np.abs(outputs.mean(axis=(0, 1, 2))).max() < 0.2  # normalized by what there is now


def test_rounds_go_down_by_the_same_share() -> None:
    recipe = Channels.model_validate({"keep": {"weights": 0.25}, "rounds": 2, "score": "l2"})
    model = network()
    start, left = whole(model, recipe), []
    for number in (1, 2):
        model = shrunk(number, model, keep={"weights": 0.25}, rounds=2, score="l2")
        left.append(whole(model, recipe) / start)
    assert left == [pytest.approx(0.5, abs=0.1), pytest.approx(0.25, abs=0.06)]
    assert left[0] <= 0.5
    assert left[1] <= 0.25


def test_taylor_takes_what_no_loss_depends_on() -> None:
    model = network()
    inner = model.get_layer("second")
    kernel, bias = inner.get_weights()
    kernel[:, :, 6:] = 0  # nothing reads the last six channels of `inner`
    inner.set_weights([kernel, bias])
    before = network().get_layer("inner").get_weights()[0][..., :6]
    found = shrunk(model=model, keep={"macs": 0.55}, keep_layers=["first"], score="taylor")
    np.testing.assert_array_equal(found.get_layer("inner").get_weights()[0], before)


def test_what_cannot_be_kept_is_named_with_what_can() -> None:
    with pytest.raises(InputError, match=r"channels\.keep\.macs: 0\.01: .*cannot be below"):
        shrunk(keep={"macs": 0.01}, min_channels=4)
    model = keras.Sequential([keras.Input((8, 8, 2)), L.Conv2D(9, 3), L.Flatten(), L.Dense(3)])
    with pytest.raises(InputError, match="no batch normalization"):
        shrunk(model=model, score="bn_scale")
