"""Measure Secateur against what it replaces and write `benchmarks/results.md`.

`python benchmarks/run.py [--quick]` measures all sides in turn, because a machine's speed drifts:
it then slows all of them. Figures are medians with minimum and maximum.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

from growing import growth
from measure import HERE, Measure, in_turn, note, ratio, seconds, spread, table, worker
from secateur.core import params
from secateur.data.friedman1 import GenerateData, friedman1
from secateur.data.splitting import Split, split
from targets import measured, median_ratio, targets

PEERS = HERE / ".venv/bin/python"  # docs/performance.md says how to make it
JAX = "JAX, one jitted `lax.scan` an epoch"


def epochs(repeats: int, folder: Path) -> str:
    """Time an epoch of the default network and data."""
    given = params.read()
    rows = friedman1(given.section("generate_data", GenerateData))
    parts = split(len(rows.x), given.section("split", Split))
    np.savez(
        folder / "data.npz",
        **{f"{array}{suffix}": getattr(rows, array)[part].astype(np.float32)
           for part, suffix in zip(parts, ("", "_val"), strict=False) for array in "xy"},
    )  # fmt: skip
    sections = []
    for kind in ("dense", "pruned"):
        asked = {
            "ours: one compiled call an epoch": ("keras_worker.py", "ours", 60),
            "ours, the compiled call alone": ("keras_worker.py", "program", 60),
            "Keras `fit`, as published": ("keras_worker.py", "fit", 4),
            "Keras `fit`, `steps_per_execution` an epoch": ("keras_worker.py", "steps", 8),
            JAX: ("jax_worker.py", "_", 60),
            f"{JAX}, held to AVX2 as ours is": ("jax_worker.py", "AVX2", 60),
            "PyTorch, eager, better of 1 and 2 threads": ("torch_worker.py", "_", 5),
        }
        measures, skipped = {}, []
        for name, (script, how, count) in asked.items():
            python = Path(sys.executable) if script == "keras_worker.py" else PEERS
            if not python.exists():
                skipped.append(name)
                continue
            args = (how, kind, str(folder / "data.npz"), str(count))
            measures[name] = worker(script, python, *args)
        note(f"seconds an epoch, {kind}")
        figures = in_turn(measures, repeats)
        ours = next(iter(figures.values()))
        rows = [[name, spread(f, 1e-3), ratio(f, ours)] for name, f in figures.items()]
        for name, key in (("Keras `fit`, as published", "fit"), (JAX, "jax")):
            if name in figures:
                measured[f"{key} {kind}"] = median_ratio(figures[name], ours)
        why = "skipped: docs/performance.md says how to install it"
        rows += [[name, why, ""] for name in skipped]
        sections.append(table([kind, "milliseconds an epoch", "times ours"], rows))
    return "\n".join(sections)


def experiment(repeats: int, folder: Path) -> str:
    """Time the published notebook and the whole pipeline from an empty cache."""

    def pipeline(seeds: list[int]) -> float:
        clone = folder / "clone"
        shutil.rmtree(clone, ignore_errors=True)
        subprocess.run(["git", "clone", "-q", ".", str(clone)], check=True)
        yaml = YAML()
        values = yaml.load(clone / "params.yaml")
        values["seeds"] = seeds
        yaml.dump(values, clone / "params.yaml")
        return seconds(["dvc", "repro", "-q"], clone)

    note("the whole experiment (minutes)")
    figures = in_turn(
        {
            "the published notebook, one seed": lambda: seconds(
                [sys.executable, "-W", "ignore", str(HERE / "published.py")]
            ),
            "`dvc repro`, one seed": lambda: pipeline([0]),
            "`dvc repro`, five seeds": lambda: pipeline([0, 1, 2, 3, 4]),
        },
        repeats,
    )
    published = next(iter(figures.values()))
    for count in ("one seed", "five seeds"):
        measured[count] = median_ratio(figures[f"`dvc repro`, {count}"], published)
    rows = [[name, spread(f), ratio(f, published)] for name, f in figures.items()]
    return table([f"n = {repeats}", "seconds", "times the notebook"], rows)


def stages(repeats: int) -> str:
    """Time stages without their training, and importing TensorFlow."""
    alone = [sys.executable, "-W", "ignore", "-c", "import tensorflow"]
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1"}
    script = str(HERE / "without_training.py")
    wanted = (["train_baseline"], ["prune", "whole_model"], ["prune", "control"])
    measures: dict[str, Measure] = {"`import tensorflow`": lambda: seconds(alone, env=env)}
    for stage in wanted:
        command = [sys.executable, script, *stage]
        measures[f"`{'@'.join(stage)}`"] = lambda command=command: seconds(command)  # type: ignore[misc]
    note("stages without training")
    figures = in_turn(measures, repeats)
    bare = next(iter(figures.values()))
    measured["stage"] = max(median_ratio(f, bare) for f in figures.values())
    rows = [[name, spread(f), ratio(f, bare)] for name, f in figures.items()]
    return table(["", "seconds", "times the import"], rows)


def nothing_to_do(repeats: int) -> str:
    """Time `dvc repro` when nothing has changed, and `dvc status`."""
    note("nothing to do")
    measures: dict[str, Measure] = {
        "`dvc status`": lambda: seconds(["dvc", "status", "-q"]),
        "`dvc repro`": lambda: seconds(["dvc", "repro", "-q"]),
    }
    figures = in_turn(measures, repeats)
    status = figures["`dvc status`"]
    rows = [[name, spread(f), ratio(f, status)] for name, f in figures.items()]
    return table(["", "seconds", "times `dvc status`"], rows)


def main() -> None:
    """Measure everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="fewer repeats, no published notebook")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--experiments", type=int, default=5, help="repeats of the whole one")
    parser.add_argument("--out", type=Path, default=HERE / "results.md")
    options = parser.parse_args()
    repeats = 2 if options.quick else options.repeats
    sizes = [(10_000, 128), (100_000, 128), (1_000_000, 128), (10_000, 1_024), (10_000, 8_192)]
    folder = Path(tempfile.mkdtemp(prefix="secateur-bench-"))
    try:
        parts = [
            "# Benchmarks\n",
            f"Written by `make bench{'-quick' if options.quick else ''}`: {os.cpu_count()} "
            f"processors, {platform.machine()}, Python {platform.python_version()}; medians of "
            f"{repeats} with minimum and maximum, taken in turn; ratios pair by pair.\n",
            "## An epoch, everything between two epochs included\n",
            epochs(repeats, folder),
            "## A stage without its training\n",
            stages(repeats),
            "## Nothing to do\n",
            nothing_to_do(repeats),
            "## Growth, an epoch of the dense network\n",
            growth(repeats, folder, sizes[:2] if options.quick else sizes),
        ]
        if not options.quick:
            parts += ["## The whole experiment\n", experiment(options.experiments, folder)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    parts[2:2] = ["## Targets\n", targets()]
    page = "\n".join(parts)
    options.out.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
