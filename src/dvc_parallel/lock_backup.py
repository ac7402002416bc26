"""A copy of each `dvc.lock` while `dvc repro` may write it: a killed one leaves half a file.

DVC empties the file and then writes it, which takes a third of a second for twenty stages.
"""

import contextlib
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from dvc_parallel.git import git

FOLDER = ".dvc/tmp/dvc-parallel/locks"
BEGIN = "schema: '2.0'\nstages:\n"


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
    """Put right each `dvc.lock` that a killed run left half-written.

    What it was before is put back, where there is a copy. Else `dvc repro` itself was killed: the
    stages that are whole in the file stay, and the run cache restores the others.
    """
    folder = project / FOLDER
    for copy in folder.rglob("dvc.lock"):
        path = project / copy.relative_to(folder)
        if path.exists() and not _is_whole(path):
            _say(path, "what it was before is put back")
            _put(path, copy.read_text(encoding="utf-8") if _is_whole(copy) else "")
    listed = git("-C", str(project), "ls-files", "-z", "--", "*/dvc.yaml").split("\0")
    for name in ("dvc.yaml", *filter(None, listed)):
        path = (project / name).with_name("dvc.lock")
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None
        if text is not None and _is_cut_off(text):
            _say(path, "stages that are whole there stay, and the cache has the others")
            _put(path, text[: _last_stage(text)])


def _say(path: Path, what: str) -> None:
    print(f"{path}: a killed run left half of it; {what}", file=sys.stderr, flush=True)


def _put(path: Path, text: str) -> None:
    """Write the file, whole or not at all; without a text, delete it."""
    if not text:
        path.unlink()
        return
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _is_cut_off(text: str) -> bool:
    """Whether DVC began to write this and did not come to its end; a merge's conflict is not ours.

    Only the last stage is looked at: to parse all of a file takes a third of a second.
    """
    begins = text.startswith(BEGIN) or BEGIN.startswith(text)
    if not begins or re.search(r"^(<{7}|={7}|>{7})", text, re.MULTILINE):
        return False
    return not _is_text_whole(BEGIN + text[_last_stage(text) or len(BEGIN) :])


def _last_stage(text: str) -> int:
    """Where the last stage begins; 0 if no other stands before it."""
    starts = [found.start() for found in re.finditer(r"^  [^ \n-].*:$", text, re.MULTILINE)]
    return starts[-1] if len(starts) > 1 else 0


def _is_whole(path: Path) -> bool:
    """Whether a file ends as DVC ends it, and can be read."""
    try:
        return _is_text_whole(path.read_text(encoding="utf-8"))
    except ValueError:  # not UTF-8
        return False


def _is_text_whole(text: str) -> bool:
    try:
        stages = YAML(typ="safe", pure=True).load(text)["stages"]
        return text.endswith("\n") and all("cmd" in stage for stage in stages.values())
    except (ValueError, YAMLError, AttributeError, TypeError, KeyError):
        return False
