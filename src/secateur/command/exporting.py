"""What `secateur export` does: a folder that predicts without Secateur."""

import importlib.metadata
import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from secateur.arrays import encoding, parts
from secateur.arrays.encoding import Array, Encoding
from secateur.artifacts import inputs_of
from secateur.command import exportable, exported, exported_rows, ship
from secateur.command.exporting_c import not_as_good
from secateur.core import files, params
from secateur.core.errors import InputError
from secateur.core.tasks import TASKS
from secateur.data import numerals
from secateur.data.parameters import Data
from secateur.evaluate import litert
from secateur.report.budget import number

# How far another machine's kernels may be apart, times one plus the largest output.
TOLERANCE = {"float32": 1e-4, "float16": 1e-4, "dynamic": 0.002} | dict.fromkeys(
    ("int8", "int4", "mixed"), 0.01
)
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
    chosen = ship.choose(exportable.named(model), artifact, seed, "MODEL")
    exportable.check_folder(folder)
    learned = encoding.read(exportable.ENCODING)
    data: Data = params.read().section("data", Data)
    test = parts.read(exportable.TEST, learned)
    inputs = inputs_of(chosen.model, chosen.artifact, chosen.seed)
    content = chosen.path.read_bytes()
    error = exportable.checked_error(chosen, content, inputs, test)
    figures = exportable.measured(chosen.model)
    worse = not_as_good(figures, chosen.artifact)
    rows = exportable.known_rows(test)
    x = test.inputs(rows)
    expected = litert.predict(content, x if inputs is None else x[:, inputs])
    kind = chosen.artifact.rpartition("_")[2]
    with files.replacing(folder) as partial:
        partial.mkdir(parents=True)
        (partial / "model.tflite").write_bytes(content)
        how = {**learned.model_dump(), "inputs": inputs, "rows": exported_rows.spelling(data)}
        if pictures := _pictures(learned):
            how["pictures"] = pictures
        exportable.write_json(partial / "encoding.json", how)
        name = exported_rows.write(partial, learned, data, test.x[rows], bool(pictures))
        vector = {
            "rows": name,
            "inputs": x.tolist(),
            "outputs": expected.tolist(),
            "tolerance": TOLERANCE[kind] * (1 + float(np.abs(expected).max())),
        }
        exportable.write_json(partial / "test_vector.json", vector)
        for module in _modules(learned, bool(pictures)):
            (partial / module.name).write_bytes(module.read_bytes())
        if pictures:
            _write_decoder(partial)
        readme = _readme(chosen, seed, learned, name, _listed(figures, chosen, learned) + worse)
        (partial / "README.md").write_text(readme, encoding="utf-8")
        packages = ["numpy", "ai-edge-litert", *(["Pillow"] if pictures else [])]
        pinned = [f"{name}=={importlib.metadata.version(name)}\n" for name in packages]
        (partial / "requirements.txt").write_text("".join(pinned), encoding="utf-8")
        said = _check(partial)
    best = " (the best on validation rows)" if seed is None else ""
    return [
        f"{folder}: {chosen.model}, {chosen.artifact}, seed {chosen.seed}{best}, "
        f"{len(content):,} bytes, test {error}{worse}; {said}",
        "next: copy the folder; there, python -m pip install -r requirements.txt, and "
        "python predict.py --check",
    ]


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


def _listed(figures: dict[str, Any], chosen: ship.Choice, learned: Encoding) -> str:
    """Return the figures of the artifact that is exported, which need not be the one that ships."""
    keys = ("gzip_bytes", "macs", TASKS[learned.task].metric)
    medians = {key: figures[chosen.artifact][key]["median"] for key in keys}
    return ", ".join(
        f"{key} {'no number' if value is None else number(value)}" for key, value in medians.items()
    )


def _readme(
    chosen: ship.Choice, seed: int | None, learned: Encoding, rows: str, figures: str
) -> str:
    item = learned.columns[0]
    shape = " x ".join(map(str, learned.shape))
    takes = f"an array of {shape} a row" if isinstance(item, Array) else "a table with the columns "
    takes += "" if isinstance(item, Array) else ", ".join(f"`{c.name}`" for c in learned.columns)
    target = learned.target
    classes = "" if target.classes is None else f", one of {', '.join(map(str, target.classes))}"
    which = "of the\nseeds, the one with the lowest validation loss" if seed is None else "as asked"
    return f"""# {chosen.model}

`model.tflite` is `{chosen.artifact}` of the model `{chosen.model}`, seed {chosen.seed}: {which}.
Test figures of `{chosen.artifact}`, medians over the seeds: {figures}.

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
