"""Measure stages side by side: `python benchmarks/scaling.py [--quick]` writes `scaling.md`.

Serial and parallel runs alternate. `docs/scaling.md` draws the conclusions.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from measure import HERE, in_turn, note, ratio, seconds, spread, table
from targets import measured, median_ratio, targets

OURS = (sys.executable, "-m", "secateur", "repro", "--jobs")
DVC = (sys.executable, "-m", "dvc")
ENV = {**os.environ, "PYTHONPATH": str(HERE.parent / "src"), "DVC_NO_ANALYTICS": "1"}
ENV["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{ENV['PATH']}"
Make = Callable[[Path], object]  # makes a project in a new folder
Way = Callable[[Path], float]  # runs a project and returns seconds
TARGETS = {
    "the default pipeline: `JOBS=2` at least 1.6 times faster": ("pipeline", 1.6, True),
    "`JOBS=1` takes at most 1.15 times `dvc repro`": ("overhead", 1.15, False),
    "eight sleeps: four jobs at least 3.3 times faster than one": ("sleeps", 3.3, True),
}


def run(*command: str, cwd: Path) -> float:
    """Return the seconds that a command takes; discard its output."""
    return seconds(["sh", "-c", 'exec "$@" 2>/dev/null', "sh", *command], cwd, ENV)


def jobs(count: int) -> Way:
    return lambda folder: run(*OURS, str(count), cwd=folder)


def serial(folder: Path) -> float:
    return run(*DVC, "repro", cwd=folder)


def fresh(make: Make, how: Way, folder: Path) -> float:
    """Return the seconds of `how` in a new project; every run must give the same lock file."""
    shutil.rmtree(folder, ignore_errors=True)
    make(folder)
    took = how(folder)
    lock = (folder / "dvc.lock").read_bytes()
    kept = folder.parent / "dvc.lock"
    if kept.exists() and kept.read_bytes() != lock:
        raise SystemExit(f"{folder}: dvc.lock differs from the run before")
    kept.write_bytes(lock)
    return took


def project(stages: str) -> Make:
    """Return a function that makes a repository with this `dvc.yaml`."""

    def make(folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "dvc.yaml").write_text(stages)
        (folder / "source.txt").write_text("source\n")
        (folder / ".gitignore").write_text("/out/\n")
        (folder / "out").mkdir()
        for command in (
            ["git", "init", "-q"], [*DVC, "init", "-q"], ["git", "add", "-A"],
            ["git", "-c", "user.name=b", "-c", "user.email=b@example.com", "commit", "-qm", "b"],
        ):  # fmt: skip
            subprocess.run(command, cwd=folder, env=ENV, check=True)

    return make


def many(count: int, command: str) -> str:
    return f"""\
stages:
  each:
    matrix: {{n: [{", ".join(map(str, range(count)))}]}}
    cmd: {command}
    deps: [source.txt]
    outs: ["out/${{item.n}}.txt"]
"""


def compare(
    title: str, make: Make, ways: dict[str, Way], repeats: int, folder: Path
) -> dict[str, list[float]]:
    note(title)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return in_turn(
        {name: lambda how=how: fresh(make, how, folder / "project") for name, how in ways.items()},
        repeats,
    )


def pipeline(repeats: int, folder: Path) -> str:
    """Measure the project's own pipeline from an empty cache."""

    def clone(place: Path) -> None:
        subprocess.run(["git", "clone", "-q", str(HERE.parent), str(place)], check=True)

    ways: dict[str, Way] = {"`dvc repro`": serial, "`JOBS=2`": jobs(2), "`JOBS=1`": jobs(1)}
    figures = compare("the default pipeline (minutes)", clone, ways, repeats, folder / "default")
    plain = figures["`dvc repro`"]
    measured["pipeline"] = median_ratio(plain, figures["`JOBS=2`"])
    measured["overhead"] = median_ratio(figures["`JOBS=1`"], plain)
    rows = [[name, spread(f), ratio(plain, f)] for name, f in figures.items()]
    return table(["", "seconds", "times faster than `dvc repro`"], rows)


def sleeps(repeats: int, folder: Path) -> str:
    """Measure eight independent stages that sleep for ten seconds."""
    make = project(many(8, "sleep 10; echo ${item.n} > out/${item.n}.txt"))
    ways = {"`JOBS=1`": jobs(1), "`JOBS=4`": jobs(4), "`dvc repro`": serial}
    figures = compare("eight sleeps", make, ways, repeats, folder / "sleeps")
    one = figures["`JOBS=1`"]
    measured["sleeps"] = median_ratio(one, figures["`JOBS=4`"])
    rows = [[name, spread(f), ratio(one, f)] for name, f in figures.items()]
    return table(["", "seconds", "times faster than `JOBS=1`"], rows)


def growth(counts: list[int], folder: Path) -> str:
    """Measure what each part of a run costs with tiny stages."""
    rows = []
    for count in counts:
        note(f"{count} tiny stages")
        place = folder / f"tiny{count}"
        make = project(many(count, "echo ${item.n} > out/${item.n}.txt"))
        shutil.rmtree(folder / "other", ignore_errors=True)
        make(folder / "other")
        took = {"plain": serial(folder / "other")}
        note(f"    `dvc repro`: {took['plain']:.3g}")
        make(place)
        took["ours"] = run(*OURS, "2", cwd=place)
        note(f"    `JOBS=2`: {took['ours']:.3g}")
        if (place / "dvc.lock").read_bytes() != (folder / "other/dvc.lock").read_bytes():
            raise SystemExit(f"{place}: dvc.lock differs from `dvc repro`'s")
        took["nothing"] = run(*DVC, "repro", cwd=place)
        rows.append([f"{count:,}", *(f"{took[key]:.3g}" for key in ("plain", "ours", "nothing")),
                     *parts(place)])  # fmt: skip
    head = ["stages", "`dvc repro`", "`JOBS=2`", "nothing to do", "DVC's graph", "plan",
            "snapshot and bundle", "a clone", "`dvc.lock` once", "listing the remote"]  # fmt: skip
    return table(head, rows)


def parts(place: Path) -> list[str]:
    """Return the parts' seconds, measured in another process."""
    script = str(HERE / "scaling_parts.py")
    done = subprocess.run([sys.executable, script], cwd=place, env=ENV, check=True, text=True,
                          capture_output=True)  # fmt: skip
    return done.stdout.split()


def main() -> None:
    """Measure everything and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="no pipeline of ours, few stages")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=["pipeline", "sleeps", "growth"])
    parser.add_argument("--out", type=Path, default=HERE / "scaling.md")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="secateur-scaling-"))
    began = time.time()
    try:
        head = [
            "# Stages side by side\n",
            f"Written by `python benchmarks/scaling.py`: {os.cpu_count()} processors, "
            f"{platform.machine()}, Python {platform.python_version()}; medians of "
            f"{options.repeats} with minimum and maximum, taken in turn; ratios pair by pair. "
            "Every run's `dvc.lock` is the same.\n",
        ]
        body = []
        if not options.quick and options.only in (None, "pipeline"):
            body += ["## The default pipeline, from an empty cache\n",
                     pipeline(options.repeats, folder)]  # fmt: skip
        if options.only in (None, "sleeps"):
            body += ["## Eight independent stages of ten seconds sleep\n",
                     sleeps(1 if options.quick else options.repeats, folder)]  # fmt: skip
        if options.only in (None, "growth"):
            counts = [10, 30] if options.quick else [10, 100, 1000]
            body += ["## Growth: independent stages that take no time; seconds, one run each\n",
                     growth(counts, folder)]  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    page = "\n".join([*head, "## Targets\n", targets(TARGETS), *body])
    options.out.write_text(page, encoding="utf-8")
    print(page)
    note(f"{(time.time() - began) / 60:.0f} minutes")


if __name__ == "__main__":
    main()
