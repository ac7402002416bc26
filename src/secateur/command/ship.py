"""Which TFLite file `secateur predict` uses."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from secateur.artifacts import EVERY_TYPE, FAMILIES, SHIP, TFLITE, tflite_file
from secateur.core import params
from secateur.core.errors import InputError, did_you_mean, one_line
from secateur.core.params import Params


class Shipped(Params):
    """A model's file to ship."""

    artifact: str
    seed: int
    file: str | None  # None: the artifact is no TFLite file


class Ship(Params):
    """`metrics/ship.json`."""

    recommended: str | None  # None: no recipe is as good as the baseline
    models: dict[str, Shipped]


class Choice(NamedTuple):
    """A TFLite file and what it is."""

    model: str
    artifact: str
    seed: int
    path: Path


def choose(
    model: str | None, artifact: str | None, seed: int | None, option: str = "--model"
) -> Choice:
    """Find the file; what is None, `metrics/ship.json` decides. `option` is what names a model.

    Raises:
        InputError: there is none; names what is allowed.
    """
    ship = read()
    name = recommended(option) if model is None else model
    _check(option, name, list(ship.models))
    shipped = ship.models[name]
    if not TFLITE.is_dir():
        raise InputError(f"{TFLITE}: not found; `dvc pull` brings it, `secateur repro` makes it")
    named = [f"{family}_{kind}" for family in FAMILIES for kind in EVERY_TYPE]
    made = [one for one in named if (TFLITE / name / one).is_dir()]
    if artifact is None and shipped.file is None:
        raise InputError(
            f"model {name!r} ships as {shipped.artifact!r}, which is no TFLite file; --artifact "
            f"takes {_any_of(made)}"
        )
    _check("--artifact", artifact or shipped.artifact, made)
    artifact = artifact or shipped.artifact
    chosen = check_seed(name, [artifact], seed)
    return Choice(name, artifact, chosen, tflite_file(name, artifact, chosen))


def check_seed(model: str, artifacts: Sequence[str], seed: int | None) -> int:
    """Return the seed, or where it is None that of the file to ship.

    Raises:
        InputError: none of the artifacts has a file of it; names the seeds that they have.
    """
    chosen = read().models[model].seed if seed is None else seed
    files = [path for one in artifacts for path in (TFLITE / model / one).glob("seed_*.tflite")]
    seeds = sorted({int(path.stem.removeprefix("seed_")) for path in files})
    _check("--seed", str(chosen), [str(one) for one in seeds])
    return chosen


def recommended(option: str) -> str:
    """Return the recommended model's name; raises InputError where none is recommended."""
    ship = read()
    if ship.recommended is None:
        raise InputError(
            f"{SHIP}: recommends no model, and metrics/report.md says why; choose one: "
            f"{option} takes {_any_of(ship.models)}"
        )
    return ship.recommended


def read() -> Ship:
    """Read `metrics/ship.json`; raises InputError where it is missing or damaged."""
    try:
        content = json.loads(SHIP.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{SHIP}: not found; run `secateur repro` in the project's top folder to make it"
        ) from None
    except ValueError as error:
        raise InputError(f"{SHIP}: not valid JSON: {one_line(error)}") from None
    ship: Ship = params.validate(Ship, content, f"{SHIP}: ship")
    return ship


def _check(option: str, given: str, allowed: Sequence[str]) -> None:
    if given not in allowed:
        hint = did_you_mean(given, allowed)
        raise InputError(f"{option} {given}: there is none{hint}; allowed: {_any_of(allowed)}")


def _any_of(names: Sequence[str] | dict[str, Shipped]) -> str:
    return ", ".join(names) or "nothing: the model has no TFLite file"
