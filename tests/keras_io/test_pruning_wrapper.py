"""Files hold wrapped layers of any number of kernels, and are read as they were written."""

from pathlib import Path

import numpy as np
import pytest

from secateur.compress import pruning
from secateur.evaluate import sizes
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.keras_io.pruning_wrapper import PruneLowMagnitude, prunable

L = keras.layers


def test_masks_of_several_kernels_have_names_of_their_own(tmp_path: Path) -> None:
    layer = L.Bidirectional(L.LSTM(3, name="lstm"), name="memory")
    model = keras.Sequential([L.Input((5, 4)), PruneLowMagnitude(layer), L.Dense(1, name="out")])
    masks = [mask for _, mask, _ in model.layers[0].pruning_vars]
    assert [mask.shape for mask in masks] == [weight.shape for weight in prunable(layer)]
    for number, mask in enumerate(masks):
        mask.assign(np.arange(mask.shape.num_elements()).reshape(mask.shape) % (number + 2) > 0)
    h5_files.save(tmp_path / "wrapped.h5", model)
    read = h5_files.load(tmp_path / "wrapped.h5")
    for one, (_, other, _) in zip(masks, read.layers[0].pruning_vars, strict=True):
        np.testing.assert_array_equal(one, other)
    # Neither masks nor thresholds count as weights.
    found = sizes.read_h5_weights(tmp_path / "wrapped.h5")
    assert [array.shape for array in found["memory"]] == [w.shape for w in layer.weights]
    stripped = pruning.finished(read)
    zeros = [float(np.mean(weight.numpy() == 0)) for weight in prunable(stripped.layers[0])]
    assert zeros == pytest.approx([1 / 2, 1 / 3, 1 / 4, 1 / 5], abs=0.03)


def test_kernels_of_one_layer_are_told_apart(tmp_path: Path) -> None:
    model = keras.Sequential([L.Input((5, 4)), L.GRU(3, name="memory"), L.Dense(1, name="out")])
    h5_files.save(tmp_path / "model.h5", model)
    found = sizes.read_h5_kernels(tmp_path / "model.h5")
    assert {name: kernel.shape for name, kernel in found.items()} == {
        "memory/kernel": (4, 9), "memory/recurrent_kernel": (3, 9), "out": (3, 1),
    }  # fmt: skip
