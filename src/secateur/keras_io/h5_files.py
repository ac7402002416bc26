"""Keras 2 models as `.h5` files, without their optimizer."""

import contextlib
import io
import json
import re
import shutil
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py

from secateur.core import files, raw_log
from secateur.core.errors import InputError, must_exist
from secateur.core.seeds import ABOUT, seed_file
from secateur.keras_io import own_code
from secateur.keras_io.backend import keras, tf
from secateur.keras_io.calls import connected
from secateur.keras_io.loadable import (
    canonical,
    disallowed,
    names_class,
    not_subclassed,
    refusal,
    subclassed,
    uncompiled,
    unregistered,
)

PRETRAINED = "pretrained.h5"  # a user's trained model, beside the seeds' models


def save(path: Path, model: keras.Model) -> None:
    """Write `content` to a file, at once: HDF5 handles a full disk badly."""
    path.write_bytes(content(model))


def content(model: keras.Model) -> bytes:
    """Return the model without its optimizer, whose slots take twice the size of the weights.

    A model with classes of the user's own gets a note of the code that later stages import.
    """
    data = io.BytesIO()
    with h5py.File(data, "w") as file, warnings.catch_warnings():
        # Keras recommends `.keras`, which stores the time, so its bytes never repeat.
        warnings.filterwarnings("ignore", message="You are saving your model as an HDF5 file")
        keras.models.save_model(model, file, include_optimizer=False, save_format="h5")
        if disallowed(json.loads(file.attrs["model_config"])):
            file.attrs[own_code.ATTRIBUTE] = own_code.needed()
    return data.getvalue()


def load(path: Path, safe_mode: bool = True) -> keras.Model:
    """Read an uncompiled model, with or without pruning wrappers.

    Without `safe_mode` the file may run its own code, in Lambda layers.

    Raises:
        InputError: the file is missing, damaged or saved by Keras 3, names what `loadable` does
            not allow, or reads other files.
    """
    must_exist(path)
    try:
        with h5py.File(path, "r") as file:
            outside = list(links_outside(file))
            version = file.attrs.get("keras_version", "2")
            if "model_config" not in file.attrs:
                raise InputError(
                    f"{path}: holds no model, perhaps weights only; use model.save; of a "
                    "subclassed model after x = tf_keras.layers.Input(shape_of_a_row) and model = "
                    "tf_keras.Model(x, model.call(x))"
                )
            written = json.loads(file.attrs["model_config"])
            config = uncompiled(written)
            code = file.attrs.get(own_code.ATTRIBUTE)
        found = disallowed(config)
        if (name := subclassed(config)) and (safe_mode or not code):
            raise InputError(f"{path}: {not_subclassed(name, 'shape_of_a_row')}, and save that")
        if not connected(config):
            raise ValueError("a layer is called on a layer that is missing, or in a circle")
    except InputError:
        raise
    except (OSError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise unreadable(path, error) from None
    if outside:
        raise InputError(
            f"{path}: refused to load {', '.join(outside)}; the file must hold one whole model only"
        )
    check_version(path, version.decode() if isinstance(version, bytes) else str(version))
    if found and safe_mode:
        raise InputError(f"{path}: {refusal(found)}")
    own = own_code.objects(path, code) if found and code else {}
    wrapped = names_class(config, "PruneLowMagnitude")
    # What was checked is what is loaded, in the words of this version of Keras.
    read_as = canonical(config)
    content = path if read_as == written else _with_config(path, read_as)
    try:
        with (
            prune_scope() if wrapped else contextlib.nullcontext(),
            h5py.File(content, "r") as file,
        ):
            # AutoGraph would translate tfmot's sources for each wrapped model.
            read = tf.autograph.experimental.do_not_convert(keras.models.load_model)
            return read(file, compile=False, custom_objects={**unregistered(), **own})
    except Exception as error:  # Keras raises many kinds of errors for damaged files
        raise unreadable(path, error) from None


def _with_config(path: Path, config: Any) -> io.BytesIO:
    """Return the file's content with another model's config."""
    content = io.BytesIO(path.read_bytes())
    with h5py.File(content, "a") as file:
        file.attrs["model_config"] = json.dumps(config)
    return content


def unreadable(path: Path, error: Exception) -> InputError:
    """Return the error of a file that Keras cannot load; its own words go to a log."""
    kept = raw_log.keep(error, of=f"loading {path}")
    own = re.search(
        r"Unknown \w+: ['\"]?([\w>. ]+?)['\"]?\. |Could not locate \w+ '(\w+)'", str(error)
    )
    if own:
        return InputError(
            f"{path}: names {own[1] or own[2]}, which neither Keras nor the code in network/ "
            f"defines; load it with a function of your own, named by model.build{kept}"
        )
    return InputError(f"{path}: damaged or not a Keras model{kept}")


def check_version(path: Path, version: str) -> None:
    """Raise InputError for a model saved by Keras 3, which tfmot cannot prune."""
    if not version.startswith("2"):
        raise InputError(
            f"{path}: saved by Keras {version}; tfmot prunes only Keras 2 models. To convert it, "
            "call numpy.savez('weights.npz', *model.get_weights()) there. Then build the same "
            "layers with tf_keras and call "
            "model.set_weights(list(numpy.load('weights.npz').values())) and model.save('model.h5')"
        )


def save_seeds(
    folder: Path,
    trainings: Iterable[tuple[int, keras.Model | Path, Sequence[dict[str, Any]]]],
    pretrained: keras.Model | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write a model file for each (seed, model, curves), and one file of all curves, if any.

    In place of a model, there may be a file that `save` wrote.
    `pretrained` is a user's trained model, which is written beside them, as is what `about` tells
    of all trainings, as `ABOUT`. The folder replaces an earlier one only after the last seed is
    written.
    """
    curves: list[dict[str, Any]] = []
    with files.replacing(folder) as partial:
        partial.mkdir()
        for seed, model, curve in trainings:
            if isinstance(model, Path):
                shutil.copyfile(model, seed_file(partial, seed))
            else:
                save(seed_file(partial, seed), model)
            curves += curve
        if curves:
            files.write_csv(partial / "curves.csv", curves)
        if pretrained:
            save(partial / PRETRAINED, pretrained)
        if about is not None:
            files.write_json(partial / ABOUT, about)


def load_seeds(
    folder: Path, seeds: Iterable[int], safe_mode: bool = True
) -> dict[int, keras.Model]:
    """Read each seed's model with `load`."""
    return {seed: load(seed_file(folder, seed), safe_mode) for seed in seeds}


def links_outside(group: h5py.Group, seen: set[int] | None = None) -> Iterator[str]:
    """Yield what a file reads from other files: links, and data stored outside."""
    seen = set() if seen is None else seen
    seen.add(h5py.h5o.get_info(group.id).addr)  # visit a group once, even with many links
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            yield f"{group.name}/{name} (a link)"
            continue
        item = group[name]
        if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
            yield f"{group.name}/{name} (stored in another file)"
        if isinstance(item, h5py.Group) and h5py.h5o.get_info(item.id).addr not in seen:
            yield from links_outside(item, seen)


def prune_scope() -> Any:
    """Return a context in which Keras knows tfmot's pruning wrappers."""
    # Imported here: a stage that reads no pruned model does not need tfmot.
    from secateur.keras_io import pruning_wrapper

    return pruning_wrapper.scope()
