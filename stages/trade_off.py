"""Train the points of the trade-off curve and write a file for each."""

import functools
from pathlib import Path

from secateur.arrays import encoding, parts
from secateur.arrays.rows import evenly
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds, seed_file
from secateur.core.tasks import TASKS, TaskName
from secateur.export.minify import minify
from secateur.export.tflite import convert_or_reason
from secateur.network.model import Model
from secateur.trade_off import curve
from secateur.trade_off.kinds import Given
from secateur.trade_off.points import TradeOff

SPLIT = Path("data/split")
ENCODING = Path("models/encoding.json")
SUFFIX = {"float32": ".tflite", "int8": "_int8.tflite"}


def main() -> None:
    """Write each point as minified TFLite files, and list the inputs that it reads."""
    given = params.read()
    most = given.section("convert.calibration_rows", int)
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
    train = parts.read(SPLIT / "train", encoding.read(ENCODING))
    few = train.batch(evenly(len(train), most))
    made = []
    with files.replacing(Path("models/trade_off")) as folder:
        folder.mkdir()
        for point in curve.points(start, paths):
            name = f"{point.kind}_{point.sparsity:g}_seed_{point.seed}"
            names: dict[str, str | None] = {}
            rows = few.of_inputs(point.inputs).x
            for kind, content, reason in convert_or_reason(point.model, ["float32", "int8"], rows):
                names[kind] = None if reason else f"{name}{SUFFIX[kind]}"
                if not reason:
                    (folder / f"{name}{SUFFIX[kind]}").write_bytes(minify(content))
            made.append({
                "kind": point.kind, "sparsity": point.sparsity, "seed": point.seed,
                "file": names["float32"], "int8": names["int8"], "inputs": point.inputs,
            })  # fmt: skip
        files.write_json(folder / "points.json", made)


if __name__ == "__main__":
    errors.run(main)
