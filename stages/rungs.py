"""Where the files of every model lie, for the stages that look at all of them."""

import json
from collections.abc import Mapping
from pathlib import Path

from secateur.errors import InputError
from secateur.recipes import Recipe

TYPES = ("float32", "float16", "dynamic", "int8")  # of TFLite files


def keras_folders(recipes: Mapping[str, Recipe]) -> dict[str, dict[str, Path]]:
    """By model and rung, the folder of its seeds' `.h5` files.

    The baseline never had pruning wrappers: it has only the rungs that compare with others.
    Recipes come by name, not in the order of `params.yaml`, which DVC does not look at.
    """
    models = Path("models")
    shrunk = models / "shrunk"
    folders = {"baseline": {"stripped": models / "baseline", "shrunk": shrunk / "baseline"}}
    for name in sorted(recipes):
        folders[name] = {
            "unstripped": models / "pruned" / name,
            "stripped": models / "stripped" / name,
            "shrunk": shrunk / name,
        }
        if recipes[name].clustering:
            folders[name]["clustered"] = models / "clustered" / name
    return folders


def tflite_sources(rungs: Mapping[str, Path]) -> dict[str, str]:
    """By TFLite rung, the Keras rung that it was made from; `rungs` are one model's.

    `packed` files, and `clustered` ones, are without what an interpreter does not need.
    """
    families = {"stripped": "stripped", "shrunk": "shrunk", "packed": "shrunk"}
    if "clustered" in rungs:
        families["clustered"] = "clustered"
    return {f"{f}_{kind}": source for f, source in families.items() for kind in TYPES}


def tflite_file(model: str, rung: str, seed: int) -> Path:
    """Where a TFLite file lies."""
    return Path("models/tflite") / model / rung / f"seed_{seed}.tflite"


def read_inputs(model: str, rung: str, seed: int) -> list[int] | None:
    """The numbers of the inputs that a Keras rung reads; None: all."""
    if rung in ("unstripped", "stripped"):
        return None
    path = Path("models/shrunk/inputs.json")
    try:
        inputs: list[int] | None = json.loads(path.read_text(encoding="utf-8"))[model][str(seed)]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: {model}, seed {seed}: {error!r}") from None
    return inputs
