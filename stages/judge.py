"""Score a trial's files on test rows, once: those of the best recipe of a search, on new seeds."""

import json
from pathlib import Path
from typing import Any

from secateur.arrays import encoding, parts
from secateur.core import errors, files, params
from secateur.core.seeds import over_seeds, seed_file
from secateur.core.tasks import TASKS, TaskName
from secateur.evaluate import litert, predictions, scoring
from secateur.keras_io import h5_files

FOLDER = Path("search")
FILES = FOLDER / "files"
BASELINE = Path("models/trained/baseline")


def main() -> None:
    """Write the figures of the files and of the baseline's networks, by seed."""
    given = params.read()
    task = TASKS[given.section("task", TaskName)]
    safe_mode = given.optional("model.safe_mode", bool, True)
    about = json.loads((FILES / "about.json").read_text(encoding="utf-8"))
    part = parts.read(Path("data/split/test"), encoding.read(Path("models/encoding.json")))
    test, anomalous = part.rows(), part.anomalous
    predict = predictions.predictor()
    of_all = litert.predictor(test.x)
    files_found: dict[int, Any] = {}
    baseline: dict[int, Any] = {}
    for key, inputs in about["inputs"].items():
        seed = int(key)
        content = seed_file(FILES, seed).with_suffix(".tflite").read_bytes()
        of_file = of_all if inputs is None else litert.predictor(test.of_inputs(inputs).x)
        files_found[seed] = scoring.scores(task, of_file(content, True), test, anomalous)
        model = h5_files.load(seed_file(BASELINE, seed), safe_mode)
        baseline[seed] = scoring.scores(task, _flat(predict(model, test.x)), test, anomalous)
    files.write_json(FOLDER / "judged.json", {
        "rows": len(test.y), "file": over_seeds(files_found), "baseline": over_seeds(baseline),
    })  # fmt: skip


def _flat(predicted: Any) -> Any:
    """Return predictions (n, *shape) as (n, outputs)."""
    return predicted.reshape(len(predicted), -1)


if __name__ == "__main__":
    errors.run(main)
