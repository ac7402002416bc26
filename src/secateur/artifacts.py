"""The one list of a model's artifacts: their kinds and their paths.

An artifact is a model's file at one step of its way to the device. `stages/` and the command
import this module; the library below takes and returns models and arrays, and knows no paths.
"""

import itertools
import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from secateur.core import files, params
from secateur.core.errors import InputError
from secateur.core.seeds import ABOUT
from secateur.recipes import channel_terms
from secateur.recipes.recipe import RESERVED, Recipe

TRAINED = Path("models/trained")  # initial, baseline, and each recipe's network
TEACHERS = Path("models/teachers")  # what a recipe needs beside where it starts
STRIPPED = Path("models/stripped")  # a recipe's network without pruning wrappers
MIXED = Path("models/mixed")  # by recipe, how precise each layer of its file `mixed` is
COMPACTED = Path("models/compacted")  # without dead units and inputs
CLUSTERED = Path("models/clustered")
CONTROLS = Path("models/controls")  # by recipe, what its removal of channels is compared with
TFLITE = Path("models/tflite")
TRADE_OFF = Path("models/trade_off")
INPUTS = "inputs.json"  # beside a model's compacted networks: by seed, the inputs that they read
POINTS = "trade-off curve"  # in `metrics/left_out.json`; no recipe can have this name
PRECISION = "precision.json"  # in `MIXED`: the precision of each layer, and what it costs
PRECISION_COSTS = "costs.csv"  # beside it: what each other precision of a layer costs
LEFT_OUT = "left_out.json"  # beside a model's TFLite files: by artifact and seed, why one is not
NONE = "none"  # in a recipe's folder that holds no network; DVC warns of an empty one
# What the pipeline writes into a model's folder.
WRITTEN = (
    "seed_*.h5", "seed_*.tflite", "curves.csv", INPUTS, LEFT_OUT, NONE, ABOUT, channel_terms.FILE,
    PRECISION, PRECISION_COSTS,
)  # fmt: skip
SHIP = Path("metrics/ship.json")  # by model, the file to ship
SUMMARY = Path("metrics/summary.md")  # the table of results
BRIEF = Path("metrics/summary.json")  # its figures, which `dvc metrics` compares
PUBLISHED = Path("models/published")  # of the recommended model, with its card: `publish` tags it
DETAIL = Path("metrics/detail.json")  # RESULTS, in Git for `gate` and for people
PAGE = Path("metrics/report.html")
LATENCY = Path("metrics/latency.json")  # measured time on this machine: no stage reads it
DEVICES = Path("metrics/devices")  # measured time on users' own devices, a file for each
SEARCHES = Path("metrics/searches")  # what `secateur search` has found, a file for each recipe
COSTS = Path("metrics/costs.json")  # by model and artifact, what each device pays
RESULTS = (Path("metrics/evaluation.json"), Path("metrics/sizes.json"))
ENVIRONMENT = Path("metrics/environment.json")  # which machine and versions made RESULTS

# Numbers of inputs; None: all of them.
Inputs = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)] | None
TYPES = ("float32", "float16", "dynamic", "int8")  # of TFLite files
INT4: Literal["int4"] = "int4"  # a type of those networks alone that were trained for it
MIX: Literal["mixed"] = "mixed"  # of the compacted networks of `mix_precision.recipes`
EVERY_TYPE = (*TYPES, INT4, MIX)


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
# Only these ship; the other families hold the same graphs with names and metadata.
COSTED = tuple(
    f"{name}_{kind}" for name, own in FAMILIES.items() if own.minified for kind in EVERY_TYPE
)
# The entropy of the weights bounds the size of these files from below.
FLOORS = tuple(f"minified_{kind}" for kind in EVERY_TYPE if kind != "dynamic")


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


def to_convert(name: str) -> dict[str, Path]:
    """Return the folders of the Keras artifacts that become TFLite files, by artifact."""
    folders = {"stripped": stripped_folder(name), "compacted": COMPACTED / name}
    clustered = CLUSTERED / name
    if clustered.exists() and not (clustered / NONE).exists():
        folders["clustered"] = clustered
    return folders


def tflite_artifacts(
    keras: Collection[str], recipe: Recipe | None = None, mixed: bool = False
) -> dict[str, str]:
    """Map each TFLite artifact to its Keras artifact, for one model's Keras artifacts.

    `recipe` is the model's; the baseline has none. `mixed` says whether `mix_precision` names it.
    """
    trained = recipe.quantization if recipe else None
    types = (*TYPES, INT4) if trained and trained.weights == INT4 else TYPES
    return {
        f"{name}_{kind}": family.source
        for name, family in FAMILIES.items()
        if family.source in keras
        for kind in (*types, *mixes(family.source, mixed))
    }


def mixes(source: str, mixed: bool) -> tuple[str, ...]:
    """Return the types of a Keras artifact whose layers have a precision each: one, or none."""
    return (MIX,) if mixed and source == "compacted" else ()


def tflite_file(model: str, artifact: str, seed: int) -> Path:
    """Return the path of a TFLite file."""
    return TFLITE / model / artifact / f"seed_{seed}.tflite"


def left_out(model: str) -> dict[str, dict[str, str]]:
    """Return why a model lacks some TFLite files, by artifact and seed.

    Raises:
        InputError: the file of the stage `convert` is missing or damaged.
    """
    path = TFLITE / model / LEFT_OUT
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: {error!r}; `dvc repro` writes it") from None
    why: dict[str, dict[str, str]] = params.validate(dict[str, dict[str, str]], found, str(path))
    return why


def inputs_of(model: str, artifact: str, seed: int) -> list[int] | None:
    """Return the numbers of the inputs that an artifact reads; None means all.

    Raises:
        InputError: the file of the stage `compact` is missing or damaged.
    """
    family = FAMILIES.get(artifact.rpartition("_")[0])
    if (family.source if family else artifact) in ("unstripped", "stripped"):
        return None
    path = COMPACTED / model / INPUTS
    try:
        inputs = json.loads(path.read_text(encoding="utf-8"))[str(seed)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: seed {seed}: {error!r}; `dvc repro` writes it") from None
    found: list[int] | None = params.validate(Inputs, inputs, f"{path}: seed {seed}")
    return found


def remove_orphans(parent: Path, recipes: Collection[str]) -> None:
    """Remove from a folder of models the recipes that `params.yaml` no longer has.

    `parent` is `TRAINED`, `CLUSTERED` or `TFLITE`. DVC hashes the whole folder for a stage that
    gathers the recipes, but forgets the outputs of a stage that is gone. Only files that the
    pipeline writes are removed.

    Raises:
        InputError: another file lies there; no recipe is removed then.
    """
    for partial in parent.glob(".*.*.partial"):  # from a killed stage, with its process's id
        if partial.suffixes[-2][1:].isdigit():
            files.remove(partial)
    check_orphans(parent, recipes)
    for folder in _orphans(parent, recipes):  # only if every file may be removed
        print(f"{folder}: removed, as no recipe of params.yaml has this name", flush=True)
        files.remove(folder)


def check_orphans(parent: Path, recipes: Collection[str]) -> None:
    """Raise InputError for files that `remove_orphans` would refuse, all of them."""
    foreign = []
    for path in itertools.chain.from_iterable(map(_content, _orphans(parent, recipes))):
        ours = any(path.match(name) for name in WRITTEN)
        # A link may lead out of the project, to files that are not ours.
        if not ours or path.parent == parent or not path.is_file() or path.is_symlink():
            foreign.append(str(path))
    if foreign:
        more = f" and {len(foreign) - 10} more" if len(foreign) > 10 else ""
        raise InputError(
            f"{', '.join(foreign[:10])}{more}: no recipe owns it, and the pipeline did not write "
            f"it; move it out of {parent}/, which holds only what the pipeline writes"
        )


def _orphans(parent: Path, recipes: Collection[str]) -> list[Path]:
    """Return what no recipe owns, but for what a stage is writing or left when it was killed."""
    owned = {*RESERVED, *recipes}
    found = sorted(path for path in parent.iterdir() if path.name not in owned)
    return [path for path in found if not re.fullmatch(r"\..+\.\d+\.partial", path.name)]


def _content(path: Path) -> Iterator[Path]:
    """Yield the files below a folder, and what is no plain folder itself."""
    if path.is_dir() and not path.is_symlink():
        for inner in sorted(path.iterdir()):
            yield from _content(inner)
    else:
        yield path
