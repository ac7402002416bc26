"""Whether measured time is steady enough to compare files: `python benchmarks/latency.py`.

It times networks of 128 and 1,024 units as `measure_latency` does, one of them twice under two
names, first alone and then while another process keeps one core busy.
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

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

HEAD = [
    "file",
    "kernels",
    "µs",
    "ratio",
    "5th to 95th percentile",
    "busy: µs",
    "ratio",
    "changed by",
]
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
    """Print the figures of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    how = params.read().section("measure_latency", MeasureLatency).turns()
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder))
        beside = {key: f"{FIRST}, {key.rpartition(', ')[2]}" for key in files}
        runs = []
        for around in (contextlib.nullcontext(), busy()):
            with around:
                runs.append(timing.measure(files, beside, FIRST, how, say=lambda _: None)["files"])
    rows = []
    for key in files:
        for kernels in timing.KERNELS:
            alone, beside_busy = (run[key][kernels] for run in runs)
            was, now = (own["ratio"]["median"] for own in (alone, beside_busy))
            spread = f"{alone['ratio']['low']:.3f} to {alone['ratio']['high']:.3f}"
            rows.append([key, kernels, alone["p50_us"], f"{was:.3f}", spread,
                         beside_busy["p50_us"], f"{now:.3f}", f"{now / was - 1:+.1%}"])  # fmt: skip
    print(f"{machine.processor()}, {how}\n")
    print(tabulate(rows, HEAD, "pipe", disable_numparse=True))


if __name__ == "__main__":
    main()
