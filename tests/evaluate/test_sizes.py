"""What a file takes depends on its content alone."""

import gzip
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from secateur.compress import pruning
from secateur.core.errors import InputError
from secateur.evaluate import sizes
from secateur.keras_io import h5_files
from secateur.recipes.recipe import Recipe
from small_networks import dense, network


def test_sizes_do_not_depend_on_name_or_time() -> None:
    data = bytes(range(256)) * 40
    measured = sizes.file_sizes(data, 9)
    assert measured["bytes"] == len(data)
    # A gzip file is a ten-byte header, the deflated data and eight bytes of checksum and length.
    raw = zlib.compressobj(9, wbits=-15)
    assert measured["gzip_bytes"] == 10 + len(raw.compress(data) + raw.flush()) + 8
    worst = sizes.file_sizes(data, 1)
    assert worst["gzip_bytes"] == len(gzip.compress(data, 1)) > measured["gzip_bytes"]


def test_a_missing_or_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    with pytest.raises(InputError, match=r"m\.h5: not found"):
        sizes.read(path)
    path.touch()
    with pytest.raises(InputError, match=r"m\.h5: "):
        sizes.read(path)
    with pytest.raises(InputError, match=r"m\.h5: damaged"):
        sizes.read_h5_kernels(path)


def test_what_weights_are_worth() -> None:
    assert sizes.entropy_bytes([np.zeros((2, 2), np.float32)]) == 0.0
    every_byte_once = np.arange(1, 256, dtype=np.uint8).view(np.int8)
    assert sizes.entropy_bytes([every_byte_once]) == pytest.approx(255 * np.log2(255) / 8)
    one_of_two = np.array([1, 2] * 8, np.int8)  # a bit each
    assert sizes.entropy_bytes([one_of_two]) == pytest.approx(2)


def test_weights_are_read_by_layer_with_or_without_wrappers(tmp_path: Path) -> None:
    model = network(dense(4, 3), 6)
    schedule = {"type": "ConstantSparsity", "target_sparsity": 0.5}
    recipe = Recipe(start="initial", scope=["hidden_1", "output"], schedule=schedule, epochs=1,
                    patience=None)  # fmt: skip
    expected = {layer.name: layer.get_weights() for layer in model.layers}
    for own in (model, pruning.wrap(model, recipe)):
        h5_files.save(tmp_path / "m.h5", own)
        found = sizes.read_h5_weights(tmp_path / "m.h5")
        assert found.keys() == expected.keys()
        for name, weights in expected.items():
            kernel, bias = sorted(found[name], key=np.ndim, reverse=True)
            np.testing.assert_array_equal(kernel, weights[0])
            np.testing.assert_array_equal(bias, weights[1])


def test_kernels_are_read_in_the_models_order(tmp_path: Path) -> None:
    model = network(dense(4, 3), 6)
    h5_files.save(tmp_path / "m.h5", model)
    found = sizes.read_h5_kernels(tmp_path / "m.h5")
    assert list(found) == ["hidden_1", "hidden_2", "output"]
    np.testing.assert_array_equal(found["hidden_2"], model.get_weights()[2])
    with h5py.File(tmp_path / "m.h5", "a") as file:
        del file["model_weights"]["hidden_2"]
    with pytest.raises(InputError, match=r"m\.h5: damaged"):
        sizes.read_h5_kernels(tmp_path / "m.h5")
