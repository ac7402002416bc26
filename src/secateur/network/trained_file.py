"""Loads a user's trained Keras 2 model without running code from its file."""

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import h5py

from secateur.core.errors import InputError
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras, tf
from secateur.keras_io.calls import connected
from secateur.keras_io.loadable import (
    canonical,
    disallowed,
    not_subclassed,
    refusal,
    subclassed,
    uncompiled,
    unregistered,
)

MEMBERS = {"metadata.json", "config.json", "model.weights.h5"}
KINDS = ".h5, .keras or a SavedModel folder, saved by Keras 2"


def load(path: Path, safe_mode: bool = True) -> keras.Model:
    """Read a user's trained model; with `safe_mode`, no code from the file runs.

    Raises:
        InputError: the file is missing, damaged, saved by Keras 3, or names other classes than
            Keras's layers.
    """
    _must_be_a_model(path)
    if path.is_dir():
        return _saved_model(path, safe_mode)
    # Choose as Keras does: a file can be both zip and HDF5, and the checked part must be loaded.
    if path.name.endswith(".keras") and zipfile.is_zipfile(path):
        return _keras_file(path, safe_mode)
    return h5_files.load(path, safe_mode)


def _must_be_a_model(path: Path) -> None:
    """Raise InputError if the path cannot be a model."""
    if not path.exists():
        raise InputError(f"params.yaml: model.file: {str(path)!r}: not found; must be {KINDS}")
    if path.is_dir() and not (path / "saved_model.pb").exists():
        raise InputError(f"{path}: a folder without saved_model.pb; must be {KINDS}")


def _keras_file(path: Path, safe_mode: bool) -> keras.Model:
    """Load a `.keras` file: a zip of the config as JSON, and the weights."""
    try:
        with zipfile.ZipFile(path) as file:
            version = str(json.loads(file.read("metadata.json"))["keras_version"])
            config = uncompiled(json.loads(file.read("config.json")))
            members = {name.split("/")[0] for name in file.namelist()}
            stored = {name: file.read(name) for name in file.namelist()}
            with h5py.File(io.BytesIO(stored["model.weights.h5"]), "r") as weights:
                outside = [*h5_files.links_outside(weights), *sorted(members - MEMBERS)]
    except Exception as error:  # zip, JSON and HDF5 raise many kinds of errors
        raise h5_files.unreadable(path, error) from None
    h5_files.check_version(path, version)
    if outside:
        raise InputError(
            f"{path}: refused to load {', '.join(outside)}; the file must hold one whole model only"
        )
    _refuse(path, config, safe_mode)
    # What was checked is what is loaded, in the words of this version of Keras.
    stored["config.json"] = json.dumps(canonical(config)).encode("utf-8")
    with tempfile.TemporaryDirectory() as folder, h5_files.prune_scope():
        copy = Path(folder) / "model.keras"
        with zipfile.ZipFile(copy, "w") as file:
            for name, content in stored.items():
                file.writestr(name, content)
        try:
            return keras.models.load_model(copy, unregistered(), compile=False, safe_mode=safe_mode)
        except Exception as error:  # Keras raises many kinds of errors for damaged files
            raise h5_files.unreadable(path, error) from None


def _saved_model(folder: Path, safe_mode: bool) -> keras.Model:
    """Load config and weights only; the graph, which can run any code, is not read."""
    from tf_keras.protobuf import saved_metadata_pb2

    metadata = folder / "keras_metadata.pb"
    if not metadata.exists():
        raise InputError(
            f"{metadata}: not found; Keras 2's model.save did not write this folder, and Keras 3's "
            f"export has no layers to prune; must be {KINDS}"
        )
    try:
        nodes = saved_metadata_pb2.SavedMetadata.FromString(metadata.read_bytes()).nodes
        root = json.loads(next(node.metadata for node in nodes if node.node_path == "root"))
        config = _tuples({"class_name": root["class_name"], "config": root["config"]})
        config = uncompiled(config)
    except Exception as error:  # protobuf and JSON raise many kinds of errors
        raise h5_files.unreadable(metadata, error) from None
    _refuse(folder, config, safe_mode)
    try:
        with h5_files.prune_scope():
            model = keras.models.model_from_config(canonical(config), unregistered())
        status = tf.train.Checkpoint(model).read(str(folder / "variables/variables"))
        status.assert_existing_objects_matched().expect_partial()
    except Exception as error:
        raise h5_files.unreadable(folder, error) from None
    return model


def _tuples(config: Any) -> Any:
    """Turn tuples into lists; Keras writes tuples as JSON objects of a class."""
    if isinstance(config, dict):
        if config.get("class_name") == "__tuple__":
            return _tuples(config["items"])
        return {key: _tuples(value) for key, value in config.items()}
    return [_tuples(item) for item in config] if isinstance(config, list) else config


def _refuse(path: Path, config: Any, safe_mode: bool) -> None:
    if not connected(config):
        raise InputError(
            f"{path}: damaged: a layer is called on a layer that is missing, or in a circle"
        )
    if name := subclassed(config):
        raise InputError(f"{path}: {not_subclassed(name, 'shape_of_a_row')}, and save that")
    found = disallowed(config)
    if found and safe_mode:
        raise InputError(f"{path}: {refusal(found)}")
