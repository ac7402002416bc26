"""Small DVC pipelines of every shape, in shell commands alone."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from ruamel.yaml import YAML

SRC = Path(__file__).parents[2] / "src"
DRIVER = Path(__file__).with_name("parallel_driver.py")
BIN = Path(sys.executable).parent
Stages = dict[str, Any]


def step(name: str, *deps: str, cmd: str = "", **more: Any) -> Stages:
    """A stage that joins its dependencies into `name.txt`."""
    cmd = cmd or f"cat {' '.join(deps)} > {name}.txt; echo {name} >> {name}.txt"
    return {name: {"cmd": cmd, "deps": list(deps), "outs": [f"{name}.txt"]} | more}


def before(command: str, stages: Stages) -> Stages:
    """The stages, each of which runs this command first."""
    return {
        name: {**stage, "cmd": f"{command.replace('NAME', name)}; {stage['cmd']}"}
        for name, stage in stages.items()
    }


WIDE: Stages = {}
for number in range(5):
    WIDE |= step(f"wide{number}", "source.txt")
DEEP = step("first", "source.txt") | step("second", "first.txt") | step("third", "second.txt")
DIAMOND = (
    step("top", "source.txt")
    | step("left", "top.txt")
    | step("right", "top.txt", "source.txt")
    | step("bottom", "left.txt", "right.txt")
)
FOREACH: Stages = {
    "each": {
        "foreach": "${words}",
        "do": {
            "cmd": "echo ${item} > each/${item}.txt; cat source.txt >> each/${item}.txt",
            "deps": ["source.txt"],
            "outs": ["each/${item}.txt"],
        },
    },
    # Outputs of several stages, and DVC's .gitignore beside them, in a folder that is read.
    "gather": {
        "cmd": "ls -A each > gather.txt; cat each/*.txt each/.gitignore >> gather.txt",
        "deps": ["each"],
        "outs": ["gather.txt"],
    },
}
MATRIX: Stages = {
    "grid": {
        "matrix": {"a": [1, 2], "b": ["x", "y"]},
        "cmd": "echo ${item.a}${item.b} > grid-${item.a}-${item.b}.txt",
        "deps": ["source.txt"],
        "params": ["rate"],
        "outs": ["grid-${item.a}-${item.b}.txt"],
    },
    **step("both", "grid-1-x.txt", "grid-2-y.txt"),
}
# Stages whose runs DVC does not keep in its run cache, and what follows from them.
UNCACHED: Stages = {
    "drawn": {"cmd": "echo 7 > drawn.txt", "outs": ["drawn.txt"]},
    "page": {
        "cmd": "cat drawn.txt > page.md",
        "deps": ["drawn.txt"],
        "outs": [{"page.md": {"cache": False}}],
    },
    "score": {
        "cmd": "echo '{\"mse\": 0.25}' > score.json",
        "deps": ["page.md"],
        "metrics": [{"score.json": {"cache": False}}],
    },
    "always": {
        "cmd": "cat score.json > always.txt",
        "deps": ["score.json"],
        "outs": ["always.txt"],
        "always_changed": True,
    },
    **step("after", "always.txt", "page.md"),
    "kept": {
        "cmd": "touch kept.txt",
        "deps": ["after.txt"],
        "outs": [{"kept.txt": {"persist": True}}],
    },
    **step("end", "kept.txt"),
    "silent": {"cmd": "true", "deps": ["source.txt"]},
}
WORKING_FOLDER: Stages = {
    "inner": {
        "cmd": "mkdir -p many && cp ../source.txt many/a && echo b > many/b",
        "wdir": "sub",
        "deps": ["../source.txt"],
        "outs": ["many"],
    },
    "outer": {"cmd": "cat sub/many/* > outer.txt", "deps": ["sub/many"], "outs": ["outer.txt"]},
}
EVERYTHING: Stages = WIDE | DEEP | DIAMOND | FOREACH | MATRIX | UNCACHED | WORKING_FOLDER


class Project:
    """A Git and DVC repository in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "DVC_NO_ANALYTICS": "1", "PYTHONPATH": str(SRC)}
        self.env["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"

    def initialize(self) -> None:
        (self.folder / "sub").mkdir(parents=True)
        (self.folder / "each").mkdir()
        self.write("source.txt", "source\n")
        self.write("params.yaml", "rate: 1\nwords: [one, two, three]\n")
        self.write("sub/here.txt", "a folder\n")
        self.run("git", "init", "-q", "-b", "main")
        self.run("git", "config", "user.name", "t")
        self.run("git", "config", "user.email", "t@example.com")
        self.run("dvc", "init", "-q")
        self.commit()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def write_stages(self, stages: Stages) -> None:
        with (self.folder / "dvc.yaml").open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump({"stages": stages}, file)

    def copy(self, folder: Path) -> "Project":
        """The same elsewhere, with its cache."""
        shutil.copytree(self.folder, folder, symlinks=True)
        copied = Project(folder)
        copied.env = dict(self.env)
        return copied

    def run(self, *command: str, status: int = 0) -> str:
        """What the command prints."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, text=True, check=False, timeout=120,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == status, done.stdout
        return done.stdout

    def repro(self, *options: str, status: int = 0) -> str:
        """What our `repro` prints."""
        return self.run(sys.executable, str(DRIVER), "repro", *options, status=status)

    def sweep(self, *options: str, status: int = 0) -> str:
        """What our `sweep` prints."""
        return self.run(sys.executable, str(DRIVER), "sweep", *options, status=status)

    def start(self, *options: str) -> "subprocess.Popen[str]":
        """`repro` or `sweep`, in a process group of its own as a terminal has it."""
        process = subprocess.Popen(
            [sys.executable, str(DRIVER), *options], cwd=self.folder, env=self.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        watch = threading.Timer(120, process.kill)  # a test that hangs is to fail
        watch.daemon = True
        watch.start()
        return process

    def commit(self) -> None:
        self.run("git", "add", "-A")
        self.run("git", "commit", "-q", "--allow-empty", "-m", "project")

    def files(self) -> dict[str, bytes]:
        """Every file outside `.git` and DVC's own folder."""
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.relative_to(self.folder).parts[0] not in (".git", ".dvc")
        }

    def runs(self) -> set[str]:
        """What DVC's run cache holds."""
        runs = self.folder / ".dvc/cache/runs"
        return {path.relative_to(runs).as_posix() for path in runs.glob("*/*/*")}


Make = Callable[[Stages], Project]


def wait_for(run: "subprocess.Popen[str]", text: str) -> list[str]:
    """Read what a run prints until a line has this text."""
    lines = []
    assert run.stdout
    for line in run.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError("".join(lines))


def family(process: int) -> list[psutil.Process]:
    """All that a process has started."""
    return psutil.Process(process).children(recursive=True)


def is_worker(process: psutil.Process) -> bool:
    """Whether it is a Dask worker or a runner."""
    try:
        line = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return "spawn_main" in line or "runner.py" in line


def names_of(processes: list[psutil.Process]) -> set[str]:
    """The names of those that still run."""
    names = set()
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                names.add(process.name())
    return names


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)


def assert_ended(processes: list[psutil.Process]) -> None:
    psutil.wait_procs(processes, timeout=10)  # Python's own helpers end a moment after the command
    assert names_of(processes) == set()
