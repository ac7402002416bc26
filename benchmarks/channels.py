"""What does a removal of channels buy? `python benchmarks/channels.py [NETWORK.h5 …]`.

For each network: how long its graph, the scores and the removal take, and what a CPU, a
microcontroller and an Ethos-U pay for the file without the channels, beside the whole one. Nothing
trains: weights decide no time. Without files it takes ResNet-8 and a ResNet-50 of Keras's, whose
files no device here holds, and writes `channels.md`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from measure import HERE, note, table

sys.path.insert(0, str(HERE.parent / "src"))

from secateur.arrays.rows import Rows
from secateur.core.tasks import TASKS
from secateur.devices import costs, machine, timing
from secateur.devices.turns import Turns

OWN = ("resnet8", "resnet50")
LARGE = 5_000_000  # weights, beyond which no files are made
KINDS = ("float32", "int8")
NPU = ("ethos-u55-128", "Ethos_U55_High_End_Embedded", "Shared_Sram")
ENV = {**os.environ, "PYTHONPATH": str(HERE.parent / "src")}


def make(name: str, keep: float, round_to: int, folder: Path) -> None:
    """Remove channels from a network, and write how long that took, and files before and after."""
    from secateur.compress import channel_choice, channel_scores, removal
    from secateur.compress.channel_choice import macs
    from secateur.export.minify import minify
    from secateur.export.tflite import convert
    from secateur.network import channels

    model = load(name)
    seconds: dict[str, float] = {}

    def timed(what: str, call: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = call()
        seconds[what] = time.perf_counter() - start
        return result

    found = timed("graph", lambda: channels.of(model))
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    scored = timed("scores", lambda: channel_scores.scores(found, weights, "l2"))
    before = macs(model, found, np.zeros(0, int))

    def choose() -> np.ndarray:
        return channel_choice.choose(
            found, scored, lambda gone: macs(model, found, gone), keep * before, round_to=round_to
        )

    gone = timed("choice", choose)
    smaller = timed("removal", lambda: removal.removed(model, found, gone))
    about = {"weights": model.count_params(), "layers": len(model.layers), "seconds": seconds,
             "macs": [before, macs(model, found, gone)], "groups": len(found.groups()),
             "whole": found.whole}  # fmt: skip
    (folder / "about.json").write_text(json.dumps(about))
    if model.count_params() > LARGE:
        return
    rows = rows_of(model.input_shape[1:])
    np.save(folder / "x.npy", rows)
    for variant, network in (("whole", model), ("fewer", smaller)):
        for kind, content in convert(network, KINDS, rows):
            (folder / f"{variant}_{kind}.tflite").write_bytes(minify(content))


def load(name: str) -> Any:
    """Return a network of a file, or one of these: weights are random then."""
    from faster_networks import resnet8
    from secateur.keras_io import h5_files
    from secateur.keras_io.backend import keras

    keras.utils.set_random_seed(0)
    if name == "resnet8":
        return resnet8(1)
    if name == "resnet50":
        from tf_keras.src.applications.resnet import ResNet50

        return ResNet50(weights=None)
    return h5_files.load(Path(name))


def rows_of(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 1, (50, *shape)).astype(np.float32)


def paid(folder: Path, how: Turns) -> list[tuple[str, float | None, float | None]]:
    """Return each cost of the whole network and of the one without the channels."""
    x = np.load(folder / "x.npy")[:1]
    settings = costs.MeasureCosts(
        accelerator=NPU[0], system=NPU[1], memory_mode=NPU[2], rows=1, largest_arena_bytes=1 << 26
    )
    names = [f"{variant}_{kind}" for kind in KINDS for variant in ("whole", "fewer")]
    outputs = np.zeros((1, 1), np.float32)
    files = [
        costs.File((folder / f"{name}.tflite").read_bytes(), Rows(x, outputs)) for name in names
    ]
    counted = dict(zip(names, costs.of_files(files, settings, TASKS["multiclass"]), strict=True))
    rows = []
    for kind, key, label in (
        ("float32", "bytes", "file, float32: bytes"), ("int8", "bytes", "file, int8: bytes"),
        ("int8", "arena_bytes", "tflite-micro, int8: arena, bytes"),
        ("int8", "micro_difference", "tflite-micro, int8: largest difference from LiteRT"),
        ("int8", "cycles", "Ethos-U55-128, int8: cycles"),
        ("int8", "flash_kib", "Ethos-U55-128, int8: flash, KiB"),
    ):  # fmt: skip
        rows.append((label, *(counted[f"{v}_{kind}"].get(key) for v in ("whole", "fewer"))))
    keys = {name: folder / f"{name}.tflite" for name in names}
    of = {name: f"whole_{name.partition('_')[2]}" for name in names}
    found = timing.measure(keys, of, "whole_float32", how, say=note)["files"]
    for kernels, shown in (("xnnpack", "XNNPACK"), ("builtin", "built-in kernels")):
        for kind in KINDS:
            own = [found[f"{v}_{kind}"][kernels] for v in ("whole", "fewer")]
            whole = own[0]["p50_us"]
            rows.append((f"LiteRT, {shown}, {kind}: µs", whole, whole * own[1]["ratio"]["median"]))
    return rows


def number(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def section(name: str, folder: Path, how: Turns) -> str:
    """Return the text and the table of a network."""
    about = json.loads((folder / "about.json").read_text())
    before, after = about["macs"]
    taken = ", ".join(f"{what} {seconds:.2g} s" for what, seconds in about["seconds"].items())
    whole = "; ".join(f"{layer}: {why}" for layer, why in about["whole"].items())
    text = (
        f"## {Path(name).stem}\n\n{about['layers']} layers, {about['weights']:,} weights, "
        f"{about['groups']} groups of channels. {taken}. Multiply-adds: {after:,} of {before:,} "
        f"({after / before:.3g}).\n" + (f"Left whole: {whole}.\n" if whole else "")
    )
    if not (folder / "x.npy").exists():
        return text
    rows = [
        [label, number(one), number(other), f"{other / one:.3g}" if one and other else "-"]
        for label, one, other in paid(folder, how)
    ]
    return f"{text}\n{table(['cost', 'whole', 'fewer channels', 'ratio'], rows)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", help="Keras .h5 files")
    parser.add_argument("--keep", type=float, default=0.5, help="share of the multiply-adds")
    parser.add_argument("--round-to", type=int, default=8)
    parser.add_argument("--quick", action="store_true", help="rough times")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.make:
        make(given.networks[0], given.keep, given.round_to, given.make)
        return
    how = Turns(4, 0.4, 0.1) if given.quick else Turns(20, 3.0, 0.5)
    sections = []
    for name in given.networks or OWN:
        note(name)
        with tempfile.TemporaryDirectory() as temporary:
            options = ["--keep", str(given.keep), "--round-to", str(given.round_to)]
            command = [sys.executable, __file__, name, *options, "--make", temporary]
            subprocess.run(command, check=True, env=ENV)
            sections.append(section(name, Path(temporary), how))
    head = f"""# What does a removal of channels buy?

Written by `python benchmarks/channels.py`: {machine.processor()}, {machine.system()},
{timing.runtime(None)}, {costs.micro.PACKAGE} {costs.micro.version()}, ethos-u-vela
{costs.ethos_u.version()}; one thread, one row. At most {given.keep:g} of the multiply-adds stay;
groups keep a multiple of {given.round_to} channels, those with the largest norms. Nothing was
trained.
"""
    text = "\n".join([head, *sections])
    if not given.networks:
        (HERE / "channels.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
