"""The points of the trade-off curve are what they are called."""

from collections import defaultdict

import numpy as np
import pytest
from dense import REGRESSION, dense, network

from secateur.arrays.tables import Rows
from secateur.core.errors import InputError
from secateur.trade_off.curve import Curve, Point
from secateur.trade_off.points import TradeOff

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
    """Shrinking drops dead weights too, so that what is left is at most what was kept."""
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
    for point in curve.points():
        if point.kind in ("dense", "pruned", "random"):
            together = points[point.kind, point.sparsity][1]
            assert point.inputs == together.inputs
            for one, other in zip(
                point.model.get_weights(), together.model.get_weights(), strict=True
            ):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("sparsities", [[], [0.5, 0.5], [0.5, 0.5000001], [1.0], [0.0]])
def test_sparsities_that_make_no_curve(sparsities: list[float]) -> None:
    with pytest.raises(ValueError, match="sparsities"):
        TradeOff(sparsities=sparsities, training=TRAINING, epochs=4, ramp_epochs=2)


def test_a_ramp_that_does_not_fit_is_refused() -> None:
    settings = SETTINGS.model_copy(update={"ramp_epochs": 9})
    settings.model_copy(update={"epochs": 9}).check(90)
    with pytest.raises(InputError, match="ramp_epochs: 9: epochs: 4 epochs of 6 steps"):
        settings.check(90)
