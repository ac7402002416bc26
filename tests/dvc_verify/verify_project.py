"""A DVC project of three stages that take no time."""

import copy
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

SOURCE = Path(__file__).parents[2] / "src"
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


class Project:
    """A Git repository with the pipeline, reproduced and committed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**os.environ, "DVC_NO_ANALYTICS": "1"}
        self.env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        (folder / ".dvc").mkdir(parents=True)
        self.write(".dvc/config", "")
        self.write(".dvc/.gitignore", "/config.local\n/tmp\n/cache\n")
        self.write("draw.py", DRAW)
        self.write("train.py", TRAIN)
        self.write("score.py", SCORE)
        self.write("params.yaml", "rows: 3\n")
        self.write_stages(STAGES)
        self.write(".gitignore", "/data.txt\n/model.txt\n")
        self.run("git", "init", "-q", "-b", "main")
        self.run("dvc", "repro", "-q")
        self.commit("project")

    def copy(self, folder: Path) -> "Project":
        shutil.copytree(self.folder, folder)
        copied = copy.copy(self)
        copied.folder = folder
        return copied

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def write_stages(self, stages: dict[str, Any]) -> None:
        with (self.folder / "dvc.yaml").open("w") as file:
            YAML(typ="safe").dump({"stages": stages}, file)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def edit_and_lock(self, stage: str, name: str, old: str, new: str) -> None:
        """Edit a dependency and put its hash into dvc.lock, as if its stage had been run."""
        self.edit(name, old, new)
        with self.editing_lock() as stages:
            deps = stages[stage]["deps"]
            deps[:] = [item for item in deps if item["path"] != name]
        self.add_locked_dependency(stage, name)

    def edit_scores(self, **changes: Any) -> None:
        """Change keys of score.json; None deletes one."""
        scores = json.loads((self.folder / "score.json").read_text()) | changes
        kept = {key: value for key, value in scores.items() if value is not None}
        self.write("score.json", json.dumps(kept))

    def add_locked_dependency(self, stage: str, name: str) -> None:
        """Put a file and its hash into dvc.lock, as if the stage had been run with it."""
        content = (self.folder / name).read_bytes()
        digest = hashlib.md5(content).hexdigest()
        entry = {"path": name, "hash": "md5", "md5": digest, "size": len(content)}
        with self.editing_lock() as stages:
            stages[stage]["deps"].append(entry)

    def tamper_with_lock(self, stage: str, part: str, path: str) -> tuple[str, str]:
        """Change the first digit of a hash in dvc.lock; return the right and the wrong hash."""
        with self.editing_lock() as stages:
            (item,) = [item for item in stages[stage][part] if item["path"] == path]
            right = item["md5"]
            item["md5"] = wrong = ("0" if right[0] != "0" else "1") + right[1:]
        return right, wrong

    @contextmanager
    def editing_lock(self) -> Iterator[dict[str, Any]]:
        """The stages of dvc.lock, which are written back at the end."""
        lock = YAML(typ="safe").load(self.folder / "dvc.lock")
        yield lock["stages"]
        with (self.folder / "dvc.lock").open("w") as file:
            YAML(typ="safe").dump(lock, file)

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, text=True, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def commit(self, message: str) -> None:
        self.run("git", "add", "-A")
        self.run("git", "-c", "user.name=t", "-c", "user.email=t@e", "commit", "-qm", message)
