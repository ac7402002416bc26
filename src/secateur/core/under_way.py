"""Notes of stages under way: what speaks for a stage that was killed and could not.

A stage's note has a lock, which the system frees when the stage dies, and goes when the stage ends
by itself. So a note without a lock is of a stage that the kernel, a user or a power cut ended.
"""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

FOLDER = Path(".dvc/tmp/running")
PROJECT = "DVC_PARALLEL_PROJECT"  # set by `dvc_parallel`, which runs stages in clones
COUNTS = Path("/proc/vmstat")  # of Linux: what the kernel has done since it began
ADVICE = "do less at once (SECATEUR_WORKERS=1 secateur repro --jobs 1) or lower training.batch_size"
KEPT = "what it had trained is kept: finished seeds, and checkpoints of others"


def place_of(folder: Path) -> Path | None:
    """Return a folder in `.dvc/tmp` of the project, not of a clone; None outside of a project."""
    place = Path(os.environ.get(PROJECT, ".")) / folder
    return place if place.parent.is_dir() else None


@contextmanager
def noted(stage: str) -> Iterator[None]:
    """Keep a note of a stage while the block runs; tell first if the stage was killed before."""
    for line in killed(stage):
        print(line, flush=True)
    with ExitStack() as stack:
        # Without a note, for want of locks or of space, the stage runs all the same.
        with suppress(ImportError, OSError):
            _begin(stage, stack)
        yield


def _begin(stage: str, stack: ExitStack) -> None:
    """Write a locked note, which goes with the stack; raises ImportError or OSError."""
    import fcntl

    if (place := place_of(FOLDER)) is None:
        return
    place.mkdir(exist_ok=True)
    path = place / f"{quote(stage, safe='')}.{os.getpid()}"
    file = stack.enter_context(path.open("w", encoding="utf-8"))
    stack.callback(path.unlink, missing_ok=True)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    json.dump({"stage": stage, "out_of_memory": _out_of_memory()}, file)
    file.flush()


def killed(stage: str | None = None) -> list[str]:
    """Return a line for each stage that was killed, or for this one, and forget it."""
    place = place_of(FOLDER)
    pattern = "*" if stage is None else f"{quote(stage, safe='')}.*"
    notes = sorted(place.glob(pattern)) if place else []
    return [line for note in notes if (line := _line(note))]


def _line(note: Path) -> str:
    """Say what ended a stage, and delete its note; empty if it runs, or died before it wrote."""
    try:
        import fcntl

        with note.open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            text = file.read()
            note.unlink(missing_ok=True)
        found = json.loads(text)
        stage, before = str(found["stage"]), int(found["out_of_memory"])
    except (
        ImportError,
        OSError,
        ValueError,
        KeyError,
        TypeError,
    ):  # it runs, or died before it wrote
        return ""
    if _out_of_memory() > before:
        why = "was killed, likely by the kernel, which has run out of memory since it began"
        return f"{stage}: {why}: {ADVICE}; {KEPT}"
    return f"{stage}: was ended from outside before it was done; {KEPT}"


def _out_of_memory() -> int:
    """Return how many processes the kernel has killed for lack of memory; 0 if it does not say."""
    try:
        lines = COUNTS.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
