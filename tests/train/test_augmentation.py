"""Augmented rows depend on seed, epoch and row, and on nothing else."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from import_graph import ROOT
from secateur.arrays import encoding, parts
from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.core.tasks import TASKS
from secateur.keras_io.backend import keras
from secateur.recipes import augmentation as parameters
from secateur.recipes.training import Training
from secateur.train import training
from secateur.train.augmentation import Augmented
from small_networks import listing, network

ROWS, SHAPE = 40, (12, 10, 3)
ALL: list[dict[str, Any]] = [
    {"type": "RandomFlip", "mode": "horizontal"},
    {"type": "RandomTranslation", "height_factor": 0.2, "width_factor": [-0.1, 0.2]},
    {"type": "RandomRotation", "factor": 0.1, "fill_mode": "nearest"},
    {"type": "RandomZoom", "height_factor": [-0.2, 0.0]},
    {"type": "RandomContrast", "factor": 0.3},
    {"type": "ZeroPadding2D", "padding": 2},
    {"type": "RandomCrop", "height": 12, "width": 10},
]


def layers(*listed: dict[str, Any]) -> list[parameters.Layer]:
    given = {"optimizer": "Adam", "learning_rate": 0.01, "batch_size": 8}
    read: Training = validate(Training, {**given, "augmentation": list(listed)}, "training")
    return read.augmentation or []


def part(folder: Path, **changes: Any) -> parts.Part:
    x = np.random.default_rng(0).integers(0, 256, (ROWS, *SHAPE), dtype=np.uint8)
    y = (np.arange(ROWS) % 2).astype(np.uint8)[:, None]
    learned = encoding.Encoding.model_validate({
        "task": "binary", "shape": list(SHAPE), "target": {"name": "y", "classes": [0, 1]},
        "columns": [{"type": "array", "mean": 100.0, "std": 50.0}], **changes,
    })  # fmt: skip
    parts.write(folder, x, None if "target" in changes else y, np.arange(ROWS))
    return parts.read(folder, learned)


@pytest.fixture
def augmented(tmp_path: Path) -> Augmented:
    return Augmented(part(tmp_path / "train").rows(True).x, layers(*ALL))


def test_a_row_is_the_same_whatever_it_is_read_with(augmented: Augmented) -> None:
    all_rows = augmented.of_epoch(3, 7)[:]
    assert all_rows.shape == (ROWS, *SHAPE)
    assert all_rows.dtype == np.float32
    some = np.array([31, 2, 17])
    np.testing.assert_array_equal(augmented.of_epoch(3, 7)[some], all_rows[some])
    for row in (0, ROWS - 1):
        np.testing.assert_array_equal(
            augmented.of_epoch(3, 7)[row : row + 1], all_rows[row : row + 1]
        )
    again = Augmented(augmented.inputs, layers(*ALL))  # another recipe's
    np.testing.assert_array_equal(again.of_epoch(3, 7)[:], all_rows)


def test_seeds_epochs_and_rows_differ(augmented: Augmented) -> None:
    one = augmented.of_epoch(3, 7)[:]
    for other in (augmented.of_epoch(3, 8)[:], augmented.of_epoch(4, 7)[:]):
        assert (one != other).reshape(ROWS, -1).any(axis=1).all()
    flips = Augmented(augmented.inputs, layers({"type": "RandomFlip", "mode": "horizontal"}))
    plain = augmented.inputs[:]
    found = flips.of_epoch(0, 0)[:]
    flipped = [np.array_equal(a, b[:, ::-1]) for a, b in zip(found, plain, strict=True)]
    kept = [np.array_equal(a, b) for a, b in zip(found, plain, strict=True)]
    assert 8 < sum(flipped) < 32
    assert sum(flipped) + sum(kept) == ROWS


@pytest.mark.parametrize("layer", ALL[1:5], ids=lambda layer: layer["type"])
def test_each_layer_changes_pixels_within_their_range(
    augmented: Augmented, layer: dict[str, Any]
) -> None:
    found = Augmented(augmented.inputs, layers(layer)).of_epoch(0, 0)[:]
    assert (found != augmented.inputs[:]).any()
    assert found.min() * 50 + 100 >= -0.001  # in the source's unit
    assert found.max() * 50 + 100 <= 255.001


def test_a_crop_of_a_border_shifts(augmented: Augmented) -> None:
    found = Augmented(augmented.inputs, layers(*ALL[-2:])).of_epoch(0, 0)[:]
    plain = np.pad(augmented.inputs[:], [(0, 0), (2, 2), (2, 2), (0, 0)], constant_values=-2.0)
    shifts = set()
    for row, padded in zip(found, plain, strict=True):
        (shift,) = [
            (i, j) for i in range(5) for j in range(5)
            if np.allclose(row, padded[i : i + 12, j : j + 10], atol=1e-5)
        ]  # fmt: skip
        shifts.add(shift)
    assert len(shifts) > 10


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ([{"type": "RandomFlop"}], ["augmentation", "RandomFlop", "RandomFlip"]),
        ([{"type": "RandomFlip", "mode": "left"}], ["mode", "left", "horizontal"]),
        ([{"type": "RandomZoom", "height_factor": 2.0}], ["height_factor"]),
        ([{"type": "RandomContrast", "factor": -0.1}], ["factor"]),
        ([{"type": "RandomTranslation", "height_factor": 0.1}], ["width_factor", "missing"]),
        ([{"type": "RandomTranslation", "height_factor": [0.2, 0.1], "width_factor": 0.1}],
         ["height_factor", "0.2", "0.1"]),
        ([{"type": "RandomFlip", "seed": 3}], ["seed", "unknown"]),
    ],
)  # fmt: skip
def test_what_keras_would_refuse_later_is_refused(
    listed: list[dict[str, Any]], words: list[str]
) -> None:
    with pytest.raises(InputError) as refused:
        layers(*listed)
    assert all(word in str(refused.value) for word in words), str(refused.value)


@pytest.mark.parametrize(
    ("listed", "shape", "words"),
    [
        (ALL[:1], [10], ["RandomFlip", "[10]", "pictures"]),
        (ALL[-1:], [16, 16, 3], ["12 x 10", "16 x 16", "ZeroPadding2D"]),
        (ALL[-1:], [8, 8, 3], ["RandomCrop", "12 x 10", "8 x 8", "larger"]),
        (ALL[-2:-1], [8, 8, 3], ["12 x 12", "8 x 8"]),
    ],
)
def test_rows_keep_their_shape(
    listed: list[dict[str, Any]], shape: list[int], words: list[str]
) -> None:
    parameters.check(layers(*ALL), SHAPE)
    parameters.check([], [10])
    with pytest.raises(InputError) as refused:
        parameters.check(layers(*listed), shape)
    assert all(word in str(refused.value) for word in words), str(refused.value)


def trained(folder: Path, *listed: dict[str, Any], seeds: tuple[int, ...] = (3,)) -> list[Any]:
    own = part(folder)
    how = {"optimizer": "Adam", "learning_rate": 0.01, "batch_size": 8}
    settings: Training = validate(Training, {**how, "augmentation": list(listed)}, "training")
    pooled = listing({"type": "Flatten"}, {"type": "Dense", "units": 4})
    models = [(seed, network(pooled, list(SHAPE), seed, "binary")) for seed in seeds]
    return [
        (found.curves, found.model.get_weights())
        for found in training.train_seeds(
            TASKS["binary"], "t", models, own.rows(bool(listed)), own.rows(), settings,
            epochs=3, patience=None, verbose=False,
        )
    ]  # fmt: skip


def test_training_rows_are_augmented_and_validation_rows_are_not(tmp_path: Path) -> None:
    ((curves, weights),) = trained(tmp_path / "a", *ALL)
    ((again, same),) = trained(tmp_path / "b", *ALL)
    assert curves == again
    for one, other in zip(weights, same, strict=True):
        np.testing.assert_array_equal(one, other)
    ((plain, _),) = trained(tmp_path / "c")
    assert curves != plain
    # Another seed beside it changes nothing.
    both = trained(tmp_path / "d", *ALL, seeds=(8, 3))
    assert both[1][0] == curves


def test_an_autoencoder_is_to_give_back_the_augmented_picture(tmp_path: Path) -> None:
    inputs = keras.layers.Input(SHAPE)
    same = keras.layers.Conv2D(3, 1, use_bias=False, name="same")
    model = keras.Model(inputs, same(inputs))
    same.set_weights([np.eye(3, dtype=np.float32)[None, None]])
    own = part(tmp_path, target={"name": "inputs", "inputs": True}, task="regression")
    settings = validate(
        Training,
        {"optimizer": "SGD", "learning_rate": 0.01, "batch_size": 8, "augmentation": ALL},
        "training",
    )
    (found,) = training.train_seeds(
        TASKS["regression"], "t", [(3, model)], own.rows(True), own.rows(), settings,
        epochs=1, patience=None, verbose=False,
    )  # fmt: skip
    assert found.curves[0]["loss"] == found.curves[0]["val_loss"] == 0


def test_one_processor_gives_the_same_bytes(tmp_path: Path) -> None:
    code = (
        "import sys, hashlib, pathlib, test_augmentation as t\n"
        "w = t.trained(pathlib.Path(sys.argv[1]), *t.ALL)[0][1]\n"
        "print(hashlib.md5(b''.join(a.tobytes() for a in w)).hexdigest())"
    )
    path = os.pathsep.join(str(ROOT / name) for name in ("src", "tests", "tests/train"))
    found = set()
    for processors in ("0", "0,1"):
        run = subprocess.run(
            ["taskset", "-c", processors, sys.executable, "-c", code, tmp_path / processors],
            env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.add(run.stdout.split()[-1])
    assert len(found) == 1
