"""A `python` that lists each folder in a random order, as file systems may."""

import shlex
import sys
from pathlib import Path

# Python runs a `sitecustomize` on its path at its start.
SITECUSTOMIZE = """\
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


def write(folder: Path, seed: int) -> None:
    """Write `python`, `python3` and their `sitecustomize.py` into a new folder."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE.format(seed=seed), encoding="utf-8")
    # A stage may set PYTHONPATH for itself. The scripts add this folder to its value.
    script = (
        f'#!/bin/sh\nPYTHONPATH="${{PYTHONPATH:+$PYTHONPATH:}}"{shlex.quote(str(folder))} '
        f'exec {shlex.quote(sys.executable)} "$@"\n'
    )
    for name in ("python", "python3"):
        (folder / name).write_text(script, encoding="utf-8")
        (folder / name).chmod(0o755)
