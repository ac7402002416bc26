"""What must not matter to a reproduction, varied as Debian's reprotest does."""

import os
import random
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from secateur.errors import end_with_parent

FOLDERS = ("clone", "an other place", "a/very/much/deeper/folder", "x" * 60)
TIME_ZONES = ("Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu")
LOCALES = ("C", "C.utf8", "de_DE.utf8", "tr_TR.utf8")  # as `locale -a` names them
UMASKS = (0o022, 0o002, 0o027, 0o077)

# Python lists a folder in the order that the file system gives: here, in another one each time.
SHUFFLE = """\
import os, random

def shuffled(entries):
    names = sorted(entries, key=lambda entry: getattr(entry, "name", entry))
    random.Random({seed}).shuffle(names)
    return names

class Scan:
    def __init__(self, scan):
        with scan:
            self.entries = iter(shuffled(scan))
    def __iter__(self):
        return self
    def __next__(self):
        return next(self.entries)
    def __enter__(self):
        return self
    def __exit__(self, *error):
        pass
    def close(self):
        pass

listdir, scandir = os.listdir, os.scandir
os.listdir = lambda *args: shuffled(listdir(*args))
os.scandir = lambda *args: Scan(scandir(*args))
"""


@dataclass(frozen=True)
class Conditions:
    """Where and how a reproduction runs; the same for the same seed, on one machine."""

    seed: int
    folder: str  # of the clone, in a temporary one
    time_zone: str
    locale: str
    umask: int
    hash_seed: int
    processors: tuple[int, ...]

    def __str__(self) -> str:
        """One line, to be printed."""
        return (
            f"folder {self.folder!r}, TZ={self.time_zone}, LC_ALL={self.locale}, "
            f"umask {self.umask:03o}, PYTHONHASHSEED={self.hash_seed}, an empty HOME, "
            f"{len(self.processors)} of {os.cpu_count()} processors, files listed in another order"
        )

    def environment(self, temporary: Path) -> dict[str, str]:
        """The variables of a process that runs under these conditions.

        `temporary` gets the home folder and a `python` that lists files in another order, which
        comes first on the path: a stage may set PYTHONPATH for itself.
        """
        home, shims = temporary / "home", temporary / "shims"
        home.mkdir()
        shims.mkdir()
        (shims / "sitecustomize.py").write_text(SHUFFLE.format(seed=self.seed), encoding="utf-8")
        for name in ("python", "python3"):
            (shims / name).write_text(
                f'#!/bin/sh\nPYTHONPATH="${{PYTHONPATH:+$PYTHONPATH:}}"{shlex.quote(str(shims))} '
                f'exec {shlex.quote(sys.executable)} "$@"\n',
                encoding="utf-8",
            )
            (shims / name).chmod(0o755)
        varied = ("PYTHON", "LC_", "XDG_", "GIT_")
        ours = {key: value for key, value in os.environ.items() if not key.startswith(varied)}
        tools = [str(shims), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
        return ours | {
            "PATH": os.pathsep.join(tools),
            "PYTHONPATH": str(shims),
            "PYTHONHASHSEED": str(self.hash_seed),
            "HOME": str(home),
            "TZ": self.time_zone,
            "LC_ALL": self.locale,
            "LANG": self.locale,
            "DVC_NO_ANALYTICS": "1",
            "DVC_SITE_CACHE_DIR": str(temporary / "dvc"),
        }

    def before_exec(self) -> Callable[[], None]:
        """What the process does to itself before it starts."""
        parent = os.getpid()

        def apply() -> None:
            end_with_parent(parent)
            os.umask(self.umask)
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, self.processors)

        return apply


def draw(seed: int) -> Conditions:
    """The conditions of one seed; where there is a choice, others than the present ones."""
    chance = random.Random(seed)
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    umask = os.umask(0o022)
    os.umask(umask)
    return Conditions(
        seed=seed,
        folder=chance.choice(FOLDERS),
        time_zone=chance.choice([z for z in TIME_ZONES if z != os.environ.get("TZ")]),
        locale=chance.choice([n for n in _locales() if n != os.environ.get("LC_ALL")]),
        umask=chance.choice([u for u in UMASKS if u != umask]),
        hash_seed=chance.randrange(1, 2**32),
        processors=tuple(chance.sample(usable, chance.randint(1, max(1, len(usable) - 1)))),
    )


def _locales() -> list[str]:
    try:
        listed = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False)
    except OSError:
        return ["C", "POSIX"]
    installed = {"C", *listed.stdout.split()}
    return ["POSIX", *(name for name in LOCALES if name in installed)]
