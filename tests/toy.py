"""A DVC pipeline of three stages that take no time, for what works in any DVC project."""

import copy
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

DRAW = "import sys; open('data.txt', 'w').write('7' * 3)"
TRAIN = "open('model.txt', 'w').write(open('data.txt').read() + '!')"
SCORE = """\
import json
mse = {seed: 0.1 + 0.01 * seed for seed in range(5)}
scores = {'mse': {'median': 0.12, 'seeds': mse}, 'bytes': len(open('model.txt').read())}
json.dump({'small': scores, 'r2': 0.9, 'same': 1}, open('score.json', 'w'))
"""
STAGES: dict[str, Any] = {
    "draw": {"cmd": "python draw.py", "deps": ["draw.py"], "params": ["rows"],
             "outs": ["data.txt"]},
    "train": {"cmd": "python train.py", "deps": ["train.py", "data.txt"], "outs": ["model.txt"]},
    "score": {"cmd": "python score.py", "deps": ["score.py", "model.txt"],
              "metrics": [{"score.json": {"cache": False}}]},
}  # fmt: skip


class Toy:
    """A Git repository with the pipeline, reproduced and committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "DVC_NO_ANALYTICS": "1"}
        self.env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        folder.mkdir()
        self.write("draw.py", DRAW)
        self.write("train.py", TRAIN)
        self.write("score.py", SCORE)
        self.write("params.yaml", "rows: 3\n")
        with (folder / "dvc.yaml").open("w") as file:
            YAML(typ="safe").dump({"stages": STAGES}, file)
        self.write(".gitignore", "/data.txt\n/model.txt\n")
        self.run("git", "init", "-q", "-b", "main")
        self.run("dvc", "init", "-q")
        self.run("dvc", "repro", "-q")
        self.commit("toy")

    def copy(self, folder: Path) -> "Toy":
        shutil.copytree(self.folder, folder)
        copied = copy.copy(self)
        copied.folder = folder
        return copied

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def commit(self, message: str) -> None:
        self.run("git", "add", "-A")
        self.run("git", "-c", "user.name=t", "-c", "user.email=t@e", "commit", "-qm", message)

    def change(self, name: str, old: str, new: str) -> None:
        """Edit a file without running anything, and commit it."""
        self.edit(name, old, new)
        self.commit(f"{name} edited")

    def reproduce(self, name: str, old: str, new: str) -> None:
        """Edit a file, run what follows from it, and commit all."""
        self.edit(name, old, new)
        self.run("dvc", "repro", "-q")
        self.commit(f"{name} edited and run")
