"""Keras 2 models as `.h5` files, without their optimizer."""

import contextlib
import io
import json
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py

from secateur import files
from secateur.backend import keras, lean, tf
from secateur.errors import InputError, must_exist, one_line
from secateur.seeds import seed_file

# A model file says which classes, from which modules, loading it calls. A Lambda layer
# carries code and a module name is imported, so that only what is known here is loaded.
CLASSES = {
    *("Sequential", "Functional", "InputLayer", "Dense", "GlorotUniform", "Zeros"),
    *("PruneLowMagnitude", "ConstantSparsity", "PolynomialDecay"),
}
MODULES = {"None", "keras.layers", "keras.initializers"}


def save(path: Path, model: keras.Model) -> None:
    """Write the model; without its optimizer, whose slots are twice the size of the weights."""
    # Made in memory and written at once: on a full disk HDF5 fails in ways of its own.
    data = io.BytesIO()
    with h5py.File(data, "w") as file, warnings.catch_warnings():
        # Keras recommends `.keras`, which carries the time and so never has the same bytes.
        warnings.filterwarnings("ignore", message="You are saving your model as an HDF5 file")
        keras.models.save_model(model, file, include_optimizer=False, save_format="h5")
    path.write_bytes(data.getvalue())


def load(path: Path) -> keras.Model:
    """Read an uncompiled model, with or without pruning wrappers.

    Raises:
        InputError: the file is missing, damaged, or would call classes other than `CLASSES`
            or read other files.
    """
    must_exist(path)
    try:
        with h5py.File(path, "r") as file:
            outside = list(_links_outside(file))
            config = json.loads(file.attrs["model_config"])
        classes = {str(name) for name in _named(config, "class_name")}
        modules = {str(name) for name in _named(config, "module")}
    except (OSError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: damaged or no Keras model: {one_line(error)}") from None
    foreign = sorted([*(classes - CLASSES), *(modules - MODULES), *outside])
    if foreign:
        raise InputError(
            f"{path}: refused to load {', '.join(foreign)}; allowed: {', '.join(sorted(CLASSES))}"
        )
    try:
        with _prune_scope() if "PruneLowMagnitude" in classes else contextlib.nullcontext():
            # Without AutoGraph, which translates tfmot's sources for each wrapped model.
            read = tf.autograph.experimental.do_not_convert(keras.models.load_model)
            return read(path, compile=False)
    except Exception as error:  # Keras raises whatever a damaged file happens to hit
        raise InputError(f"{path}: damaged or no Keras model: {one_line(error)}") from None


def save_seeds(
    folder: Path, trainings: Iterable[tuple[int, keras.Model, Sequence[dict[str, Any]]]]
) -> None:
    """Write a file for each (seed, model, curves), and all seeds' curves, where there are any.

    The folder takes the place of an earlier one only when the last seed has been written.
    """
    curves: list[dict[str, Any]] = []
    with files.replacing(folder) as partial:
        partial.mkdir()
        for seed, model, curve in trainings:
            save(seed_file(partial, seed), model)
            curves += curve
        if curves:
            files.write_csv(partial / "curves.csv", curves)


def load_seeds(folder: Path, seeds: Iterable[int]) -> dict[int, keras.Model]:
    """Read each seed's model; raises as `load` does."""
    return {seed: load(seed_file(folder, seed)) for seed in seeds}


def _links_outside(group: h5py.Group) -> Iterator[str]:
    """What a file takes from other files: links, and data stored outside."""
    for name in group:
        item = group.get(name, getlink=True)
        if not isinstance(item, h5py.HardLink):
            yield f"{group.name}/{name} (a link)"
        elif isinstance(group[name], h5py.Group):
            yield from _links_outside(group[name])
        elif group[name].external or group[name].is_virtual:
            yield f"{group.name}/{name} (stored in another file)"


def _named(config: Any, key: str) -> Iterator[Any]:
    """Every value of `key` at any depth."""
    if isinstance(config, dict):
        if key in config:
            yield config[key]
        config = list(config.values())
    if isinstance(config, list):
        for item in config:
            yield from _named(item, key)


def _prune_scope() -> Any:
    # Imported here, because a stage that reads no pruned model does not need it.
    with lean():
        from tensorflow_model_optimization.sparsity.keras import prune_scope

    return prune_scope()
