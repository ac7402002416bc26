"""What `secateur export` does: a folder that predicts without Secateur."""

import csv
import importlib.metadata
import inspect
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from secateur.arrays import encode, encoding, parts
from secateur.arrays.encoding import Array, Category, Encoding, Number
from secateur.artifacts import BRIEF, DETAIL, inputs_of
from secateur.command import exported, ship
from secateur.core import files, params
from secateur.core.errors import InputError, did_you_mean, one_line
from secateur.core.tasks import TASKS
from secateur.data import csv_files, numerals
from secateur.data.parameters import Data
from secateur.evaluate import litert, scoring

ENCODING = Path("models/encoding.json")
TEST = Path("data/split/test")
RECOMMENDED = "recommended"
SAME = 1e-3  # of an error: another processor's kernels may differ in the last digits
ROWS = 10  # of the test part, at most, that the folder is checked with
# How far another machine's kernels may be apart, times one plus the largest output.
TOLERANCE = {"float32": 1e-4, "float16": 1e-4, "dynamic": 0.002, "int8": 0.01}
# Of the module that decoded the pictures of training, the only line that needs Secateur.
IMPORT = "from secateur.core.errors import InputError, one_line\n"
INSTEAD = '''InputError = ValueError


def one_line(error: BaseException) -> str:
    """Put another library's message on one line."""
    return " ".join(str(error).split())
'''


def export(
    model: str, folder: Path, artifact: str | None = None, seed: int | None = None
) -> list[str]:
    """Write a model's file, with all that predicting needs, and return what to say.

    What is None, `metrics/ship.json` decides.

    Raises:
        InputError: there is no such model, or it has no such TFLite file, or the file is not the
            one that the metrics speak of, or the folder is in use.
    """
    check_folder(folder)
    chosen = ship.choose(_named(model), artifact, seed, "MODEL")
    learned = encoding.read(ENCODING)
    data: Data = params.read().section("data", Data)
    test = parts.read(TEST, learned)
    inputs = inputs_of(chosen.model, chosen.artifact, chosen.seed)
    content = chosen.path.read_bytes()
    error = _checked_error(chosen, content, inputs, test)
    rows = _rows(learned, test)
    x = test.inputs(rows)
    expected = litert.predict(content, x if inputs is None else x[:, inputs])
    kind = chosen.artifact.rpartition("_")[2]
    with files.replacing(folder) as partial:
        partial.mkdir(parents=True)
        (partial / "model.tflite").write_bytes(content)
        how = {**learned.model_dump(), "inputs": inputs, "rows": _written(data)}
        if pictures := _pictures(learned):
            how["pictures"] = pictures
        _write_json(partial / "encoding.json", how)
        name = _write_rows(partial, learned, data, test.x[rows], bool(pictures))
        vector = {
            "rows": name,
            "inputs": x.tolist(),
            "outputs": expected.tolist(),
            "tolerance": TOLERANCE[kind] * (1 + float(np.abs(expected).max())),
        }
        _write_json(partial / "test_vector.json", vector)
        for module in _modules(learned, bool(pictures)):
            (partial / module.name).write_bytes(module.read_bytes())
        if pictures:
            _write_decoder(partial)
        (partial / "README.md").write_text(_readme(chosen, seed, learned, name), encoding="utf-8")
        packages = ["numpy", "ai-edge-litert", *(["Pillow"] if pictures else [])]
        pinned = [f"{name}=={importlib.metadata.version(name)}\n" for name in packages]
        (partial / "requirements.txt").write_text("".join(pinned), encoding="utf-8")
        said = _check(partial)
    best = " (the best on validation rows)" if seed is None else ""
    return [
        f"{folder}: {chosen.model}, {chosen.artifact}, seed {chosen.seed}{best}, "
        f"{len(content):,} bytes, test {error}; {said}",
        "next: copy the folder; there, python -m pip install -r requirements.txt, and "
        "python predict.py --check",
    ]


def _checked_error(
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
    try:
        measured = json.loads(DETAIL.read_text(encoding="utf-8"))["sizes"][chosen.model]
        then = measured[chosen.artifact][task.metric]["seeds"][str(chosen.seed)]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise InputError(
            f"{DETAIL}: has no error of {chosen.path}; `secateur repro` writes it: "
            f"{one_line(problem)}"
        ) from None
    if not math.isfinite(now):
        raise InputError(f"{chosen.path}: its test {task.label} is {now}; choose another file")
    then = math.nan if then is None else then  # JSON has no other figure that is not finite
    if not math.isclose(now, then, rel_tol=SAME, abs_tol=1e-12):
        raise InputError(
            f"{chosen.path}: its test {task.label} is {now:.6g}, but {then:.6g} in {DETAIL}: they "
            "are of different runs; `dvc checkout` or `secateur repro` brings those of one"
        )
    return f"{task.label} {now:.4g}"


def check_folder(folder: Path) -> None:
    """Raise InputError unless the folder is new, or empty, and its parent exists."""
    if not folder.parent.is_dir():
        raise InputError(f"{folder}: {folder.parent}: no such folder; make it, or correct the path")
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{folder}: no folder; name another")
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder}: holds files, and nothing is replaced; name a new folder")


def _named(model: str) -> str | None:
    known = [*ship.read().models]
    if model != RECOMMENDED and model not in known:
        hint = did_you_mean(model, [RECOMMENDED, *known])
        allowed = ", ".join([RECOMMENDED, *known])
        raise InputError(f"MODEL {model}: there is none{hint}; allowed: {allowed}")
    return None if model == RECOMMENDED else model


def _rows(learned: Encoding, test: parts.Part) -> np.ndarray:
    """Return the numbers of the first test rows whose categories are all known."""
    known = np.ones(len(test), dtype=bool)
    if not isinstance(learned.columns[0], Array):
        categories = [isinstance(item, Category) for item in learned.columns]
        known = (test.x[:, categories] != encode.NEW).all(axis=1)
    found = np.flatnonzero(known)[:ROWS]
    if not found.size:
        raise InputError(f"{TEST}: no row has only categories of the training rows")
    return found


def _written(data: Data) -> dict[str, Any]:
    """Return how the cells of a table are written."""
    return {
        "separator": data.separator,
        "decimal": data.decimal,
        "thousands": data.thousands,
        "missing_values": sorted(data.missing_values),
        "missing_words": sorted(csv_files.WORDS),
        "verbatim": sorted(data.verbatim),
    }


def _pictures(learned: Encoding) -> dict[str, Any] | None:
    """Return how pictures were decoded; None if the rows were none."""
    item = learned.columns[0]
    if not isinstance(item, Array) or item.image is None:
        return None
    return {**item.image.model_dump(), "size": learned.shape[:2]}


def _modules(learned: Encoding, pictures: bool) -> list[Path]:
    """Return the modules that the folder gets as they are."""
    here = Path(inspect.getfile(exported)).parent
    table = not isinstance(learned.columns[0], Array)
    return [here / "predict.py", *([Path(inspect.getfile(numerals))] if table else [])]


def _write_decoder(folder: Path) -> None:
    from secateur.data import image_files  # it imports Pillow

    source = Path(inspect.getfile(image_files)).read_text(encoding="utf-8")
    (folder / "image_files.py").write_text(source.replace(IMPORT, INSTEAD), encoding="utf-8")


def _write_rows(
    folder: Path, learned: Encoding, data: Data, stored: np.ndarray, pictures: bool
) -> str:
    """Write rows as a user would, from what `split` has stored; return the file's name."""
    if pictures:
        from PIL import Image

        (folder / "test_rows").mkdir()
        for number, pixels in enumerate(stored):
            image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
            image.save(folder / f"test_rows/{number:02}.png")
        return "test_rows"
    if isinstance(learned.columns[0], Array):
        np.save(folder / "test_rows.npy", np.ascontiguousarray(stored))
        return "test_rows.npy"
    with (folder / "test_rows.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=data.separator, lineterminator="\n")
        writer.writerow([item.name for item in learned.columns])
        writer.writerows(
            [_cell(item, cell, data) for item, cell in zip(learned.columns, row, strict=True)]
            for row in stored.tolist()
        )
    return "test_rows.csv"


def _cell(item: Any, value: float, data: Data) -> str:
    """Return a stored cell as it may be written in a table."""
    if np.isnan(value):
        return ""
    if isinstance(item, Number):
        number = str(int(value)) if value.is_integer() else repr(value)
        return f"{number.replace('.', data.decimal)}{item.unit}"
    level: str = item.levels[int(value)]
    return level


def _write_json(path: Path, content: Any) -> None:
    text = json.dumps(content, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _readme(chosen: ship.Choice, seed: int | None, learned: Encoding, rows: str) -> str:
    figures = json.loads(BRIEF.read_text(encoding="utf-8"))[chosen.model]["ship"]
    scores = ", ".join(f"{key} {value:.4g}" for key, value in sorted(figures.items()))
    item = learned.columns[0]
    shape = " x ".join(map(str, learned.shape))
    takes = f"an array of {shape} a row" if isinstance(item, Array) else "a table with the columns "
    takes += "" if isinstance(item, Array) else ", ".join(f"`{c.name}`" for c in learned.columns)
    target = learned.target
    classes = "" if target.classes is None else f", one of {', '.join(map(str, target.classes))}"
    which = "of the\nseeds, the one with the lowest validation loss" if seed is None else "as asked"
    return f"""# {chosen.model}

`model.tflite` is `{chosen.artifact}` of the model `{chosen.model}`, seed {chosen.seed}: {which}.
Test figures of the file of `{chosen.model}` that ships, medians over the seeds: {scores}.

It takes {takes}, and predicts `{target.name}`{classes}.
`encoding.json` says how a row becomes the model's inputs, and what its outputs mean.

```console
$ python -m pip install -r requirements.txt
$ python predict.py --check        # on each machine, once: does it predict as expected?
$ python predict.py {rows}
```
"""


def _check(folder: Path) -> str:
    """Run the folder's own check, as a user will; return what it prints."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, "-B", folder.resolve() / "predict.py", "--check"],
        capture_output=True, text=True, env=env, check=False,
    )  # fmt: skip
    if run.returncode:
        raise InputError(f"{folder.name}: predict.py --check: {run.stderr.strip()[-300:]}")
    return run.stdout.strip()
