"""Train the points of the trade-off curve and make a file of each."""

from pathlib import Path

import numpy as np

from secateur import errors, files, model_files, params, tables
from secateur.converting import convert
from secateur.curve import Curve
from secateur.network import Model
from secateur.packing import pack
from secateur.seeds import Seeds
from secateur.tasks import TASKS, TaskName
from secateur.trade_off import TradeOff


def main() -> None:
    """Write each point as the smallest TFLite file, and which inputs it reads."""
    model = params.section("model", Model)
    curve = Curve(
        TASKS[params.section("task", TaskName)],
        params.section("trade_off", TradeOff),
        model_files.load_seeds(
            Path("models/baseline"), params.section("seeds", Seeds), model.trust
        ),
        model,
        params.section("train_baseline.epochs", int),
        tables.read(Path("data/train.parquet")),
        tables.read(Path("data/validation.parquet")),
    )
    made = []
    with files.replacing(Path("models/trade_off")) as folder:
        folder.mkdir()
        for point in curve.points():
            name = f"{point.kind}_{point.sparsity:g}_seed_{point.seed}.tflite"
            ((_, content),) = convert(point.model, ["float32"], np.empty(0))
            (folder / name).write_bytes(pack(content))
            made.append({
                "kind": point.kind, "sparsity": point.sparsity, "seed": point.seed, "file": name,
                "inputs": point.inputs,
            })  # fmt: skip
        files.write_json(folder / "points.json", made)


if __name__ == "__main__":
    errors.run(main)
