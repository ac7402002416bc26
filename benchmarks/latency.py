"""Whether measured time is steady enough to compare files: `python benchmarks/latency.py`.

It times networks of 128 and 1,024 units as `measure_latency` does, one of them twice under two
names: alone, and while another process keeps one core busy, in turn.
"""

import argparse
import contextlib
import itertools
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

from secateur.core import params
from secateur.core.tasks import TASKS
from secateur.devices import machine, timing
from secateur.devices.latency import MeasureLatency
from secateur.export.minify import minify
from secateur.export.tflite import convert
from secateur.network import listed
from secateur.network.model import Model

HEAD = ["file", "kernels", "µs", "ratio", "ratio, one core busy", "farthest from the first"]
FIRST = "128 units"


def write(folder: Path) -> dict[str, Path]:
    """Write the networks as float32 and int8."""
    found = {}
    for units in (128, 1024):
        layers = [{"type": "Dense", "units": units, "activation": "relu"}]
        model = listed.build(
            Model.model_validate({"layers": layers}), [10], 1, TASKS["regression"], 0
        )
        rows = np.random.default_rng(0).random((100, 10), dtype=np.float32)
        for kind, content in convert(model, ["float32", "int8"], rows):
            path = folder / f"{units}_{kind}.tflite"
            path.write_bytes(minify(content))
            names = [FIRST, "the same again"] if units == 128 else [f"{units:,} units"]
            found |= {f"{name}, {kind}": path for name in names}
    return found


@contextlib.contextmanager
def busy() -> Iterator[None]:
    """Keep one core busy with another process."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()


def main() -> None:
    """Print each file's median ratio: the least and the largest of the repetitions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    how = params.read().section("measure_latency", MeasureLatency).turns()
    runs: dict[str, list[dict[str, Any]]] = {"alone": [], "busy": []}
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder))
        beside = {key: f"{FIRST}, {key.rpartition(', ')[2]}" for key in files}
        for _ in range(repeats):
            for name, around in (("alone", contextlib.nullcontext()), ("busy", busy())):
                with around:
                    found = timing.measure(files, beside, FIRST, how, say=lambda _: None)
                    runs[name].append(found["files"])
    rows = []
    for key, kernels in itertools.product(files, timing.KERNELS):
        if not key.startswith(FIRST):
            ratios = {name: [run[key][kernels]["ratio"]["median"] for run in own]
                      for name, own in runs.items()}  # fmt: skip
            first, *others = itertools.chain.from_iterable(ratios.values())
            rows.append([
                key, kernels, runs["alone"][0][key][kernels]["p50_us"],
                *(f"{min(own):.3f} to {max(own):.3f}" for own in ratios.values()),
                f"{max(abs(one / first - 1) for one in others):.1%}",
            ])  # fmt: skip
    print(f"{machine.processor()}; {repeats} times each; {how}\n")
    print(tabulate(rows, HEAD, "pipe", disable_numparse=True))


if __name__ == "__main__":
    main()
