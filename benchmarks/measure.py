"""Measure commands in turn; format medians and ratios."""

import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tabulate import tabulate

HERE = Path(__file__).resolve().parent
Figures = Sequence[float]
Measure = Callable[[], float]


def note(text: str) -> None:
    """Print to standard error what is being measured."""
    print(text, file=sys.stderr, flush=True)


def in_turn(measures: Mapping[str, Measure], repeats: int) -> dict[str, list[float]]:
    """Call all measures in turn, `repeats` times."""
    figures: dict[str, list[float]] = {name: [] for name in measures}
    for _, name in itertools.product(range(repeats), measures):
        figures[name].append(measures[name]())
        note(f"    {name}: {figures[name][-1]:.4g}")
    return figures


def seconds(
    command: Sequence[str], cwd: Path | None = None, env: dict[str, str] | None = None
) -> float:
    """Return the seconds that a command takes as a whole process."""
    start = time.perf_counter()
    subprocess.run(command, cwd=cwd, env=env, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def spread(figures: Figures, unit: float = 1, digits: int = 3) -> str:
    """Format `median (minimum to maximum)`."""
    middle, low, high = statistics.median(figures), min(figures), max(figures)
    return f"{middle / unit:.{digits}g} ({low / unit:.{digits}g} to {high / unit:.{digits}g})"


def scores(figures: Figures) -> str:
    """Format `median (minimum to maximum)` of scores with four digits, or the one that all are."""
    if len(set(figures)) == 1:
        return f"{figures[0]:.4f}"
    return f"{statistics.median(figures):.4f} ({min(figures):.4f} to {max(figures):.4f})"


def cost(figure: float | None) -> str:
    """Format what a device pays; `-` where it does not run the file."""
    if figure is None:
        return "-"
    return f"{figure:,.4g}" if 0 < figure < 1000 else f"{figure:,.0f}"


def ratio(a: Figures, b: Figures) -> str:
    """Format `median (minimum to maximum)` of a / b, pair by pair."""
    return spread([x / y for x, y in zip(a, b, strict=True)])


def worker(script: str, python: Path, *args: str) -> Measure:
    """Start a process that returns a figure at each call."""
    command = [str(python), str(HERE / script), *args]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    if "ready" not in process.stdout.readline():
        raise SystemExit(f"{' '.join(command)} did not start")

    def ask() -> float:
        process.stdin.write("go\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
        for line in process.stdout or ():
            if line.startswith("seconds "):
                return float(line.split()[1])
        raise SystemExit(f"{' '.join(command)} stopped")

    return ask


def table(head: list[str], rows: list[list[str]]) -> str:
    return tabulate(rows, head, "pipe", disable_numparse=True) + "\n"
