"""A training in rounds, and its controls: widths of each seed, kept rounds, curves, epochs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.compress import channel_controls, channel_rounds
from secateur.compress.channel_controls import with_new_weights
from secateur.core.seeds import seed_file
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.recipes.channels import Channels, Control, divided
from secateur.recipes.training import Training
from secateur.train import epochs_in_all, seeds_apart
from secateur.train.trainings import Trainings, unchanged
from seed_trainings import enter_project, rows, trainings

L = keras.layers
SEEDS = (0, 1)


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enter_project(tmp_path, monkeypatch)
    for seed in SEEDS:
        h5_files.save(seed_file(Path(), seed), network(seed))


def network(seed: int) -> keras.Model:
    """Two layers whose channels can go; which do differs from seed to seed."""
    keras.utils.set_random_seed(seed)
    layers = [
        L.Conv2D(6, 3, name="c"),
        L.BatchNormalization(name="n"),
        L.ReLU(name="a"),
        L.Flatten(name="f"),
        L.Dense(6, "relu", name="h"),
        L.Dense(3, "softmax", name="d"),
    ]
    model = keras.Sequential([L.Input((6, 6, 1), name="i"), *layers], name="net")  # fmt: skip
    kernel = model.get_layer("c").kernel
    kernel.assign(kernel * (0.1 if seed else 1))  # as norms of a group are compared, not this
    return model


def runs(epochs: int = 4, **changes: Any) -> Trainings:
    return trainings(SEEDS, epochs=epochs)._replace(wrap=unchanged, callbacks=list, **changes)


def recipe(**changes: Any) -> Channels:
    return Channels.model_validate({"keep": {"weights": 0.4}, "score": "l2", **changes})


def loaded(found: Iterator[channel_rounds.Seed]) -> dict[int, tuple[keras.Model, list[Any]]]:
    return {seed: (h5_files.load(path), curves) for seed, path, curves in found}


def widths(model: keras.Model) -> list[int]:
    return [model.get_layer(name).kernel.shape[-1] for name in ("c", "h", "d")]


def test_rounds_share_the_epochs_and_join_the_curves() -> None:
    assert divided(10, 4) == [2, 3, 2, 3]
    assert divided(3, 3) == [1, 1, 1]
    found = loaded(channel_rounds.trained(runs(5), recipe(rounds=2), []))
    for seed, (model, curves) in found.items():
        assert [row["epoch"] for row in curves] == [1, 2, 3, 4, 5]
        assert {row["seed"] for row in curves} == {seed}
        assert widths(model) < widths(network(seed))
        assert widths(model)[-1] == 3
    assert widths(found[0][0]) != widths(found[1][0])  # so no program trains both


def test_a_round_that_has_finished_is_kept_and_the_bytes_repeat(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def content() -> dict[int, bytes]:
        return {seed: path.read_bytes() for seed, path, _ in
                channel_rounds.trained(runs(), recipe(rounds=2), [])}  # fmt: skip

    before = content()
    assert "kept" not in capsys.readouterr().out
    assert content() == before
    said = capsys.readouterr().out
    assert "net, round 1 of 2: finished before" in said
    assert "net, round 2 of 2: finished before" in said


def test_a_seed_more_or_another_control_trains_no_seed_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    alone = runs()._replace(starts={0: seed_file(Path(), 0)})
    list(channel_rounds.trained(alone, recipe(rounds=2, controls=[]), []))
    capsys.readouterr()
    list(channel_rounds.trained(runs(), recipe(rounds=2, controls=["random"]), []))
    said = capsys.readouterr().out
    for number in (1, 2):
        assert f"round {number} of 2: finished before, kept in .dvc/tmp/seeds: seed 0\n" in said


def test_seeds_train_the_same_side_by_side_and_one_after_the_other() -> None:
    together = {seed: path.read_bytes() for seed, path, _ in
                channel_rounds.trained(runs(2), recipe(), [])}  # fmt: skip
    for seed in SEEDS:
        alone = runs(2)._replace(starts={seed: seed_file(Path(), seed)})
        for _, path, _ in channel_rounds.trained(alone, recipe(), []):
            assert path.read_bytes() == together[seed]


def test_a_later_round_reads_rows_in_the_order_that_they_have_without_rounds() -> None:
    """Without removal, and with an optimizer that keeps nothing, two rounds are one training."""
    plain = Training(optimizer="SGD", learning_rate=0.01, batch_size=8)
    whole = loaded(seeds_apart.files_of(runs(2, training=plain), []))
    first = {seed: path for seed, path, _ in seeds_apart.files_of(runs(1, training=plain), [])}
    second = runs(1, training=plain, starts=first, first_epoch=1)
    for seed, (model, _) in loaded(seeds_apart.files_of(second, [])).items():
        for own, its in zip(whole[seed][0].get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(own, its)


def test_a_network_that_diverged_still_passes_through_all_rounds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = network(0)
    broken.get_layer("c").kernel.assign(np.full((3, 3, 1, 6), np.nan, np.float32))
    h5_files.save(seed_file(Path(), 0), broken)
    found = loaded(channel_rounds.trained(runs(), recipe(rounds=2), []))
    assert "seed 0: diverged" in capsys.readouterr().out
    assert widths(found[0][0]) < widths(broken)


@pytest.mark.parametrize("control", ["same_training", "from_scratch", "random"])
def test_each_control_trains_alike_but_for_one_thing(control: Control, tmp_path: Path) -> None:
    done = tmp_path / "done"
    h5_files.save_seeds(
        done, channel_rounds.trained(runs(), recipe(), []), about={"epochs": 7, "patience": None}
    )
    found = loaded(channel_controls.trained(control, runs(), recipe(), done, []))
    for seed, (model, curves) in found.items():
        thin = h5_files.load(seed_file(done, seed))
        same = {"same_training": network(seed), "from_scratch": thin}.get(control)
        if same:
            assert widths(model) == widths(same)
        else:
            assert sum(widths(model)) < sum(widths(network(seed)))
        assert len(curves) == (7 if control == "from_scratch" else 4)


def test_new_weights_keep_what_no_training_changes() -> None:
    inputs = keras.Input((4,))
    normal = L.Normalization(name="normal")
    normal.adapt(np.random.default_rng(0).normal(5, 2, (50, 4)).astype(np.float32))
    x = L.Dense(3, name="frozen", trainable=False)(normal(inputs))
    x = L.BatchNormalization(name="batch")(L.Dense(3, name="learned")(x))
    model = keras.Model(inputs, x)
    model.get_layer("batch").moving_mean.assign([9.0, 9.0, 9.0])
    new = with_new_weights(model, rows()[0], 3)
    again = with_new_weights(model, rows()[0], 3)
    for name, stays in (("normal", True), ("frozen", True), ("learned", False), ("batch", False)):
        own, its, twin = (m.get_layer(name).get_weights() for m in (model, new, again))
        assert all(map(np.array_equal, own, its)) == stays, name
        assert all(map(np.array_equal, its, twin))
        assert new.get_layer(name).trainable == model.get_layer(name).trainable


def test_epochs_in_all_add_up_along_a_chain(tmp_path: Path) -> None:
    for name, start, epochs, patience in (
        ("baseline", "initial", 300, 30), ("thin", "baseline", 40, 10), ("long", "thin", 5, None),
    ):  # fmt: skip
        about = epochs_in_all.after(tmp_path / start, epochs, patience)
        h5_files.save_seeds(tmp_path / name, [], about=about)
    assert epochs_in_all.read(tmp_path / "initial") == (0, 0)
    assert epochs_in_all.read(tmp_path / "baseline") == (300, 30)
    assert epochs_in_all.read(tmp_path / "thin") == (340, 30)
    assert epochs_in_all.read(tmp_path / "long") == (345, None)
