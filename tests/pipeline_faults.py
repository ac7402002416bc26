"""The real pipeline, made small, for `kill -9` and full disks; and whether a run ended well."""

import copy
import itertools
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from project import TINY, Repository, settled

MARK = "SECATEUR_FAULTS"  # in the environment of every process of a run
# Each starts what a user starts; they take turns.
COMMANDS = (
    ("dvc", "repro"),
    ("secateur", "repro", "--jobs", "1"),
    ("secateur", "repro", "--jobs", "2"),
)

# The machine, and the time that files take on it.
APART = ("metrics/environment.json", "metrics/latency.json")

# What DVC says of its own half-written files; `secateur repro` mends them, and the docs say so.
TORN = ("is invalid", "YAML file structure is corrupted", "RWLock-file", "rwlock")


def small() -> dict[str, Any]:
    """One seed, and two recipes, of which one clusters."""
    params = copy.deepcopy(TINY)
    params["seeds"] = [0]
    params["recipes"] = {name: params["recipes"][name] for name in ("whole_model", "finetuned")}
    params["trade_off"] |= {"sparsities": [0.5], "epochs": 3, "ramp_epochs": 2}
    return params


def versions() -> list[dict[str, Any]]:
    """Two sets of parameters; from one to the other, almost every stage runs anew."""
    first, second = small(), small()
    second["split"]["random_state"] = 7
    return [first, second]


def undisturbed(folder: Path) -> tuple[Repository, list[dict[str, bytes]]]:
    """A project without results, and the files that each version gives when nobody disturbs it."""
    project = Repository.new(folder / "project", small())
    calm, found = project.copy(folder / "undisturbed"), []
    for params in versions():
        calm.params = params
        calm.write_params()
        calm.run("dvc", "repro")
        found.append(files(calm))
    shutil.rmtree(calm.folder)
    return project, found


def files(project: Repository) -> dict[str, bytes]:
    """Every file of the project but those of Git and DVC, logs, and what no run repeats."""
    found = {}
    for path in sorted(project.folder.rglob("*")):
        name = path.relative_to(project.folder).as_posix()
        apart = name.split("/")[0] in (".git", ".dvc", "logs") or "__pycache__" in name
        # Neither Git nor DVC sees what a killed stage left half-written.
        apart |= any(part.endswith(".partial") for part in path.parts)
        if path.is_file() and not apart and name not in APART:
            found[name] = path.read_bytes()
            if name == "dvc.lock":
                found[name] = settled(found[name].decode()).encode()
    return found


def assert_equal(project: Repository, expected: dict[str, bytes], output: str) -> None:
    """Fail with the names of the files that differ."""
    found = files(project)
    names = {name for name in {*found, *expected} if found.get(name) != expected.get(name)}
    assert not names, (sorted(names), output)


def empty(project: Repository) -> None:
    """Back to the first commit: no outputs, no `dvc.lock`, no cache."""
    project.git("clean", "-ffdxq")
    project.git("checkout", "-q", ".")


def prepare(project: Repository, number: int) -> int:
    """Begin a round, and return the version that it makes.

    The first and every other round begin with nothing; the others with the results of the round
    before, other parameters, and a cache that knows no run.
    """
    version = number % 2
    if version == 0:
        empty(project)
    else:
        shutil.rmtree(project.folder / ".dvc/cache/runs")
    project.params = versions()[version]
    project.write_params()
    return version


class Run:
    """A command and all processes below it, those that outlive it too."""

    numbers = itertools.count()

    def __init__(self, project: Repository, command: tuple[str, ...], log: Path, **env: str):
        self.command, self.log = command, log
        self.mark = f"{os.getpid()}-{next(self.numbers)}"
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                command, cwd=project.folder, env={**project.env, **env, MARK: self.mark},
                stdout=file, stderr=file, start_new_session=True,
            )  # fmt: skip

    def family(self) -> Iterator[psutil.Process]:
        """All of its processes that are alive."""
        self.process.poll()  # ends a zombie
        for one in psutil.process_iter():
            try:
                mine = one.environ().get(MARK) == self.mark
                if mine and one.status() != psutil.STATUS_ZOMBIE:
                    yield one
            except psutil.Error:
                continue

    def stages(self) -> list[psutil.Process]:
        """Those that are a stage's own."""
        return [one for one in self.family() if kind(one).startswith("stage")]

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait(self, seconds: float) -> bool:
        """Wait for the end of all of its processes; whether it came in time."""
        end = time.monotonic() + seconds
        while any(True for _ in self.family()):
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
        return True


def kind(process: psutil.Process) -> str:
    """What a process is: `stage prune`, `dvc repro`, `worker`."""
    try:
        words = process.cmdline()
    except psutil.Error:
        return "a process that had just ended"
    line = " ".join(words)
    for word in words:
        path = Path(word)
        if path.parent.name == "stages" and path.suffix == ".py":
            return f"stage {path.stem}"
    for text, name in (
        ("spawn_main", "worker"), ("resource_tracker", "Python's helper"),
        ("runner.py", "runner"), ("data status", "dvc data status"), ("cache dir", "dvc cache dir"),
        ("dvc repro", "dvc repro"), ("secateur repro", "secateur repro"),
    ):  # fmt: skip
        if text in line:
            return name
    return Path(words[0]).name if words else "a process that had just ended"
