"""Which files' time is measured, and beside which others. Like `artifacts`, it knows paths."""

import json
from pathlib import Path

from secateur.artifacts import COSTED, SHIP, TFLITE, TRADE_OFF, tflite_file
from secateur.core import params
from secateur.core.errors import InputError
from secateur.devices.measured import beside

BASELINE = "baseline/minified_float32"  # what measured time is compared with, first of all


def to_time() -> dict[str, Path]:
    """Return the files whose time is measured, by key: MODEL/ARTIFACT, and trade_off/KIND_SPARSITY.

    Of a model it is the seed that ships, of a point of the trade-off curve the first one. A point's
    int8 file has a key that ends in `_int8`. What could not be converted is left out.

    Raises:
        InputError: a file of the stages `report` or `trade_off` is missing or damaged.
    """
    named = {
        f"{model}/{artifact}": tflite_file(model, artifact, seed)
        for model, seed in _seeds_that_ship().items()
        for artifact in COSTED
    }
    found = {key: path for key, path in named.items() if path.is_file()} | points_to_time()
    if BASELINE not in found:
        raise InputError(
            f"{TFLITE / BASELINE}: not found; `dvc pull` brings it, `secateur repro` makes it"
        )
    return found


def timed_beside(key: str) -> str:
    """Return the key of the baseline's file that a key of `to_time` is measured beside."""
    model, _, artifact = key.partition("/")
    if artifact in COSTED:
        return f"baseline/minified_{beside(artifact.partition('_')[2])}"
    return f"{model}/dense_0{'_int8' if artifact.endswith('_int8') else ''}"


def points_to_time() -> dict[str, Path]:
    """Return the trade-off curve's files whose time is measured, as `to_time` does."""
    path, found = TRADE_OFF / "points.json", dict[str, Path]()
    try:
        for point in json.loads(path.read_text(encoding="utf-8")):
            key = f"trade_off/{point['kind']}_{point['sparsity']:g}"
            for end, name in (("", point["file"]), ("_int8", point.get("int8"))):
                if name and (TRADE_OFF / name).is_file():
                    found.setdefault(f"{key}{end}", TRADE_OFF / name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: {error!r}; `secateur repro` writes it") from None
    return found


def _seeds_that_ship() -> dict[str, int]:
    try:
        models = json.loads(SHIP.read_text(encoding="utf-8"))["models"]
        seeds = {model: shipped["seed"] for model, shipped in models.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{SHIP}: {error!r}; `secateur repro` writes it") from None
    found: dict[str, int] = params.validate(dict[str, int], seeds, f"{SHIP}: seeds")
    return found
