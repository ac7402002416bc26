"""Trainings with quantization: two phases, kept seeds, the same bytes, plain networks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.compress import quantization, quantizations
from secateur.compress.channel_rounds import Seed
from secateur.core.seeds import seed_file
from secateur.core.tasks import TASKS
from secateur.keras_io import grids, h5_files
from secateur.keras_io.backend import keras
from secateur.keras_io.by_step import runs_by_step
from secateur.recipes.distillation import Distill
from secateur.recipes.quantization import Quantization
from secateur.recipes.training import Training
from secateur.train import kept
from secateur.train.trainings import Trainings
from seed_trainings import enter_project, rows, trainings

L = keras.layers
SEEDS = (0, 1)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    enter_project(tmp_path, monkeypatch)
    return tmp_path


def save(*layers: Any, shape: tuple[int, ...] = (6, 6, 1)) -> None:
    """Write a network for each seed, with other zeros in its first kernel."""
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        made = [make() for make in layers]
        model = keras.Sequential([L.Input(shape, name="i"), *made], name="net")
        kernel = model.layers[0].weights[0]
        kernel.assign(np.where(np.abs(kernel) > 0.2, kernel, 0))
        h5_files.save(seed_file(Path(), seed), model)


PICTURES = (
    lambda: L.Conv2D(3, 3, name="c", use_bias=False), lambda: L.BatchNormalization(name="n"),
    lambda: L.ReLU(name="r"), lambda: L.Flatten(name="f"), lambda: L.Dropout(0.2, name="x"),
    lambda: L.Dense(3, "softmax", name="d"),
)  # fmt: skip
NUMBERS = (lambda: L.Dense(8, "relu", name="c"), lambda: L.Dense(1, name="d"))


def of_numbers() -> tuple[Rows, Rows]:
    x = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    y = (x[:, :1] ** 2 + x[:, 1:2]).astype(np.float32)
    return Rows(x, y), Rows(x[:10], y[:10])


def runs(epochs: int = 4, **changes: Any) -> Trainings:
    return trainings(SEEDS, epochs=epochs)._replace(wrap=None, callbacks=None, **changes)


def runs_of_numbers(epochs: int = 2, **changes: Any) -> Trainings:
    return runs(epochs, task=TASKS["regression"], rows=of_numbers, **changes)


def found(given: Trainings, **own: Any) -> Iterator[Seed]:
    return quantizations.trained(given, Quantization.model_validate(own), [])


def loaded(given: Trainings, **own: Any) -> dict[int, tuple[keras.Model, list[Any]]]:
    return {seed: (h5_files.load(path), curves) for seed, path, curves in found(given, **own)}


def start(seed: int) -> keras.Model:
    return h5_files.load(seed_file(Path(), seed))


def lies_on_its_grid(model: keras.Model, name: str) -> bool:
    layer = model.get_layer(name)
    kernel = grids.by_channel(layer, layer.get_weights()[0])
    return grids.lies_on(kernel, grids.grid(layer, "int4"))


@pytest.mark.parametrize(("layers", "by_step"), [(PICTURES, True), (NUMBERS, False)])
def test_plain_networks_on_the_grid_with_each_seeds_own_zeros(
    layers: Any, by_step: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Step by step, and as one program; twice the same bytes."""
    save(*layers, shape=(6, 6, 1) if by_step else (6,))
    assert runs_by_step(start(0)) == by_step
    given = runs() if by_step else runs_of_numbers()
    bytes_, content = {}, {}
    for seed, path, curves in found(given, weights="int4"):
        bytes_[seed] = path.read_bytes()
        model, before = h5_files.load(path), start(seed)
        assert model.get_config() == before.get_config()
        for name in ("c", "d"):
            kernel, own = (one.get_layer(name).get_weights()[0] for one in (model, before))
            assert (kernel[own == 0] == 0).all()
            assert not np.array_equal(kernel, own)
            assert lies_on_its_grid(model, name)
        assert [row["epoch"] for row in curves] == [*range(1, given.epochs + 1)]
        assert {row["seed"] for row in curves} == {seed}
        assert curves[-1]["sparsity"] > 0
        content[seed] = curves
    assert set(content) == set(SEEDS)
    for file in Path(kept.FOLDER).iterdir():
        file.unlink()
    again = {
        seed: (path.read_bytes(), curves) for seed, path, curves in found(given, weights="int4")
    }
    assert again == {seed: (bytes_[seed], content[seed]) for seed in SEEDS}
    assert "finished before" not in capsys.readouterr().out


def test_statistics_move_in_one_phase_and_stay_in_the_next(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save(*PICTURES)
    seen: list[tuple[int, bool]] = []
    real = quantizations.train_seeds

    def spy(*given: Any, **more: Any) -> Any:
        seen.append((more["epochs"], more["first_epoch"]))
        return real(*given, **more)

    monkeypatch.setattr(quantizations, "train_seeds", spy)
    given = runs(3, logs_folder=Path("logs"))
    halves = loaded(given)
    assert seen == [(1, 0), (1, 0), (2, 1), (2, 1)]
    said = capsys.readouterr().out
    assert "net, statistics moving, seed 0: 1 epochs, validation" in said
    assert "net, statistics frozen, seed 1: 2 epochs, validation" in said
    assert {path.name for path in Path("logs").iterdir()} == {"phase_1", "phase_2"}
    assert [row["epoch"] for row in halves[0][1]] == [1, 2, 3]

    moving, frozen = (loaded(runs(1), frozen_statistics=share) for share in (0, 1))
    assert seen[4:] == [(1, 0)] * 4
    assert "statistics" not in capsys.readouterr().out  # each is one training

    def mean(networks: dict[int, tuple[keras.Model, Any]]) -> np.ndarray:
        values: np.ndarray = networks[0][0].get_layer("n").get_weights()[2]
        return values

    assert np.array_equal(mean(halves), mean(moving))
    assert not np.array_equal(mean(moving), mean(frozen))
    assert np.array_equal(mean(frozen), start(0).get_layer("n").get_weights()[2])


def test_a_network_without_statistics_trains_in_one_phase(
    capsys: pytest.CaptureFixture[str],
) -> None:
    save(*NUMBERS, shape=(6,))
    list(found(runs_of_numbers()))
    assert "net, seed 0: 2 epochs, validation MSE" in capsys.readouterr().out
    frozen = lambda: L.BatchNormalization(name="n", trainable=False)  # noqa: E731
    save(NUMBERS[0], frozen, NUMBERS[1], shape=(6,))
    assert not quantizations.normalizes(start(0))


def test_layers_that_train_as_they_are_are_named_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    layers = (
        lambda: L.Conv1D(3, 2, name="one"), lambda: L.MaxPooling1D(2, name="p"),
        lambda: L.Flatten(name="f"), lambda: L.Dense(1, name="d"),
    )  # fmt: skip
    save(lambda: L.Dense(6, name="a"), lambda: L.Reshape((6, 1), name="s"), *layers, shape=(6,))
    networks = loaded(runs_of_numbers(1))
    assert capsys.readouterr().out.count(
        "net: tfmot quantizes no one (Conv1D), p (MaxPooling1D) in training: they train as they "
        "are, and are quantized when a file is made\n"
    ) == 1  # fmt: skip
    kernel = networks[0][0].get_layer("one").get_weights()[0]
    assert not grids.lies_on(kernel.reshape(-1, kernel.shape[-1]), grids.Grid(127, one_scale=False))


def test_what_has_finished_is_kept_and_other_settings_train_anew(
    capsys: pytest.CaptureFixture[str],
) -> None:
    save(*PICTURES)
    list(found(runs(2)))
    capsys.readouterr()
    list(found(runs(2)))
    said = capsys.readouterr().out
    assert "net, statistics moving: finished before, kept in .dvc/tmp/seeds: seed 0, seed 1" in said
    assert "net, statistics frozen: finished before" in said
    list(found(runs(2), weights="int4"))
    assert "finished before" not in capsys.readouterr().out


def test_the_best_epoch_and_a_teacher_are_as_of_other_recipes() -> None:
    save(*NUMBERS, shape=(6,))
    plain = loaded(runs_of_numbers(3))
    teachers = {seed: seed_file(Path(), seed) for seed in SEEDS}
    taught = loaded(runs_of_numbers(3, distill=Distill(**{"from": "baseline"}), teachers=teachers))
    assert taught[0][1] != plain[0][1]
    wild = Training(optimizer="Adam", learning_rate=0.3, batch_size=8)
    whole, best = (
        loaded(runs_of_numbers(6, training=wild, restore_best=keep)) for keep in (False, True)
    )
    losses = [row["val_loss"] for row in whole[0][1]]
    last = int(np.argmin(losses)) + 1
    assert last < 6  # or nothing is restored
    assert len(best[0][1]) == last
    stopped = loaded(runs_of_numbers(last, training=wild))
    for one, other in zip(best[0][0].get_weights(), stopped[0][0].get_weights(), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("layers", [PICTURES, NUMBERS])
def test_a_seed_that_has_diverged_is_told_and_others_go_on(
    layers: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = layers is PICTURES
    save(*layers, shape=(6, 6, 1) if pictures else (6,))
    broken = start(1)
    kernel = broken.layers[0].weights[0]
    kernel.assign(np.full(kernel.shape, np.nan))
    h5_files.save(seed_file(Path(), 1), broken)
    networks = loaded(runs(2) if pictures else runs_of_numbers(2))
    assert "seed 1: diverged in epoch 1: training loss nan" in capsys.readouterr().out
    assert np.isfinite(networks[0][1][-1]["val_loss"])
    assert not np.isfinite(networks[1][1][-1]["val_loss"])
    assert np.isnan(networks[1][0].layers[0].get_weights()[0]).any()


def test_ranges_come_from_the_rows_that_train(monkeypatch: pytest.MonkeyPatch) -> None:
    save(*PICTURES)
    seen = []
    real = quantization.wrap

    def spy(model: keras.Model, own: Quantization, x: Any, **more: Any) -> keras.Model:
        seen.append(x)
        return real(model, own, x, **more)

    monkeypatch.setattr(quantization, "wrap", spy)
    list(found(runs(1)))
    assert all(np.array_equal(x, rows()[0].x) for x in seen)
    assert len(seen) == len(SEEDS)
