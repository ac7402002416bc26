"""What a user's trained file says of its task, read without TensorFlow, which takes seconds."""

import json
import zipfile
from pathlib import Path
from typing import Any

import h5py


def units(path: Path) -> int | None:
    """Return the units of a Keras file's last Dense layer; None if the file does not tell.

    Whether the file can be used is the stage `build_model`'s to say.
    """
    try:
        layers = _config(path)["config"]["layers"]
        dense = [layer["config"]["units"] for layer in layers if layer["class_name"] == "Dense"]
    except Exception:  # zip, HDF5 and JSON raise many kinds of errors for damaged files
        return None
    return dense[-1] if dense and isinstance(dense[-1], int) else None


def _config(path: Path) -> Any:
    """Read a model's architecture, in Keras's words."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as file:
            return json.loads(file.read("config.json"))
    with h5py.File(path, "r") as file:
        return json.loads(file.attrs["model_config"])
