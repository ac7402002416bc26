"""Peak memory of each stage with more pictures than memory: `python benchmarks/larger.py [GIB]`.

Writes so many GiB of pictures (96 x 96 x 3, uint8) into a temporary folder, and runs the stages on
them in processes of their own, with a small network and one epoch. Takes four times the disk.
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
from ruamel.yaml import YAML

from measure import HERE, note, table

SHAPE = (96, 96, 3)
FILE_ROWS = 1 << 12  # 108 MiB
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
    """Return the diabetes example's parameters with pictures, one seed and one epoch."""
    given: dict[str, Any] = YAML(typ="safe").load(HERE.parent / "examples/digits/params.yaml")
    given |= {"seeds": [0], "task": "multiclass", "model": {"build": "network/small.py"}}
    given["data"] = {"source": "data/pictures", "target": "y"}
    given["train_baseline"] = {"epochs": 1, "patience": None}
    given["recipes"] = {
        "control": {"start": "baseline", "scope": "none", "epochs": 1, "patience": None}
    }
    return given


def write_pictures(folder: Path, gib: float) -> int:
    """Write files of pictures of four classes; return how many pictures."""
    folder.mkdir(parents=True)
    files = max(1, round(gib * (1 << 30) / (FILE_ROWS * np.prod(SHAPE))))
    for number in range(files):
        draws = np.random.default_rng(number)
        y = draws.integers(0, 4, FILE_ROWS).astype(np.uint8)
        x = draws.integers(0, 128, (FILE_ROWS, *SHAPE), dtype=np.uint8)
        x += (y * 30)[:, None, None, None]
        np.savez(folder / f"{number:03}.npz", x=x, y=y)
    return files * FILE_ROWS


def measured(stage: tuple[str, ...], folder: Path) -> tuple[float, float]:
    """Run a stage; return its seconds and its peak memory in GiB."""
    name, *args = stage
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, f"stages/{name}.py", *args], cwd=folder, stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": "src"},
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(stage)}: status {status}")
    return time.perf_counter() - start, usage.ru_maxrss / (1 << 20)


def main(gib: float) -> None:
    """Print a table; fail if a stage takes more than `LIMIT`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("src", "stages"):
            shutil.copytree(HERE.parent / part, folder / part)
        (folder / "network").mkdir()
        (folder / "network/small.py").write_text(NETWORK)
        with (folder / "params.yaml").open("w") as file:
            YAML(typ="safe").dump(params(), file)
        rows = write_pictures(folder / "data/pictures", gib)
        lines, peaks = [], []
        for stage in STAGES:
            took, peak = measured(stage, folder)
            note(f"    {' '.join(stage)}: {took:.1f} s, {peak:.2f} GiB")
            peaks.append(peak)
            lines.append(["@".join(stage), f"{took:.1f}", f"{peak:.2f}"])
    size = rows * np.prod(SHAPE) / (1 << 30)
    print(f"{rows:,} pictures, {size:.2f} GiB\n")
    print(table(["stage", "seconds", "peak GiB"], lines))
    if max(peaks) > LIMIT:
        raise SystemExit(f"a stage took {max(peaks):.2f} GiB; at most {LIMIT}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
