"""A user's trained file is checked as it will be read, and reads no other file."""

import io
import zipfile
from pathlib import Path

import h5py
import pytest

from own_project import save_with_lambda
from secateur.core.errors import InputError
from secateur.keras_io.backend import keras
from secateur.network import trained_file


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["both.h5", "both.KERAS", "both"])
def test_what_is_checked_is_what_is_loaded(here: Path, name: str) -> None:
    """A file that is both HDF5, with code in it, and a harmless zip."""
    save_with_lambda("bad.h5")
    keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)]).save("good.keras")
    Path("bad.h5").rename(name)
    with zipfile.ZipFile("good.keras") as good, zipfile.ZipFile(name, "a") as both:
        for member in good.namelist():
            both.writestr(member, good.read(member))
    with pytest.raises(InputError, match="refused to load Lambda"):
        trained_file.load(Path(name))


def test_a_keras_file_reads_no_other_file(here: Path) -> None:
    keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(4)]).save("good.keras")
    Path("secret").write_bytes(bytes(48))
    with zipfile.ZipFile("good.keras") as good:
        members = {name: good.read(name) for name in good.namelist()}
    weights = io.BytesIO(members["model.weights.h5"])
    with h5py.File(weights, "a") as file:
        (kernel,) = [n for n in _names(file) if file[n].shape == (3, 4)]
        del file[kernel]
        file.create_dataset(kernel, (3, 4), "f4", external=[(str(here / "secret"), 0, 48)])
    with zipfile.ZipFile("evil.keras", "w") as evil:
        for name, content in {**members, "model.weights.h5": weights.getvalue()}.items():
            evil.writestr(name, content)
    with pytest.raises(InputError, match=r"evil\.keras: refused to load .* \(stored in another"):
        trained_file.load(Path("evil.keras"))


def _names(file: h5py.File) -> list[str]:
    found: list[str] = []
    file.visititems(lambda n, item: found.append(n) if isinstance(item, h5py.Dataset) else None)
    return found
