"""Measure how time and memory grow with rows and hidden units, one process per figure."""

import itertools
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from measure import HERE, note, spread, table
from secateur.arrays import parts
from secateur.arrays.encoding import Encoding, Number, Target
from secateur.core import files
from secateur.data.friedman1 import GenerateData, friedman1
from targets import measured, median_ratio

PLAIN = Encoding(
    task="regression",
    shape=[10],
    columns=[Number(name=f"x{i}") for i in range(10)],
    target=Target(name="y", mean=0.0, std=1.0),
)


def growth(repeats: int, folder: Path, sizes: Sequence[tuple[int, int]]) -> str:
    """Return a table of seconds per epoch and peak memory by rows and hidden units."""

    def measure(rows: int, hidden: int) -> tuple[float, float]:
        count = max(3, 6_000_000 // (rows * hidden))
        command = [sys.executable, str(HERE / "growth.py"), str(folder / str(rows))]
        done = subprocess.run(
            [*command, str(hidden), str(min(count, 30))], check=True, capture_output=True, text=True
        )
        fields = done.stdout.splitlines()[-1].split()
        return float(fields[1]), float(fields[3])

    note("growth")
    for rows in {rows for rows, _ in sizes} | {1_000}:
        settings = GenerateData(n_samples=rows, n_features=10, random_state=0)
        x, y = friedman1(settings)
        parts.write(folder / str(rows), x, y, np.arange(rows))
        files.write_json(folder / str(rows) / "encoding.json", PLAIN.model_dump())
    figures: dict[tuple[int, int], list[tuple[float, float]]] = {size: [] for size in sizes}
    bare: dict[tuple[int, int], list[float]] = {size: [] for size in sizes}
    for _, size in itertools.product(range(repeats), sizes):
        bare[size].append(measure(1_000, size[1])[1])
        figures[size].append(measure(*size))
        note(f"    {size}: {figures[size][-1]}")
    lines = []
    extra_of = {}
    for rows, hidden in sizes:
        times = [s for s, _ in figures[rows, hidden]]
        extra = [
            peak - own
            for (_, peak), own in zip(figures[rows, hidden], bare[rows, hidden], strict=True)
        ]
        extra_of[rows, hidden] = extra
        data = rows * 11 * 4
        lines.append([
            f"{rows:,}", f"{hidden:,}", spread(times), spread(times, rows * 1e-6),
            spread(extra, 1e6), spread(extra, data),
        ])  # fmt: skip
    if (1_000_000, 128) in figures:
        small, large = ([t for t, _ in figures[n, 128]] for n in (100_000, 1_000_000))
        measured["row"] = median_ratio(large, small) / 10
        measured["memory"] = statistics.median(extra_of[1_000_000, 128]) / (1_000_000 * 11 * 4)
    head = [
        "rows", "hidden units", "seconds an epoch", "microseconds a row",
        "MB more than with 1,000 rows", "times the data as float32",
    ]  # fmt: skip
    return table(head, lines)
