"""A copy of each `dvc.lock` while `dvc repro` may write it: a killed one leaves half a file.

DVC empties the file and then writes it, which takes a third of a second for twenty stages.
"""

import contextlib
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

FOLDER = ".dvc/tmp/dvc-parallel/locks"


@contextlib.contextmanager
def kept(project: Path, definitions: Iterable[str]) -> Iterator[None]:
    """Within the block, and after a block that was killed, there is a copy of each.

    `definitions` are the files that define stages, relative to the project's top.
    """
    folder = project / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    partial = folder.with_name("locks.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for name in {Path(file).with_name("dvc.lock") for file in definitions}:
        (partial / name).parent.mkdir(parents=True, exist_ok=True)
        if (project / name).exists():
            shutil.copy2(project / name, partial / name)
        else:
            (partial / name).touch()
    partial.mkdir(parents=True, exist_ok=True)
    partial.rename(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def mend(project: Path) -> None:
    """Put the copies that a killed run left in the place of files that it left half-written."""
    folder = project / FOLDER
    for copy in folder.rglob("dvc.lock"):
        path = project / copy.relative_to(folder)
        if not path.exists() or _is_whole(path):
            continue
        print(f"{path}: a killed run left half of it; what it was before is put back",
              file=sys.stderr, flush=True)  # fmt: skip
        if _is_whole(copy):
            partial = path.with_name(f".{path.name}.partial")
            shutil.copy2(copy, partial)
            partial.replace(path)
        else:  # there was none
            path.unlink()


def _is_whole(path: Path) -> bool:
    """Whether a file ends as DVC ends it, and can be read."""
    try:
        text = path.read_text(encoding="utf-8")
        return text.endswith("\n") and bool(YAML(typ="safe", pure=True).load(text))
    except (ValueError, YAMLError):  # not UTF-8, or not YAML
        return False
