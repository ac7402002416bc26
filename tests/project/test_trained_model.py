"""The last layer's units are read from a trained file of each kind."""

from pathlib import Path

import pytest

from secateur.keras_io.backend import keras
from secateur.project import trained_model

L = keras.layers


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["a.h5", "a.keras"])
def test_units_of_the_last_dense_layer(tmp_path: Path, name: str) -> None:
    inputs = L.Input((4,))
    outputs = L.Softmax()(L.Dense(2)(L.Dense(5)(inputs)))
    keras.Model(inputs, outputs).save(tmp_path / name)
    assert trained_model.units(tmp_path / name) == 2


def test_other_files_tell_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.h5").write_bytes(b"no model")
    keras.Sequential([L.Input((4, 4, 1)), L.Conv2D(2, 4), L.Flatten()]).save(tmp_path / "folder")
    assert trained_model.units(tmp_path / "bad.h5") is None
    assert trained_model.units(tmp_path / "folder") is None
