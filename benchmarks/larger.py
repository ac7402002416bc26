"""Peak memory of each stage with more pictures than memory: `python benchmarks/larger.py [GIB]`.

It writes `benchmarks/larger.md`. It makes so many GiB of PNG files (96 x 96 x 3, a folder for each
class) in a temporary folder, and runs the stages on them in processes of their own, with a small
network and one epoch, and then Keras's own way: `image_dataset_from_directory`, `fit`, `evaluate`
and the converter. Takes four times the disk.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from ruamel.yaml import YAML

from measure import HERE, note, table

SHAPE = (96, 96, 3)
CLASSES = 4
LIMIT = 1.5  # GiB that a stage may take
STAGES = (
    ("split",), ("build_model",), ("check_recipes",), ("train_baseline",), ("prune", "control"),
    ("strip",), ("compact",), ("cluster", "control"), ("convert", "baseline"), ("evaluate",),
)  # fmt: skip
NETWORK = """
from tf_keras import Sequential, layers

def build_model(input_shape, outputs):
    return Sequential([
        layers.Input(input_shape), layers.AveragePooling2D(8), layers.Flatten(),
        layers.Dense(16, "relu"), layers.Dense(outputs, "softmax"),
    ])
"""


def params() -> dict[str, Any]:
    """Return the digits example's parameters with pictures, one seed and one epoch."""
    given: dict[str, Any] = YAML(typ="safe").load(HERE.parent / "examples/digits/params.yaml")
    given |= {"seeds": [0], "task": "multiclass", "model": {"build": "network/small.py"}}
    given["data"] = {"source": "data/pictures"}
    given["train_baseline"] = {"epochs": 1, "patience": None}
    given["recipes"] = {
        "control": {"start": "baseline", "scope": "none", "epochs": 1, "patience": None}
    }
    return given


def write_pictures(folder: Path, gib: float) -> int:
    """Write files of noise, of another brightness for each class; return how many."""
    count = round(gib * (1 << 30) / np.prod(SHAPE) / CLASSES)
    draws = np.random.default_rng(0)
    for label in range(CLASSES):
        (folder / str(label)).mkdir(parents=True)
        for number in range(count):
            pixels = draws.integers(label * 30, 128 + label * 30, SHAPE, dtype=np.uint8)
            path = folder / str(label) / f"{number:06}.png"
            Image.fromarray(pixels).save(path, compress_level=0)
    return count * CLASSES


def measured(command: tuple[str, ...], folder: Path) -> tuple[float, float]:
    """Run a script; return its seconds and its peak memory in GiB."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command], cwd=folder, stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": "src"},
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)}: status {status}")
    took, peak = time.perf_counter() - start, usage.ru_maxrss / (1 << 20)
    note(f"    {' '.join(command[1:]) or command[0]}: {took:.1f} s, {peak:.2f} GiB")
    return took, peak


ABOUT = """# More pictures than memory

Written by `python benchmarks/larger.py`. The stages train two networks, score each as Keras and as
TFLite files, and look for equal rows; Keras's script trains one, scores it, and converts it.

"""


def larger(gib: float) -> tuple[str, float]:
    """Return a table, and the largest peak of a stage in GiB."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("src", "stages"):
            shutil.copytree(HERE.parent / part, folder / part)
        shutil.copy(HERE / "keras_pictures.py", folder)
        (folder / "network").mkdir()
        (folder / "network/small.py").write_text(NETWORK)
        with (folder / "params.yaml").open("w") as file:
            YAML(typ="safe").dump(params(), file)
        rows = write_pictures(folder / "data/pictures", gib)
        note(f"{rows:,} pictures are written")
        figures = {
            "@".join(stage): measured((f"stages/{stage[0]}.py", *stage[1:]), folder)
            for stage in STAGES
        }
        peer = measured(("keras_pictures.py", "data/pictures"), folder)
    size = rows * np.prod(SHAPE) / (1 << 30)
    total = sum(took for took, _ in figures.values()), max(peak for _, peak in figures.values())
    named = {
        **figures,
        "all stages; the largest peak": total,
        "`image_dataset_from_directory`, `fit`, `evaluate`, converter": peer,
    }
    lines = [[key, f"{took:.0f}", f"{peak:.2f}"] for key, (took, peak) in named.items()]
    text = f"{rows:,} PNG files, {size:.2f} GiB of pixels, one seed, one epoch, one recipe.\n\n"
    return text + table(["stage", "seconds", "peak GiB"], lines), total[1]


def main(gib: float) -> None:
    """Write the page; fail if a stage takes more than `LIMIT`."""
    text, peak = larger(gib)
    page = f"{ABOUT}{text}"
    (HERE / "larger.md").write_text(page, encoding="utf-8")
    print(page)
    if peak > LIMIT:
        raise SystemExit(f"a stage took {peak:.2f} GiB; at most {LIMIT}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
