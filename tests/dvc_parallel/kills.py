"""`kill -9` at random moments: `python tests/dvc_parallel/kills.py 200` (minutes).

A project's input changes, runs are killed, and a last run is left alone. Then every file must be
what `dvc repro` makes in a project that nobody disturbed. A kill hits the command itself, or any
process below it: a worker, a runner, a stage, the last `dvc repro`.
"""

import argparse
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

from dvc_projects import DIAMOND, Project, Stages, family, step

STAGES: Stages = (
    DIAMOND
    | {
        "many": {
            "cmd": "mkdir -p many && cp source.txt many/a && cat left.txt > many/b",
            "deps": ["source.txt", "left.txt"],
            "outs": ["many"],
        },
        "score": {
            "cmd": "wc -c < many/b > score.json",
            "deps": ["many"],
            "metrics": [{"score.json": {"cache": False}}],
        },
    }
    | step("page", "score.json", "bottom.txt")
)
LONGEST = 6.0  # seconds to a kill; a run takes some four, on a free machine


def prepare(project: Project) -> None:
    """Stages, and no results."""
    project.write_stages(STAGES)
    project.commit()


def disturb(
    project: Project,
    fresh: Project,
    kills: int,
    rounds: int,
    chance: random.Random,
    longest: float = LONGEST,
) -> Counter[str]:
    """Kill so many times in so many rounds, and compare after each; what was killed.

    `fresh` is the same project without results; it is run undisturbed.
    """
    killed: Counter[str] = Counter()
    for number in range(rounds):
        for one in (project, fresh):
            one.write("source.txt", f"round {number}\n")
        for _ in range(kills // rounds + (number < kills % rounds)):
            killed[_kill_once(project, chance, longest)] += 1
        output = _run_to_the_end(project)
        fresh.run("dvc", "repro", "-q")
        assert project.files() == fresh.files(), output
        assert not list((project.folder / ".dvc/tmp/dvc-parallel").glob("run-*"))
    return killed


def _kill_once(project: Project, chance: random.Random, longest: float) -> str:
    """Start a run, kill one of its processes, and wait for the run; what that was."""
    run = project.start("repro")
    time.sleep(chance.uniform(0, longest))
    victims = [psutil.Process(run.pid), *family(run.pid)] if run.poll() is None else []
    what = "nothing, it had ended"
    if victims:
        victim = victims[0] if chance.random() < 0.4 else chance.choice(victims)
        try:
            what = _name(victim, run.pid)
            victim.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            what = "a process that had just ended"
    run.communicate(timeout=120)
    return what


def _name(process: psutil.Process, run: int) -> str:
    line = " ".join(process.cmdline())
    kinds = {
        "spawn_main": "a worker", "resource_tracker": "Python's helper", "runner.py": "a runner",
        "-m dvc repro": "the last dvc repro",
    }  # fmt: skip
    if process.pid == run:
        return "the command"
    return next((name for text, name in kinds.items() if text in line), "a stage")


def _run_to_the_end(project: Project) -> str:
    """A run that is left alone; a `dvc repro` that outlives a killed command may end before."""
    for _ in range(20):
        run = project.start("repro")
        output = run.communicate(timeout=120)[0]
        if run.returncode != 2:
            break
        time.sleep(0.5)
    assert run.returncode == 0, output
    assert "Traceback" not in output
    return str(output)


def main() -> None:
    """Kill as often as the command line says, and print what was hit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fresh = Project(Path(folder) / "fresh")
        fresh.initialize()
        prepare(fresh)
        project = fresh.copy(Path(folder) / "project")
        began = time.monotonic()
        killed = disturb(
            project, fresh, given.kills, -(-given.kills // 7), random.Random(given.seed)
        )
    print(f"{given.kills} kills in {time.monotonic() - began:.0f} s; every result was right")
    for what, count in killed.most_common():
        print(f"{count:5}  {what}")


if __name__ == "__main__":
    main()
