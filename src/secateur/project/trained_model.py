"""What a user's trained file says of itself, read without TensorFlow, which takes seconds."""

import json
import zipfile
from pathlib import Path
from typing import Any

import h5py

from secateur.core.errors import InputError

KINDS = (
    "an .h5 file of model.save (HDF5 with model_config, not weights alone), a .keras file (a zip "
    "with config.json), or the folder of a SavedModel, each saved by Keras 2"
)


def check(path: Path) -> None:
    """Raise InputError if the path holds no model of Keras.

    Whether the model can be used is the stage `build_model`'s to say.
    """
    if path.is_dir():
        if not (path / "saved_model.pb").exists():
            raise InputError(f"{path}: a folder without saved_model.pb; must be {KINDS}")
        return
    try:
        config = _config(path)
    except Exception:  # zip, HDF5 and JSON raise many kinds of errors for damaged files
        raise InputError(f"{path}: not a Keras model; must be {KINDS}") from None
    if not isinstance(config, dict) or not {"class_name", "config"} <= config.keys():
        raise InputError(f"{path}: its config describes no Keras model; must be {KINDS}")


def units(path: Path) -> int | None:
    """Return the units of a Keras file's last Dense layer; None if the file does not tell."""
    try:
        layers = _config(path)["config"]["layers"]
        dense = [layer["config"]["units"] for layer in layers if layer["class_name"] == "Dense"]
    except Exception:
        return None
    return dense[-1] if dense and isinstance(dense[-1], int) else None


def inputs(path: Path) -> dict[str, tuple[int | None, ...]]:
    """Return the shape of a row of each input by its name; empty if the file does not tell."""
    try:
        own = _config(path)["config"]
        named = _names(own["input_layers"])
        shapes = {layer["name"]: layer["config"]["batch_input_shape"] for layer in own["layers"]
                  if layer["class_name"] == "InputLayer"}  # fmt: skip
        return {name: tuple(_plain(shapes[name])[1:]) for name in named}
    except Exception:
        return {}


def _names(ends: Any) -> list[str]:
    """Return the names in what Keras lists as the inputs: one call, or calls in a list or dict."""
    if isinstance(ends, dict):
        return [name for end in ends.values() for name in _names(end)]
    if ends and isinstance(ends[0], str):
        return [ends[0]]
    return [name for end in ends for name in _names(end)]


def _plain(shape: Any) -> Any:
    return shape["items"] if isinstance(shape, dict) else shape  # a tuple, as .keras files have it


def _config(path: Path) -> Any:
    """Read a model's architecture, in Keras's words; the name counts, as when it is loaded."""
    if path.name.endswith(".keras") and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as file:
            return json.loads(file.read("config.json"))
    with h5py.File(path, "r") as file:
        return json.loads(file.attrs["model_config"])
