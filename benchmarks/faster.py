"""Are pruned networks faster? `python benchmarks/faster.py [--quick]` writes `faster.md`.

Two networks of MLPerf Tiny, three of each: whole, with 80 % zeros in every kernel, and with half
the channels or units in every layer. Weights are random: they decide no time, as zeros show.
TensorFlow makes the files in a process of its own; the devices' tools run without it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from measure import HERE, in_turn, note, table

sys.path.insert(0, str(HERE.parent / "src"))

from faster_networks import KINDS, VARIANTS, ZEROS, file, rows_of
from secateur.arrays.rows import Rows
from secateur.core.tasks import TASKS
from secateur.devices import apart, costs, machine, timing
from secateur.devices.turns import Turns, percentiles
from secateur.evaluate.sizes import file_sizes

NETWORKS = {"resnet8": "ResNet-8", "autoencoder": "autoencoder"}
SHARE = f"{ZEROS * 100:g} %"
NAMES = {"whole": "whole", "zeros": f"{SHARE} zeros", "half": "half the units"}
NPU = ("ethos-u55-128", "Ethos_U55_High_End_Embedded", "Shared_Sram")
SAME = 0.05  # a median ratio this near to 1 is neither faster nor slower
BUSY = 0.5  # processes that ran or waited, over the minute before
MICRO_SECONDS = 0.05  # of one turn of tflite-micro, at least
MAKE = [sys.executable, str(HERE / "faster_networks.py")]
ENV = {**os.environ, "PYTHONPATH": str(HERE.parent / "src")}


class Ratio(NamedTuple):
    """A cost beside that of the whole network; of what repeats exactly, all three are equal."""

    median: float
    low: float
    high: float

    @property
    def faster(self) -> bool:
        """Whether it is less in the median, and in nearly every round."""
        return self.median < 1 - SAME and self.high < 1


class Cost(NamedTuple):
    """A row of the table: what one network pays."""

    name: str
    whole: str
    ratios: Mapping[str, Ratio]  # by variant
    speed: str = ""  # the device and its way, if it is a time or cycles


def exact(folder: Path, name: str) -> list[Cost]:
    """Return what repeats: of the files, the microcontroller's interpreter and the NPU."""
    settings = costs.MeasureCosts(
        accelerator=NPU[0], system=NPU[1], memory_mode=NPU[2], rows=1, largest_arena_bytes=1 << 26
    )
    files = {(v, k): (folder / file(name, v, k)).read_bytes() for v in VARIANTS for k in KINDS}
    rows = rows_of(name)
    given = [costs.File(content, Rows(rows.x[:1], rows.y[:1])) for content in files.values()]
    found = dict(zip(files, costs.of_files(given, settings, TASKS["regression"]), strict=True))
    for key, content in files.items():
        found[key]["gzip_bytes"] = file_sizes(content, 9)["gzip_bytes"]
    wanted = [
        ("Ethos-U55-128 by Vela, int8: cycles", "int8", "cycles", "Ethos-U55-128"),
        ("Ethos-U55-128 by Vela, int8: flash, KiB", "int8", "flash_kib", ""),
        ("Ethos-U55-128 by Vela, int8: SRAM, KiB", "int8", "sram_kib", ""),
        *((f"tflite-micro, {k}: arena, bytes", k, "arena_bytes", "") for k in KINDS),
        *((f"file, {k}: bytes", k, "bytes", "") for k in KINDS),
        *((f"file, {k}: gzipped bytes", k, "gzip_bytes", "") for k in KINDS),
        ("multiply-accumulates, zeros included", "float32", "macs", ""),
        ("non-zero weights", "float32", "nonzero", ""),
    ]
    rows_found = []
    for label, kind, key, speed in wanted:
        values = {variant: found[variant, kind].get(key) for variant in VARIANTS}
        if None in values.values():
            raise SystemExit(f"{name}: no {label}: {[found[v, kind]['why'] for v in VARIANTS]}")
        ratios = {v: Ratio(*[values[v] / values["whole"]] * 3) for v in VARIANTS[1:]}
        rows_found.append(Cost(label, number(values["whole"]), ratios, speed))
    return rows_found


def timed(folder: Path, name: str, how: Turns) -> list[Cost]:
    """Return the time with LiteRT, one thread; the three files of a type take turns."""
    files = {(v, k): folder / file(name, v, k) for v in VARIANTS for k in KINDS}
    keys = {f"{v}_{k}": path for (v, k), path in files.items()}
    of = {f"{v}_{k}": f"whole_{k}" for v, k in files}
    found = timing.measure(keys, of, "whole_float32", how, say=note)["files"]
    rows = []
    for kernels, label in (("xnnpack", "XNNPACK"), ("builtin", "built-in kernels")):
        for kind in KINDS:
            each = {v: found[f"{v}_{kind}"][kernels] for v in VARIANTS}
            ratios = {v: Ratio(**each[v]["ratio"]) for v in VARIANTS[1:]}
            whole = number(each["whole"]["p50_us"])
            rows.append(Cost(f"LiteRT, {label}, {kind}: µs", whole, ratios, "LiteRT"))
    return rows


def micro_timed(folder: Path, name: str, rounds: int) -> list[Cost]:
    """Return the time with tflite-micro on this processor; the files take turns."""
    rows = []
    for kind in KINDS:
        [(_, found)] = apart.each(lambda kind: micro_turns(folder, name, kind, rounds), [kind])
        if isinstance(found, apart.Failed):
            raise SystemExit(f"{name}: tflite-micro, {kind}: {found.reason} {found.printed}")
        ratios = {}
        for variant in VARIANTS[1:]:
            pairs = zip(found[variant], found["whole"], strict=True)
            low, median, high = percentiles([own / whole for own, whole in pairs])
            ratios[variant] = Ratio(median, low, high)
        whole = 1e6 * percentiles(found["whole"])[1]
        label = f"tflite-micro on this processor, {kind}"
        rows.append(Cost(f"{label}: µs", number(whole), ratios, "tflite-micro"))
    return rows


def micro_turns(folder: Path, name: str, kind: str, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of a call by variant and round; it prints from C."""
    from tflite_micro.python.tflite_micro import runtime

    def ask(variant: str) -> Callable[[], float]:
        content = (folder / file(name, variant, kind)).read_bytes()
        interpreter = runtime.Interpreter.from_bytes(content, arena_size=1 << 26)
        given = interpreter.get_input_details(0)
        x = np.random.default_rng(0).uniform(-1, 1, given["shape"])
        x = (x * 100).astype(np.int8) if kind == "int8" else x.astype(np.float32)

        def call() -> float:
            interpreter.set_input(x, 0)
            start, calls = time.perf_counter(), 0
            while calls < 2 or time.perf_counter() < start + MICRO_SECONDS:
                interpreter.invoke()
                calls += 1
            return (time.perf_counter() - start) / calls

        call()
        return call

    return in_turn({variant: ask(variant) for variant in VARIANTS}, rounds)


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def shown(ratio: Ratio) -> str:
    if ratio.low == ratio.high:
        return f"{ratio.median:.3g}"
    return f"{ratio.median:.3g} ({ratio.low:.3g} to {ratio.high:.3g})"


def joined(rows: Mapping[str, Sequence[Cost]]) -> str:
    """Return the table: a row for each cost, and three columns for each network."""
    head = ["cost"]
    for network in NETWORKS.values():
        head += [f"{network}, whole", *(f"{network}, {NAMES[v]}" for v in VARIANTS[1:])]
    lines = []
    for each in zip(*rows.values(), strict=True):
        cells = [cell for cost in each for cell in (cost.whole, *map(shown, cost.ratios.values()))]
        lines.append([each[0].name, *cells])
    return table(head, lines)


def answer(rows: Mapping[str, Sequence[Cost]]) -> str:
    """Return one sentence: on which device zeros, and fewer units, make the networks faster."""
    said = []
    for variant in VARIANTS[1:]:
        by_device: dict[str, list[Ratio]] = {}
        for cost in (cost for costs_of in rows.values() for cost in costs_of if cost.speed):
            by_device.setdefault(cost.speed, []).append(cost.ratios[variant])
        parts = ", ".join(f"{device} {_verdict(found)}" for device, found in by_device.items())
        said.append(f"with {NAMES[variant]}, {parts}")
    return f"Against the whole networks, {'; '.join(said)}."


def _verdict(found: Sequence[Ratio]) -> str:
    faster = sum(ratio.faster for ratio in found)
    how = "is faster" if faster == len(found) else f"is faster in {faster} of {len(found)} cases"
    low, high = (f"{end(ratio.median for ratio in found):.2g}" for end in (min, max))
    between = low if low == high else f"{low} to {high}"
    return f"{how if faster else 'is no faster'} ({between} times as long)"


def page(rows: Mapping[str, Sequence[Cost]], how: Turns, load: float) -> str:
    busy = ""
    if load > BUSY:
        busy = (
            f"\n**Measured beside other work**: a load of {load:.1f} on {os.cpu_count()} "
            "processors. Take the ratios, not the times.\n"
        )
    versions = f"{timing.runtime(None)}, {costs.micro.PACKAGE} {costs.micro.version()},\n"
    versions += f"ethos-u-vela {costs.ethos_u.version()}"
    return f"""# Are pruned networks faster?

Written by `python benchmarks/faster.py`: {machine.processor()}, {machine.system()}, {versions};
one thread, one row, {how.rounds} rounds in which the files of a type take turns.
{busy}
{answer(rows)}

{joined(rows)}
- A column that is not `whole` is the ratio to it: of times the median over the rounds, with the 5th
  and 95th percentile; of all else the exact one.
- Faster is a median below {1 - SAME:.2f} and a 95th percentile below 1. A case is a network and,
  with LiteRT and tflite-micro, a type and its kernels.
- The networks are MLPerf Tiny's ResNet-8 and dense autoencoder, with random weights. Zeros are the
  smallest {SHARE} of each kernel. Half the units, or channels, are gone in every layer but the
  last.
- tflite-micro runs its reference kernels, on this processor: its times say nothing of a
  microcontroller, its ratios little. Its arena is exact, on 64 bits.
- Vela compiles for {", ".join(NPU)}; its cycles are of one inference.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a rough result in two minutes")
    parser.add_argument("--out", type=Path, default=HERE / "faster.md")
    given = parser.parse_args()
    load = os.getloadavg()[0]
    how = Turns(4, 0.4, 0.1) if given.quick else Turns(20, 3.0, 0.5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        note("making the files")
        subprocess.run([*MAKE, folder], check=True, env=ENV)
        rows = {}
        for network in NETWORKS:
            note(network)
            rows[network] = [
                *timed(folder, network, how), *micro_timed(folder, network, how.rounds),
                *exact(folder, network),
            ]  # fmt: skip
            load = max(load, os.getloadavg()[0] - 1)  # without this process
    given.out.write_text(page(rows, how, load), encoding="utf-8")
    print(answer(rows))


if __name__ == "__main__":
    main()
