"""A clone on a worker, and the process that runs stages in it.

Dask sends this module to workers by value, so it may use no other module of the package but those
that travel too.
"""

import contextlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
LOG = 200_000  # bytes: a log of gigabytes must not travel


@dataclass
class Clone:
    """A clone of one snapshot and its runner."""

    folder: Path
    snapshot: str
    process: "subprocess.Popen[bytes]"

    @property
    def top(self) -> Path:
        """The top of its repository."""
        return self.folder / "clone"

    def run(self, job: Json) -> Json:
        """Have the runner do the job; `lost` in the result says why there is no other."""
        folder, process = self.folder, self.process
        assert process.stdin
        assert process.stdout
        (folder / "result").unlink(missing_ok=True)
        (folder / "job").write_bytes(pickle.dumps(job))
        try:
            process.stdin.write(b".")
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:  # a broken pipe
            answer = b""
        if not answer:
            return {"lost": "its runner was killed"}
        try:
            result = pickle.loads((folder / "result").read_bytes())
        except FileNotFoundError:
            return {"lost": f"its process ended with {answer.decode().strip()}; {_log(folder)}"}
        return {**result, "log": _log(folder)}

    def kill(self) -> None:
        """Kill the runner and every stage that it runs."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def discard(self) -> None:
        """Kill and delete."""
        self.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def check_out(folder: Path, bundle: bytes, snapshot: str, env: dict[str, str]) -> Path:
    """Clone a bundle into `folder / "clone"` and check a snapshot out."""

    def git(*arguments: str) -> None:
        command = ["git", *arguments]
        subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)

    (folder / "bundle").write_bytes(bundle)
    git("init", "--quiet", "clone")
    git("-C", "clone", "fetch", "--quiet", "../bundle", "refs/heads/*:refs/snapshots/*")
    git("-C", "clone", "checkout", "--quiet", "--detach", snapshot)
    (folder / "bundle").unlink()
    return folder / "clone"


def start_runner(
    folder: Path, project: Path, scripts: Mapping[str, str], cores: list[str], env: dict[str, str]
) -> "subprocess.Popen[bytes]":
    """Write the runner's source texts into `folder` and start it in the project."""
    for name, text in scripts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(folder / "runner.py"), str(project), str(folder), *cores],
        cwd=project, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip


def copy(names: Iterable[str], source: Path, target: Path) -> None:
    """Copy files from one folder to the same places in another."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name)


def missing(names: Iterable[str], top: Path) -> list[str]:
    """Those of the files that are gone, and the folders that are gone with them."""
    found: set[str] = set()
    for name in names:
        for path in (Path(name), *Path(name).parents):
            if os.path.lexists(top / path):
                break
            found.add(path.as_posix())
    return sorted(found)


def remove(names: Iterable[str], top: Path) -> None:
    """Delete files, and folders that are empty then; what is not there is no error."""
    for name in sorted(names, reverse=True):  # what is in a folder comes before it
        path = top / name
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write texts, by their paths in a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def texts(names: Iterable[str], folder: Path) -> dict[str, str]:
    """Read those of the files in a folder that are there."""
    found = {name: folder / name for name in names}
    return {name: p.read_text(encoding="utf-8") for name, p in found.items() if p.is_file()}


def configure(path: Path, text: str, settings: Json) -> None:
    """Write a `.dvc/config.local` of this text, with the settings of these sections over it."""
    from configobj import ConfigObj

    config = ConfigObj(text.splitlines(), list_values=False)
    config.merge(settings)
    path.touch(mode=0o600)  # it may hold a password
    with path.open("wb") as file:
        config.write(file)


def _log(folder: Path) -> str:
    """The end of what the job printed."""
    try:
        with (folder / "log.txt").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LOG))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
