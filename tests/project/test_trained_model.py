"""The last layer's units are read from a trained file of each kind."""

import zipfile
from pathlib import Path

import pytest

from secateur.core.errors import InputError
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


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["a.h5", "a.keras"])
@pytest.mark.parametrize("kind", [list, dict])
def test_inputs_of_several(tmp_path: Path, name: str, kind: type) -> None:
    given = [L.Input((4,), name="style"), L.Input((2, 3), name="size")]
    outputs = L.Dense(2)(L.Concatenate()([given[0], L.Flatten()(given[1])]))
    inputs = given if kind is list else {tensor.name: tensor for tensor in given}
    keras.Model(inputs, outputs).save(tmp_path / name)
    trained_model.check(tmp_path / name)
    assert trained_model.inputs(tmp_path / name) == {"style": (4,), "size": (2, 3)}
    keras.Model(given[0], L.Dense(2)(given[0])).save(tmp_path / name)
    assert trained_model.inputs(tmp_path / name) == {"style": (4,)}
    keras.Sequential([L.Input((4,)), L.Dense(2)]).save(tmp_path / name)
    trained_model.check(tmp_path / name)
    assert trained_model.inputs(tmp_path / name) == {}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    model = keras.Sequential([L.Input((4,)), L.Dense(2)])
    model.save_weights(tmp_path / "weights.h5")
    model.save(tmp_path / "folder")
    trained_model.check(tmp_path / "folder")
    for name in ("bad.h5", "bad.keras"):
        (tmp_path / name).write_bytes(b"no model")
    for name in ("zip.keras", "zip.h5"):
        with zipfile.ZipFile(tmp_path / name, "w") as file:
            file.writestr("config.json", "[1]")
    (tmp_path / "empty").mkdir()
    for name in ("weights.h5", "bad.h5", "bad.keras", "zip.keras", "zip.h5", "empty"):
        with pytest.raises(InputError, match=rf"{name}: .*\.h5 .*\.keras .*SavedModel"):
            trained_model.check(tmp_path / name)


def test_other_files_tell_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.h5").write_bytes(b"no model")
    keras.Sequential([L.Input((4, 4, 1)), L.Conv2D(2, 4), L.Flatten()]).save(tmp_path / "folder")
    assert trained_model.units(tmp_path / "bad.h5") is None
    assert trained_model.units(tmp_path / "folder") is None
    assert trained_model.inputs(tmp_path / "folder") == {}
