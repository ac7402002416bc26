"""Train the points of the trade-off curve and write a file for each."""

from pathlib import Path

import numpy as np

from secateur.arrays import encoding, parts
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.export.minify import minify
from secateur.export.tflite import convert
from secateur.keras_io import h5_files
from secateur.network.model import Model
from secateur.trade_off.curve import Curve
from secateur.trade_off.points import TradeOff


def main() -> None:
    """Write each point as a minified TFLite file, and list the inputs that it reads."""
    given = params.read()
    model = given.section("model", Model)
    seeds = given.section("seeds", Seeds)
    learned = encoding.read(Path("models/encoding.json"))
    settings = given.section("trade_off", TradeOff)
    curve = Curve(
        TASKS[given.section("task", TaskName)],
        settings,
        h5_files.load_seeds(Path("models/trained/baseline"), seeds, model.safe_mode),
        model,
        given.section("train_baseline.epochs", int),
        parts.read(Path("data/split/train"), learned).rows(bool(settings.training.augmentation)),
        parts.read(Path("data/split/validation"), learned).rows(),
    )
    made = []
    with files.replacing(Path("models/trade_off")) as folder:
        folder.mkdir()
        for point in curve.points():
            name = f"{point.kind}_{point.sparsity:g}_seed_{point.seed}.tflite"
            ((_, content),) = convert(point.model, ["float32"], np.empty(0))
            (folder / name).write_bytes(minify(content))
            made.append({
                "kind": point.kind, "sparsity": point.sparsity, "seed": point.seed, "file": name,
                "inputs": point.inputs,
            })  # fmt: skip
        files.write_json(folder / "points.json", made)


if __name__ == "__main__":
    errors.run(main)
