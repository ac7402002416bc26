"""Time TFLite files with `benchmark_model`, TensorFlow Lite's own program, where it is installed.

It is for devices that have no ai-edge-litert. It needs no Secateur but for its sibling `turns`.
"""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from secateur.devices.turns import LEAST_RUNS, Timed, Turns, percentiles, short

PATIENCE = 300.0  # seconds for a run of the program


def timed(
    program: str,
    files: Mapping[str, Path],
    kernels: str,
    how: Turns,
    say: Callable[[str], None],
) -> dict[str, Timed | str]:
    """Run the program for each file, round by round; a sentence is of a file that it cannot run."""
    runs: dict[str, list[dict[str, float]]] = {key: [] for key in files}
    faults: dict[str, str] = {}
    for number in range(how.rounds):
        left = [key for key in files if key not in faults]
        if not left:
            break
        say(f"{number + 1} of {how.rounds} rounds: {len(left)} files of one type, {kernels}")
        for key in left:
            try:
                runs[key].append(_run(_command(program, files[key], kernels, how)))
            except ValueError as error:
                faults[key] = str(error)
    return {key: faults.get(key) or _summary(runs[key]) for key in files}


def _command(program: str, path: Path, kernels: str, how: Turns) -> list[str]:
    return [
        program, f"--graph={path}", "--num_threads=1",
        f"--use_xnnpack={'true' if kernels == 'xnnpack' else 'false'}",
        "--warmup_runs=1", f"--warmup_min_secs={how.warm_up_seconds / how.rounds:g}",
        f"--num_runs={math.ceil(LEAST_RUNS / how.rounds)}",
        f"--min_secs={how.seconds / how.rounds:g}",
    ]  # fmt: skip


def _run(command: Sequence[str]) -> dict[str, float]:
    """Run the program once; raises ValueError if it fails."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            text=True, encoding="utf-8", errors="replace", timeout=PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise ValueError(f"benchmark_model needs more than {PATIENCE:g} seconds for it") from None
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if line.strip()] or ["no word"]
        raise ValueError(
            f"benchmark_model cannot run it: {said[-1].strip()[:150]} (exit status "
            f"{done.returncode})"
        )
    return parse(done.stdout)


def parse(output: str) -> dict[str, float]:
    """Read the microseconds that the program prints; raises ValueError if it has none.

    It prints a line with `count=` for the warm-up and one for the runs. Older versions print no
    percentiles there.
    """
    loads = re.search(r"Inference timings in us: Init: (\S+), First inference: (\S+),", output)
    lines = re.findall(r"count=\d+.*", output)
    if not loads or len(lines) < 2:
        raise ValueError("benchmark_model prints no timings of it")
    line = dict(re.findall(r"(\w+)=([0-9.e+]+)", lines[1]))
    usual = line.get("median", line.get("avg", line.get("curr", "")))
    found = {
        "initialisation_us": loads[1], "first_us": loads[2], "p5_us": line.get("p5", usual),
        "p50_us": usual, "p95_us": line.get("p95", usual), "calls": line["count"],
    }  # fmt: skip
    try:
        numbers = {key: float(value) for key, value in found.items()}
    except ValueError:
        raise ValueError(f"benchmark_model prints no timings of it: {lines[1][:100]}") from None
    if min(numbers.values()) <= 0:
        raise ValueError("a call takes less than a microsecond, the smallest that it counts")
    return numbers


def _summary(runs: Sequence[Mapping[str, float]]) -> Timed:
    """Take the median of each figure over the rounds, and all calls."""
    figures = {key: short(percentiles([run[key] for run in runs])[1]) for key in runs[0]}
    figures["calls"] = round(sum(run["calls"] for run in runs))
    return Timed(figures, [run["p50_us"] for run in runs])
