"""The cores of this machine, shared by all trainings that run in processes of their own.

Several stages may train at once (`secateur repro --jobs`), each with a process for each seed. A
process waits until a core is free, so that no core has two.
"""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from secateur.core import processors
from secateur.core.errors import InputError

WORKERS = "SECATEUR_WORKERS"  # how many processes a stage may train in
WAIT = 0.2  # seconds between two looks


def workers() -> int:
    """Return how many processes may train; raises InputError if the user's number is none."""
    wanted = os.environ.get(WORKERS)
    if not wanted:
        return len(processors.shared())
    if not wanted.isdecimal() or int(wanted) < 1:
        raise InputError(f"{WORKERS}={wanted}: must be a whole number of at least 1, or not set")
    return int(wanted)


@contextmanager
def one() -> Iterator[None]:
    """Wait for a free core of this machine, and hold it; the system frees it if this is killed."""
    try:
        import fcntl
    except ImportError:  # a system without such locks: every process goes on
        yield
        return
    count = max(workers(), len(processors.shared()))
    folder = Path(tempfile.gettempdir()) / f"secateur-cores-{os.getuid()}"
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        yield
        return
    while True:
        for number in range(count):
            file = (folder / str(number)).open("w")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                continue
            with file:
                processors.spread()
                yield
            return
        time.sleep(WAIT)
