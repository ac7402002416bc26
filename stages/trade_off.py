"""Train the points of the trade-off curve and write a file for each."""

import functools
from pathlib import Path

import numpy as np

from secateur.arrays import parts
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds, seed_file
from secateur.core.tasks import TASKS, TaskName
from secateur.export.minify import minify
from secateur.export.tflite import convert
from secateur.network.model import Model
from secateur.trade_off import curve
from secateur.trade_off.kinds import Given
from secateur.trade_off.points import TradeOff

SPLIT = Path("data/split")
ENCODING = Path("models/encoding.json")


def main() -> None:
    """Write each point as a minified TFLite file, and list the inputs that it reads."""
    given = params.read()
    model = given.section("model", Model)
    seeds = given.section("seeds", Seeds)
    settings = given.section("trade_off", TradeOff)
    lazily = bool(settings.training.augmentation)
    start = Given(
        TASKS[given.section("task", TaskName)],
        settings,
        {seed: seed_file(Path("models/trained/baseline"), seed) for seed in seeds},
        model,
        given.section("train_baseline.epochs", int),
        functools.partial(parts.train_and_validation, SPLIT, ENCODING, lazily),
    )
    paths = [SPLIT / "train", SPLIT / "validation", ENCODING, Path(__file__)]
    made = []
    with files.replacing(Path("models/trade_off")) as folder:
        folder.mkdir()
        for point in curve.points(start, paths):
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
