"""Which channels the points of the curve lose, which sparsities have none, and what is trained."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.core.seeds import seed_file
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.network.model import Model
from secateur.trade_off import fewer_channels
from secateur.trade_off.fewer_channels import FewerChannels
from secateur.trade_off.kinds import Given
from secateur.trade_off.points import TradeOff
from small_networks import REGRESSION, dense, network

TRAINING = {"optimizer": "Adam", "learning_rate": 0.01, "batch_size": 15}
NETWORK = dense(8, 8)


def given(folder: Path, starts: dict[int, keras.Model], sparsities: list[float], rows: Rows,
          model: Model = NETWORK) -> Given:  # fmt: skip
    for seed, start in starts.items():
        h5_files.save(seed_file(folder, seed), start)
    settings = TradeOff(sparsities=sparsities, training=TRAINING, epochs=2, ramp_epochs=1)
    files = {seed: seed_file(folder, seed) for seed in starts}
    return Given(REGRESSION, settings, files, model, 1, lambda: (rows, rows))


def leaning(seed: int, layer: int) -> keras.Model:
    """A network in which two channels of a layer matter most, and the others of it least."""
    model = network(NETWORK, 6, seed)
    kernel, bias = model.layers[layer].get_weights()
    kernel[:, 2:] *= 1e-3
    model.layers[layer].set_weights([kernel, bias])
    return model


def weights(model: keras.Model) -> int:
    return sum(int(np.prod(layer.kernel.shape)) for layer in model.layers)


def test_a_sparsity_that_channels_cannot_reach_has_no_point_and_a_reason(
    friedman_rows: Rows, tmp_path: Path
) -> None:
    """One unit of each layer is left: 6 + 1 + 1 of 6 x 8 + 8 x 8 + 8 = 120 weights, a 15th."""
    start = given(tmp_path, {3: network(NETWORK, 6)}, [0.5, 0.93, 0.94], friedman_rows)
    gone, (why,) = fewer_channels.chosen(start)
    assert list(gone) == [(0.5, 3), (0.93, 3)]
    for word in ("0.94", "8 of 120", "6.7%"):
        assert word in why


def test_a_network_without_a_channel_to_remove_has_no_line_and_a_reason(
    friedman_rows: Rows, tmp_path: Path
) -> None:
    layers = keras.layers
    mixed = layers.Dense(8, activation="softmax", name="mixed")
    model = keras.Sequential([layers.Input((6,)), mixed, layers.Dense(1, name="output")])
    start = given(tmp_path, {3: model}, [0.5], friedman_rows)
    gone, (why,) = fewer_channels.chosen(start)
    assert gone == {}
    assert "output: it is an output of the network" in why
    assert "mixed: its activation softmax may mix channels" in why


def test_networks_of_the_same_widths_are_neighbours_and_share_a_program(
    friedman_rows: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts = {seed: leaning(seed, layer) for seed, layer in ((1, 0), (2, 1), (3, 0))}
    start = given(tmp_path, starts, [0.5], friedman_rows)
    gone, why = fewer_channels.chosen(start)
    assert why == []
    assert list(gone) == [(0.5, 1), (0.5, 3), (0.5, 2)]
    programs: list[list[int]] = []
    real = fewer_channels.train_seeds

    def counted(task: Any, name: str, models: Any, *more: Any, **options: Any) -> Iterator[Any]:
        programs.append([seed for seed, _ in models])
        return real(task, name, models, *more, **options)

    monkeypatch.setattr(fewer_channels, "train_seeds", counted)
    checkpoints = [tmp_path / f"{number}.checkpoint" for number in range(3)]
    trained = FewerChannels(start, gone).run(list(gone), checkpoints)
    left = [(one.seed, weights(one.model), len(one.curves)) for one in trained]
    assert programs == [[1, 3], [2]]
    assert [seed for seed, _, _ in left] == [1, 3, 2]
    assert all(0 < count <= 60 and epochs == 2 for _, count, epochs in left)
