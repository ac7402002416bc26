"""Drafts `params.yaml` for data of one's own: what was found becomes commented keys."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from secateur.core.errors import InputError
from secateur.core.tasks import TaskName
from secateur.data import dividing, encoding, image_folder, reading
from secateur.data.found import Findings
from secateur.data.parameters import Data
from secateur.data.splitting import Split
from secateur.data.target_names import INPUTS
from secateur.project import given, proposed, settled
from secateur.project.given import Given
from secateur.project.proposed import Lengths
from secateur.project.settled import Settled

MOST_BYTES = 1 << 28  # of a source that is read as a whole to see that it can be
MOST_PICTURES = 5000
LARGE = 96  # pixels of a picture's side that a first try keeps
RECIPES = (
    ("half", 0.5, None, "half of the weights become zeros"),
    ("sparse", 0.8, None, "four fifths do"),
    ("small", 0.8, 16, "the same, then weights share few values: the smallest file"),
)
RANDOM_STATE = 42
SPLIT_BY = {
    "column": "says which part a row belongs to",
    "group": "names the group of a row, and each group stays in one part",
    "time": "is the time of a row, and the last rows test",
}
UNSEEN = "a category that no training row has: zeros in all its inputs; refuse: an error"


class Draft(NamedTuple):
    """A `params.yaml`, and what a user is told of it."""

    text: str
    findings: Findings
    said: list[str]


def draft(
    path: Path,
    target: str,
    task: TaskName | None,
    source: str,
    model_file: str | None = None,
    asked: Given = given.NOTHING,
    units: int | None = None,
) -> Draft:
    """Draft parameters for a source at `path`, which lies at `source` in the project.

    `units` are those of the last layer of the model at `model_file`, if they are known.

    Raises:
        InputError: the source cannot be read, or its target cannot be predicted.
    """
    own = None if target == INPUTS else target
    fixed = dict(asked.data)
    standardize = fixed.pop("standardize", model_file is None)
    pictures = fixed.pop("image", None)
    by = asked.split
    look = functools.partial(settled.settle, str(path), own, given=fixed)
    found = look(task, how=_split(by))
    guessed = task or (
        "regression" if own is None else proposed.task_of(found.findings, units or 0)
    )
    if not by and (parts_column := proposed.parts_column(found.findings)):
        by = {"column": parts_column}
    if (by, guessed) != (asked.split, task):  # of classes, other things are doubtful
        found = look(guessed, how=_split(by))
    keys, split = dict(found.keys), _split(by)
    image = _image(path, found.findings)
    data = {"source": path.as_posix(), "target": target, **keys, "standardize": standardize}
    if image:
        image |= pictures or {}
        data["image"] = {key: image[key] for key in ("size", "color", "resize")}
    counts, data = _read(path, data, guessed, split, found.findings)
    if "unseen" in data and "unseen" not in keys:
        keys["unseen"] = data["unseen"]
    if image:
        image["color"] = data["image"]["color"]
    rows = proposed.train_rows(found.findings.rows, counts)
    layers = proposed.bottleneck(found.findings) if own is None else proposed.layers(found.findings)
    n = proposed.lengths(rows, any(layer["type"].startswith("Conv") for layer in layers))
    text = _written(
        {
            "data": {"source": source, "target": target, "keys": list(keys.items())},
            "reasons": {**_reasons(found), "unseen": UNSEEN, **dict.fromkeys(fixed, "as asked")},
            "left_out": list(settled.left_out(found)),
            "target_note": _target_note(target, guessed, task),
            "image": image,
            "standardize": standardize,
            "task": guessed,
            "split_by": by,
            "own_parts": counts is not None and counts.get("given", 0) > 0,
            "test": proposed.TEST,
            "validation": proposed.VALIDATION,
            "split_reasons": SPLIT_BY,
            "model_file": model_file,
            "layers": layers,
            "recipes": RECIPES,
        },
        n,
    )
    said = [*_said(found), _guess(target, guessed, task)]
    said += [f"{name}: {SPLIT_BY[key]}; no input" for key, name in by.items()]
    if own is None and "anomaly" not in keys:
        said += [
            f"{name}: not read; where it marks anomalous rows, which must not train: "
            f"--set data.anomaly={name}"
            for name in proposed.marks(found.findings)
        ]
    return Draft(text, found.findings, said)


def _split(by: Mapping[str, Any]) -> Split:
    how = {"test_size": proposed.TEST, "validation_size": proposed.VALIDATION}
    return Split.model_validate({**how, "random_state": RANDOM_STATE, **by})


def _written(context: dict[str, Any], n: Lengths) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True, undefined=jinja2.StrictUndefined,
        autoescape=False,
    )  # fmt: skip
    environment.filters["yaml"] = yaml
    return environment.get_template("params.yaml.jinja").render(n=n, **context)


def yaml(value: Any) -> str:
    """Return a value as YAML on one line; JSON is YAML, and plain words need no quotes."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {yaml(own)}' for key, own in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(yaml, value))}]"
    plain = isinstance(value, str) and value.isascii() and value.replace("/", "").isidentifier()
    if plain and value.lower() not in ("true", "false", "null", "yes", "no", "on", "off", "y", "n"):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _reasons(found: Settled) -> dict[str, str]:
    """Return why each key is set."""
    why: dict[str, list[str]] = {}
    for doubt in found.doubts:
        for key in doubt.settles:
            why.setdefault(key, []).append(f"{doubt.column}: {settled.brief(doubt)}")
    said = {key: _short(reasons) for key, reasons in why.items()}
    own = {"separator": "what stands between two cells", "thousands": "the mark between thousands",
           "decimal": "the decimal mark"}  # fmt: skip
    return {**dict.fromkeys(found.keys, "so that all columns can be read"), **own, **said}


def _short(reasons: list[str]) -> str:
    more = f" (and {len(reasons) - 1} more columns)" if len(reasons) > 1 else ""
    first = " ".join(reasons[0].split())
    return f"{first[:120]}{'…' if len(first) > 120 else ''}{more}"


def _image(path: Path, found: Findings) -> dict[str, Any] | None:
    """Propose a size for pictures: that of the first, or a smaller one."""
    shapes = [column.shape for column in found.columns if column.kind == "picture"]
    if not shapes:
        return None
    height, width = shapes[0][:2] if shapes[0] else (LARGE, LARGE)
    why = "pictures of another size: crop the middle and scale; or stretch, pad, or null: refuse"
    if max(height, width) > LARGE:
        height, width = (max(1, side * LARGE // max(height, width)) for side in (height, width))
    return {"size": [height, width], "color": "rgb", "resize": "crop", "why": why}


def _read(
    path: Path, data: dict[str, Any], task: TaskName, how: Split, found: Findings
) -> tuple[dict[str, int] | None, dict[str, Any]]:
    """Read and divide a source as the first stage will; return rows by part, and the keys.

    A large source is not read, so nothing is known of its parts.
    """
    pictures = any(column.kind == "picture" for column in found.columns)
    if pictures and found.rows > MOST_PICTURES:
        image_folder.check(Data.model_validate(data), task, how)
        return None, data
    if not pictures and _size(path) > MOST_BYTES:
        return None, data
    for _ in range(3):
        try:
            checked = Data.model_validate(data)
            raw = reading.read(checked, task, how)
            parts = dividing.divide(raw, how).parts
            learned = encoding.learn(raw, parts[0], checked, task)
            named = dict(zip(("train", "validation", "test"), parts, strict=True))
            encoding.stored(learned, raw, named)
            own = raw.split_by is not None and raw.split_by.key in ("parts", "column")
            return {"given": int(own)} | {name: len(rows) for name, rows in named.items()}, data
        except InputError as error:
            if "data.unseen: zeros" in str(error) and "unseen" not in data:
                data = {**data, "unseen": "zeros"}
            elif "data.image.color: rgba" in str(error) and data["image"]["color"] != "rgba":
                data = {**data, "image": {**data["image"], "color": "rgba"}}
            else:
                raise
    raise AssertionError("each key is settled once")


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _said(found: Settled) -> list[str]:
    """Say what is left out and how the rest is read."""
    lines = [f"left out: {name}: {why}" for name, why in settled.left_out(found)]
    return [
        *lines,
        *(
            f"{doubt.column}: {settled.brief(doubt)}; settled by {doubt.line}"
            for doubt in found.doubts
            if doubt.settles and "drop" not in doubt.settles
        ),
    ]


def _target_note(target: str, guessed: TaskName, task: TaskName | None) -> str:
    if target == INPUTS:
        return ": the inputs themselves, by an autoencoder"
    return "" if task else f"; read as {'a number' if guessed == 'regression' else 'classes'}"


def _guess(target: str, guessed: TaskName, task: TaskName | None) -> str:
    return f"target {target}: task {guessed}" + ("" if task else ", as it looks; --task says other")
