"""What the pipeline leaves of a user's data, and of one model, for the commands that export it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from secateur.arrays import encoding, parts
from secateur.command import exportable
from secateur.core.files import write_json
from secateur.core.params import validate
from secateur.core.tasks import TASKS, TaskName
from secateur.data import encoding as learning
from secateur.data import reading
from secateur.data.parameters import Data
from secateur.evaluate import litert, operators
from secateur.evaluate.scoring import error
from secateur.evaluate.sizes import file_sizes
from secateur.export.tflite import convert
from secateur.keras_io.backend import keras


def project(
    task: TaskName,
    *kinds: str,
    inputs: Any = None,
    layers: Sequence[keras.layers.Layer] = (),
    **data: Any,
) -> None:
    """What the pipeline leaves of these data, with a model of random weights.

    The first of `kinds` (float32) ships; `layers` stand before the last one.
    """
    kinds = kinds or ("float32",)
    with Path("params.yaml").open("w") as file:
        YAML().dump({"data": data}, file)
    read = validate(Data, data, "data")
    raw = reading.read(read, task)
    rows = np.arange(len(raw.target))
    learned = learning.learn(raw, rows, read, task)
    x, y = learning.stored(learned, raw, {"train": rows})
    parts.write(Path("data/split/test"), x, y, rows)
    write_json(exportable.ENCODING, learned.model_dump())
    outputs = encoding.shape(learned, 1)["outputs"]
    shape = learned.shape if inputs is None else [len(inputs)]
    keras.utils.set_random_seed(0)
    activation = {"regression": None, "binary": "sigmoid", "multiclass": "softmax"}[task]
    model = keras.Sequential(
        [
            keras.layers.Input(shape), *layers, keras.layers.Flatten(),
            keras.layers.Dense(outputs, activation, bias_initializer="random_normal"),
        ]
    )  # fmt: skip
    part = parts.read(Path("data/split/test"), learned)
    own = part.rows().of_inputs(inputs)
    calibration = own.x[:]
    figures: dict[str, Any] = {}
    for kind, made in convert(model, kinds, calibration):
        path = Path(f"models/tflite/small/minified_{kind}/seed_3.tflite")
        path.parent.mkdir(parents=True)
        path.write_bytes(made)
        measured = error(TASKS[task], litert.predict(made, own.x), own, part.anomalous)
        by_seed = {"median": measured, "seeds": {"3": measured}}
        figures[f"minified_{kind}"] = {
            TASKS[task].metric: by_seed,
            "validation": by_seed,
            "bytes": {"median": len(made)},
            "gzip_bytes": {"median": file_sizes(made, 9)["gzip_bytes"]},
            "macs": {"median": sum(one.macs for one in operators.of(operators.read(made)))},
        }
    artifact = f"minified_{kinds[0]}"
    figures["stripped"] = dict(figures[artifact])
    write_json(Path("models/compacted/small/inputs.json"), {"3": inputs})
    file = f"models/tflite/small/{artifact}/seed_3.tflite"
    shipped = {"artifact": artifact, "seed": 3, "file": file}
    write_json(Path("metrics/ship.json"), {"recommended": "small", "models": {"small": shipped}})
    write_json(Path("metrics/summary.json"), {"small": {"ship": {"gzip_bytes": 500.0}}})
    write_json(Path("metrics/detail.json"), {"sizes": {"small": figures}})
