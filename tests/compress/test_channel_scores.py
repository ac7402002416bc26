"""Each score against its definition, on networks where it can be computed by hand."""

from typing import Any

import numpy as np
import pytest

from secateur.compress.channel_scores import scores
from secateur.keras_io.backend import keras
from secateur.network import channels
from secateur.recipes.channels import Score

L = keras.layers


def residual() -> keras.Model:
    """Two convolutions that an addition ties, the second one normalized."""
    keras.utils.set_random_seed(0)
    given = keras.Input((4, 4, 2))
    x = L.Conv2D(5, 3, padding="same", name="first")(given)
    y = L.Conv2D(5, 1, name="second")(x)
    y = L.BatchNormalization(name="scaled")(y)
    return keras.Model(given, L.Dense(1)(L.Flatten()(L.Add()([x, y]))))


def of(model: keras.Model, score: Score, **given: Any) -> np.ndarray:
    """The scores of the one group, in the order of the layers' channels."""
    found = channels.of(model)
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    (group,) = found.groups()
    return scores(found, weights, score, **given)[group]


def filters(model: keras.Model, name: str) -> np.ndarray:
    kernel = model.get_layer(name).get_weights()[0]
    return np.moveaxis(kernel, -1, 0).reshape(kernel.shape[-1], -1).astype(np.float64)


@pytest.mark.parametrize("score", ["l1", "l2", "fpgm", "taylor"])
def test_a_tied_channel_has_the_mean_over_what_makes_it_and_a_group_the_mean_1(
    score: Score,
) -> None:
    model = residual()
    gradients = [
        {
            layer.name: [np.random.default_rng(n).normal(size=w.shape) for w in layer.get_weights()]
            for layer in model.layers
        }
        for n in (1, 2)
    ]

    def by_hand(name: str) -> np.ndarray:
        own = filters(model, name)
        slopes = [np.moveaxis(one[name][0], -1, 0).reshape(len(own), -1) for one in gradients]
        apart = np.array([sum(np.linalg.norm(a - b) for b in own) for a in own])
        return {
            "l1": np.abs(own).sum(axis=1), "l2": np.linalg.norm(own, axis=1), "fpgm": apart,
            "taylor": np.mean([(own * slope).sum(axis=1) ** 2 for slope in slopes], axis=0),
        }[score]  # fmt: skip

    expected = (by_hand("first") + by_hand("second")) / 2
    found = of(model, score, gradients=gradients)
    np.testing.assert_allclose(found, expected / expected.mean(), rtol=1e-5)


def test_the_scales_of_batch_normalization_count_by_size() -> None:
    model = residual()
    scales = np.array([1.0, -3.0, 0.5, 0.0, 0.5], np.float32)
    np.testing.assert_allclose(of(model, "bn_scale", scales={"scaled": scales}), np.abs(scales))


def test_a_group_without_scales_is_named() -> None:
    with pytest.raises(ValueError, match="first, second: no batch normalization"):
        of(residual(), "bn_scale", scales={})


def test_random_scores_are_of_their_seed() -> None:
    one, again, other = (of(residual(), "random", seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).all()


def test_a_group_of_zeros_has_no_score() -> None:
    model = residual()
    for name in ("first", "second"):
        layer = model.get_layer(name)
        layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
    assert not of(model, "l2").any()
