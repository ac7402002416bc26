"""Where every artifact of a model lies, and which kinds there are: the one list of them.

An artifact is a file that a model becomes on its way to the device. `stages/` and the command
import this module; the library below takes and returns models and arrays, and knows no path.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from secateur.core import files
from secateur.core.errors import InputError
from secateur.recipes.recipe import RESERVED, Recipe

TRAINED = Path("models/trained")  # initial, baseline, and what each recipe trained
STRIPPED = Path("models/stripped")  # a recipe's network without pruning wrappers
COMPACTED = Path("models/compacted")  # without dead units and inputs
CLUSTERED = Path("models/clustered")
TFLITE = Path("models/tflite")
TRADE_OFF = Path("models/trade_off")
INPUTS = COMPACTED / "inputs.json"
SHIP = Path("metrics/ship.json")  # by model, the file to ship
SUMMARY = Path("metrics/summary.md")  # the table of results
PAGE = Path("metrics/report.html")
RESULTS = (Path("metrics/evaluation.json"), Path("metrics/sizes.json"))
ENVIRONMENT = Path("metrics/environment.json")  # which machine and versions made RESULTS

TYPES = ("float32", "float16", "dynamic", "int8")  # of TFLite files


class Family(NamedTuple):
    """TFLite files, one in each of `TYPES`."""

    source: str  # the Keras artifact that they are converted from
    minified: bool  # whether names and metadata, which no interpreter needs, are removed


FAMILIES = {
    "stripped": Family("stripped", minified=False),
    "compacted": Family("compacted", minified=False),
    "minified": Family("compacted", minified=True),
    "clustered": Family("clustered", minified=True),
}
# The entropy of the weights in these files is the floor under their size.
FLOORS = tuple(f"minified_{kind}" for kind in TYPES if kind != "dynamic")


def keras_artifacts(recipes: Mapping[str, Recipe]) -> dict[str, dict[str, Path]]:
    """By model and artifact, the folder of its seeds' `.h5` files.

    The baseline never had pruning wrappers: it has only what compares with others. Recipes come by
    name, not in the order of `params.yaml`, which DVC does not see.
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
    """Where a trained network without wrappers lies, by its name."""
    return (TRAINED if name in RESERVED else STRIPPED) / name


def tflite_artifacts(keras: Collection[str]) -> dict[str, str]:
    """By TFLite artifact, the Keras artifact that it is made from; `keras` are one model's."""
    return {
        f"{name}_{kind}": family.source
        for name, family in FAMILIES.items()
        if family.source in keras
        for kind in TYPES
    }


def tflite_file(model: str, artifact: str, seed: int) -> Path:
    """Where a TFLite file lies."""
    return TFLITE / model / artifact / f"seed_{seed}.tflite"


def inputs_of(model: str, artifact: str, seed: int) -> list[int] | None:
    """The numbers of the inputs that an artifact reads; None: all.

    Raises:
        InputError: what the stage `compact` wrote is missing or damaged.
    """
    family = FAMILIES.get(artifact.rpartition("_")[0])
    if (family.source if family else artifact) in ("unstripped", "stripped"):
        return None
    try:
        inputs: list[int] | None = json.loads(INPUTS.read_text(encoding="utf-8"))[model][str(seed)]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{INPUTS}: {model}, seed {seed}: {error!r}") from None
    return inputs


def remove_orphans(recipes: Collection[str]) -> None:
    """Remove what a recipe left in `models/trained` that `params.yaml` no longer has.

    DVC hashes the whole folder for the stage that gathers the recipes, and forgets the outputs of
    a stage that is gone. Only files that the pipeline itself writes are removed.

    Raises:
        InputError: another file lies there; it is not ours to remove.
    """
    owned = {*RESERVED, *recipes}
    for partial in TRAINED.glob(".*.partial"):  # what a killed training left
        files.remove(partial)
    for folder in sorted(path for path in TRAINED.iterdir() if path.name not in owned):
        found = [folder] if folder.is_file() else sorted(folder.iterdir())
        for path in found:
            ours = path.name == "curves.csv" or path.match("seed_*.h5")
            if not ours or path.parent == TRAINED or not path.is_file():
                raise InputError(
                    f"{path}: no recipe owns it, and the pipeline did not write it; move it out of "
                    f"{TRAINED}/, which holds trained networks alone"
                )
        for path in found:
            path.unlink()
        folder.rmdir()
