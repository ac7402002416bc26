"""Small DVC pipelines of every shape, for what runs stages side by side."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from import_graph import ROOT

Stages = dict[str, Any]


def step(name: str, *deps: str, cmd: str = "", **more: Any) -> Stages:
    """A stage that joins its dependencies into `name.txt`."""
    cmd = cmd or f"cat {' '.join(deps)} > {name}.txt; echo {name} >> {name}.txt"
    return {name: {"cmd": cmd, "deps": list(deps), "outs": [f"{name}.txt"]} | more}


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
SHAPES: dict[str, Stages] = {
    "wide": WIDE,
    "deep": DEEP,
    "diamond": DIAMOND,
    "foreach": {
        "each": {
            "foreach": "${words}",
            "do": {
                "cmd": "echo ${item} > each/${item}.txt; cat source.txt >> each/${item}.txt",
                "deps": ["source.txt"],
                "outs": ["each/${item}.txt"],
            },
        },
        # Outputs of several stages, and DVC's .gitignore beside them, in a folder that is read.
        "gather": {"cmd": "ls -A each > gather.txt; cat each/*.txt each/.gitignore >> gather.txt",
                   "deps": ["each"], "outs": ["gather.txt"]},
    },
    "matrix": {
        "grid": {
            "matrix": {"a": [1, 2], "b": ["x", "y"]},
            "cmd": "echo ${item.a}${item.b} > grid-${item.a}-${item.b}.txt",
            "deps": ["source.txt"],
            "params": ["rate"],
            "outs": ["grid-${item.a}-${item.b}.txt"],
        },
        **step("both", "grid-1-x.txt", "grid-2-y.txt"),
    },
    # Nothing that DVC keeps in its run cache, and what follows from it.
    "uncached": {
        "drawn": {"cmd": "echo 7 > drawn.txt", "outs": ["drawn.txt"]},
        "page": {"cmd": "cat drawn.txt > page.md", "deps": ["drawn.txt"],
                 "outs": [{"page.md": {"cache": False}}]},
        "score": {"cmd": "echo '{\"mse\": 0.25}' > score.json", "deps": ["page.md"],
                  "metrics": [{"score.json": {"cache": False}}]},
        "always": {"cmd": "cat score.json > always.txt", "deps": ["score.json"],
                   "outs": ["always.txt"], "always_changed": True},
        **step("after", "always.txt", "page.md"),
        "kept": {"cmd": "touch kept.txt", "deps": ["after.txt"],
                 "outs": [{"kept.txt": {"persist": True}}]},
        **step("end", "kept.txt"),
        "silent": {"cmd": "true", "deps": ["source.txt"]},
    },
    "below": {
        "inner": {"cmd": "mkdir -p many && cp ../source.txt many/a && echo b > many/b",
                  "wdir": "sub", "deps": ["../source.txt"], "outs": ["many"]},
        "outer": {"cmd": "cat sub/many/* > outer.txt", "deps": ["sub/many"],
                  "outs": ["outer.txt"]},
    },
}  # fmt: skip


EVERYTHING: Stages = {name: stage for shape in SHAPES.values() for name, stage in shape.items()}


class Project:
    """A Git and DVC repository with these stages; nothing has been run."""

    def __init__(self, folder: Path, stages: Stages) -> None:
        self.folder = folder
        self.env = {**os.environ, "DVC_NO_ANALYTICS": "1", "PYTHONPATH": str(ROOT / "src")}
        self.env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        (folder / "sub").mkdir(parents=True)
        (folder / "each").mkdir()
        self.write("source.txt", "source\n")
        self.write("params.yaml", "rate: 1\nwords: [one, two, three]\n")
        self.write("sub/here.txt", "a folder\n")
        self.write_stages(stages)
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
        copied = object.__new__(Project)
        copied.folder, copied.env = folder, self.env
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
        """`secateur repro`; what it prints."""
        return self.run(sys.executable, "-m", "secateur", "repro", *options, status=status)

    def start(self, *options: str) -> "subprocess.Popen[str]":
        """`secateur …` in the background, in a process group of its own, as a terminal has it."""
        process = subprocess.Popen(
            [sys.executable, "-m", "secateur", *options], cwd=self.folder, env=self.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        watch = threading.Timer(120, process.kill)  # a test that hangs is to fail
        watch.daemon = True
        watch.start()
        return process

    def commit(self) -> None:
        self.run("git", "add", "-A")
        self.run("git", "commit", "-q", "--allow-empty", "-m", "toy")

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
