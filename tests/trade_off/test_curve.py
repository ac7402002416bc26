"""The points of the trade-off curve are what they are called."""

import contextlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.core import under_way
from secateur.core.seeds import seed_file
from secateur.export.minify import minify
from secateur.export.tflite import convert
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.network.model import Model
from secateur.trade_off import curve
from secateur.trade_off.curve import Point
from secateur.trade_off.kinds import Given
from secateur.trade_off.points import TradeOff
from secateur.train import checkpoint, training
from secateur.train.checkpoint import Checkpoint
from small_networks import REGRESSION, dense, network

NETWORK = dense(40)
TRAINING = {"optimizer": "Adam", "learning_rate": 0.01, "batch_size": 15}
SETTINGS = TradeOff(sparsities=[0.5, 0.8], training=TRAINING, epochs=4, ramp_epochs=2)


def all_points(
    folder: Path,
    baseline: Mapping[int, keras.Model],
    rows: Rows,
    settings: TradeOff = SETTINGS,
    model: Model = NETWORK,
) -> list[Point]:
    """Train in a folder, which may be a project that keeps what it has trained."""
    for seed, start in baseline.items():
        h5_files.save(seed_file(folder, seed), start)
    starts = {seed: seed_file(folder, seed) for seed in baseline}
    given = Given(REGRESSION, settings, starts, model, 1, lambda: (rows, rows))
    with contextlib.chdir(folder):
        return list(curve.points(given, []))


@pytest.fixture(scope="module")
def points(
    friedman_rows: Rows, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, float], list[Point]]:
    baseline = {seed: network(NETWORK, 6, seed) for seed in (3, 4)}
    found = defaultdict(list)
    for point in all_points(tmp_path_factory.mktemp("curve"), baseline, friedman_rows):
        found[point.kind, point.sparsity].append(point)
    return found


def weights(point: Point) -> int:
    return sum(int(np.count_nonzero(layer.kernel)) for layer in point.model.layers)


def test_every_kind_is_there_for_every_sparsity_and_seed(
    points: dict[tuple[str, float], list[Point]],
) -> None:
    kinds = {(kind, s) for kind in ("pruned", "random", "smaller", "channels")
             for s in (0.5, 0.8)}  # fmt: skip
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
        for point in points["channels", sparsity]:
            assert 0 < weights(point) <= size * (1 - sparsity)
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
    points: dict[tuple[str, float], list[Point]], friedman_rows: Rows, tmp_path: Path
) -> None:
    """Whatever was trained before it: a seed alone, at one sparsity, comes out the same."""
    settings = SETTINGS.model_copy(update={"sparsities": [0.8]})
    baseline = {4: network(NETWORK, 6, 4)}
    alone = all_points(tmp_path, baseline, friedman_rows, settings)
    for kind, point in zip(("dense", "pruned", "random"), alone, strict=False):
        together = points[kind, point.sparsity][1]
        assert (point.kind, point.inputs) == (kind, together.inputs)
        for one, other in zip(point.model.get_weights(), together.model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_what_tfmot_cannot_prune_stays_whole(friedman_rows: Rows, tmp_path: Path) -> None:
    """A nested model and a depthwise kernel, beside a GRU's, a pointwise one and Dense layers."""
    layers = keras.layers
    inputs = layers.Input((6,))
    body = keras.Sequential([layers.Input((6,)), layers.Dense(6, name="inner")], name="body")
    steps = layers.Reshape((3, 2))(body(inputs))
    steps = layers.SeparableConv1D(4, 2, padding="same", name="apart")(steps)
    memory = layers.GRU(3, unroll=True, name="memory")(steps)
    model = keras.Model(inputs, layers.Dense(1, name="out")(layers.Dense(9, name="top")(memory)))
    settings = TradeOff(sparsities=[0.5], training=TRAINING, epochs=2, ramp_epochs=1)
    own = Model.model_validate({"build": "network/mine.py"})
    points = all_points(tmp_path, {3: model}, friedman_rows, settings, own)
    kinds = ["dense", "pruned", "random", "smaller", "channels"]
    assert [point.kind for point in points] == kinds
    for point in points[1:3]:
        zeros = {
            layer.name: [np.mean(weights == 0) for weights in layer.get_weights()]
            for layer in point.model.layers
        }
        for pruned in (*zeros["memory"][:2], zeros["apart"][1]):
            assert pruned == pytest.approx(0.5, abs=0.05)
        assert zeros["top"][0] > 0.3  # and dead units are gone
        assert zeros["apart"][0] == zeros["body"][0] == 0


def content(points: list[Point]) -> list[tuple[Any, ...]]:
    """What the stage writes."""
    found: list[tuple[Any, ...]] = []
    for kind, sparsity, seed, model, inputs in points:
        ((_, file),) = convert(model, ["float32"], np.empty(0))
        found.append((kind, sparsity, seed, minify(file), inputs))
    return found


def test_what_is_trained_is_kept_and_goes_on_where_it_was_interrupted(
    points: dict[tuple[str, float], list[Point]], friedman_rows: Rows, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The bytes are those of the points that nobody disturbed, nor kept."""
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    monkeypatch.delenv(under_way.PROJECT, raising=False)
    monkeypatch.setattr(checkpoint, "EVERY", 0)
    baseline = {seed: network(NETWORK, 6, seed) for seed in (3, 4)}
    begun: list[str] = []
    real, left = Checkpoint.on_epoch_end, 15

    def interrupt(self: Checkpoint, epoch: int, logs: Any) -> None:
        nonlocal left
        real(self, epoch, logs)
        left -= 1
        if not left:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "on_epoch_end", interrupt)
    with pytest.raises(KeyboardInterrupt):  # in the second of the four that are pruned
        all_points(tmp_path, baseline, friedman_rows)
    fit = training.fit

    def counted(title: str, *given: Any) -> None:
        begun.append(title)
        fit(title, *given)

    monkeypatch.setattr(training, "fit", counted)
    found = content(all_points(tmp_path, baseline, friedman_rows))
    assert found == content([point for some in points.values() for point in some])
    assert begun.count("trade_off, pruned, seed 3") == 1
    assert begun.count("trade_off, pruned, seed 4") == 2
    assert not any("dense" in title for title in begun)
    more = SETTINGS.model_copy(update={"sparsities": [0.5, 0.7, 0.8]})
    begun.clear()
    all_points(tmp_path, baseline, friedman_rows, more)
    assert begun.count("trade_off, pruned, seed 4") == 1  # of the sparsity that is new
