"""Measure MLPerf Tiny's four networks against stock Keras and PyTorch: `benchmarks/networks.md`.

`python benchmarks/networks.py [--repeats N] [--out FILE]`. Each way runs in a process of its own,
held to one processor or to two, all in turn. Secateur uses two by training two seeds at once, so
its seconds a seed-epoch are half of what an epoch of each takes.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from measure import HERE, in_turn, note, ratio, spread, table
from targets import measured, median_ratio, targets

TORCH = HERE / ".venv/bin/python"  # docs/performance.md says how to make it
ROWS = {"resnet8": 1600, "mobilenet": 320, "ds_cnn": 3200, "autoencoder": 3200}
EPOCHS = 4
SOURCE = str(HERE.parent / "src")
ENVIRONMENT = {"PYTHONPATH": SOURCE, "TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
TARGETS = {
    "ResNet-8, five seeds on 2 processors: at most 1.0 times `fit` on both": ("five", 1.0, False),
    "ResNet-8, both held to one processor: at most 1.2 times `fit`": ("one", 1.2, False),
    "ResNet-8, with tfmot's wrappers: at most 1.3 times the dense epoch": ("pruned", 1.3, False),
}  # fmt: skip

memory: dict[str, list[float]] = {}


def start(script: str, how: str, network: str, processors: Sequence[int]) -> subprocess.Popen[str]:
    """Start a training that is held to some processors."""
    python = TORCH if script == "networks_torch.py" else Path(sys.executable)
    command = [str(python), "-W", "ignore", str(HERE / script), how, network, str(ROWS[network])]
    return subprocess.Popen(
        [*command, str(EPOCHS)], env={**os.environ, **ENVIRONMENT}, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
        preexec_fn=partial(os.sched_setaffinity, 0, processors),
    )  # fmt: skip


def timed(name: str, trainings: Sequence[tuple[str, str, str, Sequence[int]]]) -> float:
    """Run trainings at once; return the seconds a seed-epoch, and note their memory in all."""
    processes = [start(*training) for training in trainings]
    found = [[float(word) for word in process.communicate()[0].split()] for process in processes]
    if not all(found):
        return float("nan")
    memory.setdefault(name, []).append(sum(mib for _, mib in found))
    return statistics.mean(seconds for seconds, _ in found) / len(found)


def ways(network: str) -> dict[str, Callable[[], float]]:
    """Return what to time for a network."""
    one, two = sorted(os.sched_getaffinity(0))[:1], sorted(os.sched_getaffinity(0))[:2]
    keras, torch = "networks_keras.py", "networks_torch.py"
    asked: dict[str, list[tuple[str, str, str, Sequence[int]]]] = {
        "ours, two seeds at once": [(keras, "ours", network, [number]) for number in two],
        "ours, pruned, two seeds at once": [(keras, "pruned", network, [number]) for number in two],
        "Keras `fit`, 2 processors": [(keras, "fit", network, two)],
        "ours, 1 processor": [(keras, "ours", network, one)],
        "ours, pruned, 1 processor": [(keras, "pruned", network, one)],
        "Keras `fit`, 1 processor": [(keras, "fit", network, one)],
    }
    if TORCH.exists():
        for how in ("eager", "compiled"):
            asked[f"PyTorch, {how}, 2 processors"] = [(torch, how, network, two)]
            asked[f"PyTorch, {how}, 1 processor"] = [(torch, how, network, one)]
    return {name: partial(timed, f"{network} {name}", each) for name, each in asked.items()}


def measure(network: str, repeats: int) -> str:
    """Time a network in all ways."""
    note(f"seconds a seed-epoch, {network}")
    figures = in_turn(ways(network), repeats)
    fit = {
        number: figures[f"Keras `fit`, {number} processor{'s'[: number - 1]}"] for number in (1, 2)
    }
    if network == "resnet8":
        measured["one"] = median_ratio(figures["ours, 1 processor"], fit[1])
        dense = figures["ours, 1 processor"]
        measured["pruned"] = median_ratio(figures["ours, pruned, 1 processor"], dense)
    rows = []
    for name, own in figures.items():
        key = f"{network} {name}"
        if key not in memory:
            rows.append([name, "does not run", "", ""])
            continue
        peer = fit[1 if "1 processor" in name else 2]
        rows.append([name, spread(own), ratio(own, peer), f"{max(memory[key]):,.0f}"])
    head = [f"{network}, {ROWS[network]:,} rows", "seconds a seed-epoch", "times `fit`", "peak MiB"]
    return table(head, rows)


def whole(how: str) -> float:
    """Return the seconds a seed-epoch of five seeds of ResNet-8, from start to end."""
    command = f"import networks_five as five; five.main({how!r})"
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": f"{SOURCE}{os.pathsep}{HERE}"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", command], env=environment, check=True,
        capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout.rpartition("seconds ")[2])


def five(repeats: int) -> str:
    """Time five seeds of ResNet-8 on two processors."""
    note("seconds a seed-epoch, five seeds")
    asked = {
        "ours: two seeds at once, the odd one in two parts": "ours",
        "ours: two seeds at once, the odd one alone at the end": "uneven",
        "Keras `fit`, one after the other": "fit",
    }
    figures = in_turn({name: partial(whole, how) for name, how in asked.items()}, repeats)
    first, *_, fit = figures.values()
    measured["five"] = median_ratio(first, fit)
    rows = [[name, spread(own), ratio(own, fit)] for name, own in figures.items()]
    head = ["ResNet-8, five seeds on 2 processors, 30 epochs, start to end",
            "seconds a seed-epoch", "times `fit`"]  # fmt: skip
    return table(head, rows)


def main() -> None:
    """Measure all and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=HERE / "networks.md")
    options = parser.parse_args()
    tables = [measure(network, options.repeats) for network in ROWS]
    tables.insert(0, five(options.repeats))
    page = "\n".join([
        "# Real networks\n",
        f"Written by `python benchmarks/networks.py --repeats {options.repeats}`: MLPerf Tiny's "
        f"four networks, batches of 32, {EPOCHS - 2} epochs after the first; medians of "
        f"{options.repeats} with minimum and maximum, taken in turn; ratios pair by pair, to `fit` "
        "on as many processors. Memory is that of all processes of a way.\n",
        targets(TARGETS),
        *tables,
    ])  # fmt: skip
    options.out.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
