"""A function that builds a network opens what DVC sees change, and writes nothing."""

import os
import tempfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from secateur.core.errors import InputError
from secateur.keras_io.backend import tf
from secateur.network import opened_files


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    here = tmp_path / "project"
    for name in ("network", "data"):
        (here / name).mkdir(parents=True)
        np.save(here / name / "w.npy", np.arange(3))
        with h5py.File(here / name / "w.h5", "w") as file:
            file["w"] = np.arange(3)
    monkeypatch.chdir(here)
    # Else the project would lie in the folder for temporary files, where all is allowed but this.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "project/tmp"))
    (here / "tmp").mkdir()
    return here


def refusal(function: Any) -> str:
    with pytest.raises(InputError) as refused, opened_files.watched("params.yaml: model.build"):
        function()
    assert str(refused.value).startswith("params.yaml: model.build: ")
    return str(refused.value)


READERS = {
    "open": lambda folder: Path(folder, "w.npy").read_bytes(),
    "numpy": lambda folder: np.load(f"{folder}/w.npy"),
    "map": lambda folder: np.load(f"{folder}/w.npy", mmap_mode="r"),
    "system": lambda folder: os.close(os.open(f"{folder}/w.npy", os.O_RDONLY)),
    "h5py": lambda folder: h5py.File(f"{folder}/w.h5", "r").close(),
    "tensorflow": lambda folder: tf.io.gfile.GFile(f"{folder}/w.npy", "rb").read(),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_file_outside_of_the_folder_is_refused(reader: str) -> None:
    message = refusal(lambda: READERS[reader]("data"))
    assert "opens data/w." in message
    assert "put the file into network/" in message
    with opened_files.watched("here"):
        READERS[reader]("network")
    READERS[reader]("data")  # nothing is watched any more


def test_a_function_that_catches_the_error_is_refused_too() -> None:
    def caught() -> None:
        try:
            np.load("data/w.npy")
        except Exception:
            raise ValueError("no weights") from None

    assert "data/w.npy" in refusal(caught)


def test_a_path_that_leads_out_of_the_folder_is_refused(folder: Path) -> None:
    (folder / "network/linked").symlink_to(folder / "data")
    assert "opens data/w.npy" in refusal(lambda: np.load("network/linked/w.npy"))
    assert "opens data/w.npy" in refusal(lambda: np.load("network/../data/w.npy"))
    other = folder.parent / "elsewhere.npy"
    np.save(other, np.arange(3))
    assert f"opens {other}" in refusal(lambda: np.load(other))


@pytest.mark.parametrize("mode", ["w", "a", "r+b", "x"])
@pytest.mark.parametrize("place", ["network/w.npy", "data/w.npy", "network/new"])
def test_writing_is_refused_before_anything_is_lost(place: str, mode: str) -> None:
    before = Path(place).read_bytes() if Path(place).exists() else None
    assert f"writes {place}" in refusal(lambda: Path(place).open(mode).close())
    assert (Path(place).read_bytes() if Path(place).exists() else None) == before


def test_h5py_writes_are_refused() -> None:
    assert "writes network/new.h5" in refusal(lambda: h5py.File("network/new.h5", "w"))
    assert "writes network/w.h5" in refusal(lambda: h5py.File("network/w.h5", "r+"))


def test_what_the_installation_has_and_temporary_files_are_allowed() -> None:
    with opened_files.watched("here"):
        Path(np.__file__).read_bytes()
        Path(os.__file__).read_bytes()
        Path("/dev/null").write_bytes(b"x")
        with tempfile.TemporaryFile() as file:
            file.write(b"x")
        with tempfile.NamedTemporaryFile() as file:
            np.save(file, np.arange(3))
        assert not Path("data/none").exists()
        with pytest.raises(FileNotFoundError):
            Path("data/none").read_bytes()


def test_an_own_error_of_the_function_stays() -> None:
    with pytest.raises(KeyError), opened_files.watched("here"):
        raise KeyError("mine")
