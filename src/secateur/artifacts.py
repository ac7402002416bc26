"""The one list of a model's artifacts: their kinds and their paths.

An artifact is a model's file at one step of its way to the device. `stages/` and the command
import this module; the library below takes and returns models and arrays, and knows no paths.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from secateur.core import files
from secateur.core.errors import InputError
from secateur.recipes.recipe import RESERVED, Recipe

TRAINED = Path("models/trained")  # initial, baseline, and each recipe's network
STRIPPED = Path("models/stripped")  # a recipe's network without pruning wrappers
COMPACTED = Path("models/compacted")  # without dead units and inputs
CLUSTERED = Path("models/clustered")
TFLITE = Path("models/tflite")
LEFT_OUT = TFLITE / "left_out.json"  # why a file is missing; absent if none is
TRADE_OFF = Path("models/trade_off")
INPUTS = COMPACTED / "inputs.json"
SHIP = Path("metrics/ship.json")  # by model, the file to ship
SUMMARY = Path("metrics/summary.md")  # the table of results
PAGE = Path("metrics/report.html")
RESULTS = (Path("metrics/evaluation.json"), Path("metrics/sizes.json"))
ENVIRONMENT = Path("metrics/environment.json")  # which machine and versions made RESULTS

TYPES = ("float32", "float16", "dynamic", "int8")  # of TFLite files


class Family(NamedTuple):
    """TFLite files of one model, one for each of `TYPES`."""

    source: str  # the Keras artifact to convert
    minified: bool  # without names and metadata, which no interpreter needs


FAMILIES = {
    "stripped": Family("stripped", minified=False),
    "compacted": Family("compacted", minified=False),
    "minified": Family("compacted", minified=True),
    "clustered": Family("clustered", minified=True),
}
# The entropy of the weights bounds the size of these files from below.
FLOORS = tuple(f"minified_{kind}" for kind in TYPES if kind != "dynamic")


def keras_artifacts(recipes: Mapping[str, Recipe]) -> dict[str, dict[str, Path]]:
    """Return the folder of the seeds' `.h5` files, by model and artifact.

    The baseline never had pruning wrappers, so it has only the artifacts to compare. Recipes are
    sorted by name, because DVC does not see their order in `params.yaml`.
    """
    folders = {"baseline": {"stripped": TRAINED / "baseline", "compacted": COMPACTED / "baseline"}}
    for name in sorted(recipes):
        folders[name] = {
            "unstripped": TRAINED / name,
            "stripped": STRIPPED / name,
            "compacted": COMPACTED / name,
        }
        if recipes[name].clustering:
            folders[name]["clustered"] = CLUSTERED / name
    return folders


def stripped_folder(name: str) -> Path:
    """Return the folder of a trained network without wrappers, by the network's name."""
    return (TRAINED if name in RESERVED else STRIPPED) / name


def tflite_artifacts(keras: Collection[str]) -> dict[str, str]:
    """Map each TFLite artifact to its Keras artifact, for one model's Keras artifacts."""
    return {
        f"{name}_{kind}": family.source
        for name, family in FAMILIES.items()
        if family.source in keras
        for kind in TYPES
    }


def tflite_file(model: str, artifact: str, seed: int) -> Path:
    """Return the path of a TFLite file."""
    return TFLITE / model / artifact / f"seed_{seed}.tflite"


def left_out(model: str, artifact: str, seed: int) -> str:
    """Return why a TFLite file was left out, or an empty text if it was not.

    Raises:
        InputError: the file of the stage `convert` is damaged.
    """
    try:
        reasons = json.loads(LEFT_OUT.read_text(encoding="utf-8"))
        return str(reasons.get(model, {}).get(artifact, {}).get(str(seed), ""))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{LEFT_OUT}: damaged: {error!r}") from None


def inputs_of(model: str, artifact: str, seed: int) -> list[int] | None:
    """Return the numbers of the inputs that an artifact reads; None means all.

    Raises:
        InputError: the file of the stage `compact` is missing or damaged.
    """
    family = FAMILIES.get(artifact.rpartition("_")[0])
    if (family.source if family else artifact) in ("unstripped", "stripped"):
        return None
    try:
        inputs: list[int] | None = json.loads(INPUTS.read_text(encoding="utf-8"))[model][str(seed)]
        if inputs is not None and not all(type(number) is int for number in inputs):
            raise TypeError(inputs)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{INPUTS}: {model}, seed {seed}: {error!r}") from None
    return inputs


def remove_orphans(recipes: Collection[str]) -> None:
    """Remove from `models/trained` the recipes that `params.yaml` no longer has.

    DVC hashes the whole folder for the stage that gathers the recipes, but forgets the outputs of
    a stage that is gone. Only files that the pipeline writes are removed.

    Raises:
        InputError: another file lies there; no recipe is removed then.
    """
    owned = {*RESERVED, *recipes}
    for partial in TRAINED.glob(".*.*.partial"):  # from a killed training, with its process's id
        if partial.suffixes[-2][1:].isdigit():
            files.remove(partial)
    orphans = {}
    for folder in sorted(path for path in TRAINED.iterdir() if path.name not in owned):
        # A link may lead out of the project, to files that are not ours.
        plain = folder.is_dir() and not folder.is_symlink()
        orphans[folder] = sorted(folder.iterdir()) if plain else [folder]
        for path in orphans[folder]:
            ours = path.name == "curves.csv" or path.match("seed_*.h5")
            if not ours or path.parent == TRAINED or not path.is_file() or path.is_symlink():
                raise InputError(
                    f"{path}: no recipe owns it, and the pipeline did not write it; move it out of "
                    f"{TRAINED}/, which holds only trained networks"
                )
    for folder, found in orphans.items():  # only if every file may be removed
        print(f"{folder}: removed, as no recipe of params.yaml has this name", flush=True)
        for path in found:
            path.unlink()
        folder.rmdir()
