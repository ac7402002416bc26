"""What `secateur export` and `secateur export-c` check alike: the model, the file, the folder."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dvc_verify import unknown_files
from secateur.arrays import encode, parts
from secateur.arrays.encoding import Array, Category
from secateur.artifacts import DETAIL
from secateur.choosing import choice
from secateur.command import ship
from secateur.core.errors import InputError, did_you_mean, one_line
from secateur.core.tasks import TASKS
from secateur.evaluate import litert, scoring

ENCODING = Path("models/encoding.json")
TEST = Path("data/split/test")
RECOMMENDED = "recommended"
SAME = 1e-3  # of an error: another processor's kernels may differ in the last digits
ROWS = 10  # of the test part, at most, that a folder is checked with


def checked_error(
    chosen: ship.Choice, content: bytes, inputs: list[int] | None, test: parts.Part
) -> str:
    """Return the file's error on the test rows, in words.

    Raises:
        InputError: the metrics have another: file, encoding, rows and metrics are not of one run.
    """
    task = TASKS[test.encoding.task]
    rows = test.rows().of_inputs(inputs)
    try:
        now = scoring.error(task, litert.predict(content, rows.x), rows, test.anomalous)
    except (IndexError, ValueError, RuntimeError) as problem:
        raise InputError(
            f"{chosen.path}: damaged, or does not fit {ENCODING}; `secateur repro` makes both: "
            f"{one_line(problem)}"
        ) from None
    figures = measured(chosen.model)
    try:
        then = figures[chosen.artifact][task.metric]["seeds"][str(chosen.seed)]
    except (KeyError, TypeError) as problem:
        raise _unmeasured(str(chosen.path), problem) from None
    if not math.isfinite(now):
        raise InputError(f"{chosen.path}: its test {task.label} is {now}; choose another file")
    then = math.nan if then is None else then  # JSON has no other figure that is not finite
    if not math.isclose(now, then, rel_tol=SAME, abs_tol=1e-12):
        raise InputError(
            f"{chosen.path}: its test {task.label} is {now:.6g}, but {then:.6g} in {DETAIL}: they "
            "are of different runs; `dvc checkout` or `secateur repro` brings those of one"
        )
    return f"{task.label} {now:.4g}"


def measured(model: str) -> dict[str, Any]:
    """Return a model's figures by artifact; raises InputError if `metrics/detail.json` has none."""
    try:
        found: dict[str, Any] = json.loads(DETAIL.read_text(encoding="utf-8"))["sizes"][model]
        choice.candidates(found)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as problem:
        raise _unmeasured(model, problem) from None
    return found


def _unmeasured(what: str, problem: Exception) -> InputError:
    return InputError(
        f"{DETAIL}: has no error of {what}; `secateur repro` writes it: {one_line(problem)}"
    )


def check_folder(folder: Path) -> None:
    """Raise InputError unless the folder is new, or empty, in one that exists, and no output."""
    if output := unknown_files.owner(folder):
        raise InputError(
            f"{folder}: lies in {output}, an output of dvc.yaml, where `secateur repro` removes or "
            "refuses what it did not write; name a folder outside, such as ../firmware"
        )
    if not folder.parent.is_dir():
        raise InputError(f"{folder}: {folder.parent}: no such folder; make it, or correct the path")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{folder}: no folder; name another")
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder}: holds files, and nothing is replaced; name a new folder")


def named(model: str) -> str:
    """Return the name of MODEL; raises InputError if there is no such model."""
    known = [*ship.read().models]
    if model != RECOMMENDED and model not in known:
        hint = did_you_mean(model, [RECOMMENDED, *known])
        allowed = ", ".join([RECOMMENDED, *known])
        raise InputError(f"MODEL {model}: there is none{hint}; allowed: {allowed}")
    return ship.recommended("MODEL") if model == RECOMMENDED else model


def check_asked(
    model: str, artifact: str | None, seed: int | None, artifacts: Sequence[str] = ()
) -> None:
    """Raise InputError for a model, an artifact or a seed that there is not; says which there are.

    Without `artifact` it is one of `artifacts`, or without those the one to ship.
    """
    name = named(model)
    if artifact is not None or not artifacts:
        ship.choose(name, artifact, seed, "MODEL")
    else:
        ship.check_seed(name, artifacts, seed)


def known_rows(test: parts.Part) -> np.ndarray:
    """Return the numbers of the first test rows whose categories are all known."""
    known = np.ones(len(test), dtype=bool)
    if not isinstance(test.encoding.columns[0], Array):
        categories = [isinstance(item, Category) for item in test.encoding.columns]
        known = (test.x[:, categories] != encode.NEW).all(axis=1)
    found = np.flatnonzero(known)[:ROWS]
    if not found.size:
        raise InputError(f"{TEST}: no row has only categories of the training rows")
    return found


def write_json(path: Path, content: Any) -> None:
    """Write the same bytes each time."""
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
