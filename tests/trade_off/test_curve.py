"""The points of the trade-off curve are what they are called."""

from collections import defaultdict

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.keras_io.backend import keras
from secateur.network.model import Model
from secateur.trade_off.curve import Curve, Point
from secateur.trade_off.points import TradeOff
from small_networks import REGRESSION, dense, network

NETWORK = dense(40)
TRAINING = {"optimizer": "Adam", "learning_rate": 0.01, "batch_size": 15}
SETTINGS = TradeOff(sparsities=[0.5, 0.8], training=TRAINING, epochs=4, ramp_epochs=2)


@pytest.fixture(scope="module")
def points(friedman_rows: Rows) -> dict[tuple[str, float], list[Point]]:
    baseline = {seed: network(NETWORK, 6, seed) for seed in (3, 4)}
    curve = Curve(REGRESSION, SETTINGS, baseline, NETWORK, 1, friedman_rows, friedman_rows)
    found = defaultdict(list)
    for point in curve.points():
        found[point.kind, point.sparsity].append(point)
    return found


def weights(point: Point) -> int:
    return sum(int(np.count_nonzero(layer.kernel)) for layer in point.model.layers)


def test_every_kind_is_there_for_every_sparsity_and_seed(
    points: dict[tuple[str, float], list[Point]],
) -> None:
    kinds = {(kind, s) for kind in ("pruned", "random", "smaller") for s in (0.5, 0.8)}
    assert points.keys() == {("dense", 0.0), *kinds}
    assert all([point.seed for point in found] == [3, 4] for found in points.values())


def test_sparsities_are_reached_though_they_share_a_program(
    points: dict[tuple[str, float], list[Point]],
) -> None:
    """Compaction drops dead weights too, so that what is left is at most what was kept."""
    size = 6 * 40 + 40
    assert all(weights(point) == size for point in points["dense", 0.0])
    for sparsity in (0.5, 0.8):
        for point in points["pruned", sparsity] + points["random", sparsity]:
            assert 0 < weights(point) <= round(size * (1 - sparsity)) + 1
    assert weights(points["pruned", 0.8][0]) < weights(points["pruned", 0.5][0])


def test_random_masks_are_others_for_each_seed_and_than_those_of_pruning(
    points: dict[tuple[str, float], list[Point]],
) -> None:
    kernels = [
        point.model.layers[0].kernel.numpy()
        for kind in ("pruned", "random") for point in points[kind, 0.5]
    ]  # fmt: skip
    patterns = {(kernel != 0).tobytes() for kernel in kernels}
    assert len(patterns) == 4


def test_a_smaller_network_has_about_as_many_parameters_as_survived(
    points: dict[tuple[str, float], list[Point]],
) -> None:
    for sparsity in (0.5, 0.8):
        survived = np.median([
            sum(int(np.count_nonzero(w)) for w in point.model.get_weights())
            for point in points["pruned", sparsity]
        ])  # fmt: skip
        for point in points["smaller", sparsity]:
            assert abs(point.model.count_params() - survived) <= 0.5 * (6 + 2)


def test_each_starts_from_its_own_baseline(
    points: dict[tuple[str, float], list[Point]], friedman_rows: Rows
) -> None:
    """Whatever was trained before it: a seed alone, at one sparsity, comes out the same."""
    settings = SETTINGS.model_copy(update={"sparsities": [0.8]})
    baseline = {4: network(NETWORK, 6, 4)}
    curve = Curve(REGRESSION, settings, baseline, NETWORK, 1, friedman_rows, friedman_rows)
    for kind, point in zip(("dense", "pruned", "random"), curve.points(), strict=False):
        together = points[kind, point.sparsity][1]
        assert (point.kind, point.inputs) == (kind, together.inputs)
        for one, other in zip(point.model.get_weights(), together.model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_what_tfmot_cannot_prune_stays_whole(friedman_rows: Rows) -> None:
    """A nested model, an unrolled GRU and a separable convolution beside a Dense layer."""
    layers = keras.layers
    inputs = layers.Input((6,))
    body = keras.Sequential([layers.Input((6,)), layers.Dense(6, name="inner")], name="body")
    steps = layers.Reshape((3, 2))(body(inputs))
    steps = layers.SeparableConv1D(4, 2, padding="same", name="apart")(steps)
    memory = layers.GRU(3, unroll=True, name="memory")(steps)
    model = keras.Model(inputs, layers.Dense(1, name="out")(layers.Dense(9, name="top")(memory)))
    settings = TradeOff(sparsities=[0.5], training=TRAINING, epochs=2, ramp_epochs=1)
    own = Model.model_validate({"build": "network/mine.py"})
    points = list(
        Curve(REGRESSION, settings, {3: model}, own, 1, friedman_rows, friedman_rows).points()
    )
    assert [point.kind for point in points] == ["dense", "pruned", "random", "smaller"]
    for point in points[1:3]:
        zeros = {
            layer.name: np.mean(layer.get_weights()[0] == 0)
            for layer in point.model.layers if layer.get_weights()
        }  # fmt: skip
        assert zeros["top"] == pytest.approx(0.5, abs=0.05)
        assert zeros["apart"] == zeros["memory"] == zeros["body"] == 0
