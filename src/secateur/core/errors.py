"""How a stage starts, and how it reports an error in its input."""

import contextlib
import ctypes
import difflib
import errno
import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from secateur.core import under_way

PARENT = os.getppid()  # read first: importing TensorFlow takes seconds


class InputError(ValueError):
    """A file or parameter is unusable; the message names it, its value and what is allowed."""


def run(main: Callable[..., None], *args: str) -> None:
    """Call a stage's `main` and turn an expected failure into one line and exit status 1.

    Only `InputError` and `OSError` (a full disk, no permission) are expected:
    anything else is a bug and keeps its traceback. On a worker of this machine's, the exit status
    of an `InputError` says whether the stage would fail in the workspace too.
    """
    end_with_parent(PARENT)
    try:
        inspect.signature(main).bind(*args)
    except TypeError:
        names = " ".join(name.upper() for name in inspect.signature(main).parameters)
        sys.exit(f"usage: {sys.argv[0]} {names}".rstrip())
    try:
        with under_way.noted(" ".join(map(str, [Path(sys.argv[0]).stem, *args]))):
            main(*args)
    except InputError as error:
        if under_way.PROJECT in os.environ and _fails_everywhere(error):
            print(f"error: {error}", file=sys.stderr)
            sys.exit(os.EX_DATAERR)
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {of_system(error)}")
    except KeyboardInterrupt:
        sys.exit(130)


def _fails_everywhere(error: BaseException) -> bool:
    """Whether neither a worker's clone, which may lack a file or a module, nor memory led to it."""
    cause: BaseException | None = error
    while cause is not None:
        # TensorFlow's own NotFoundError is no OSError.
        if (
            isinstance(cause, OSError | ImportError | MemoryError)
            or type(cause).__name__ == "NotFoundError"
        ):
            return False
        cause = cause.__cause__ or cause.__context__
    return True


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ` (did you mean 'epochs'?)` for the nearest known name; nothing if none is near."""
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def must_exist(path: Path) -> None:
    """Raise InputError if a file that a stage writes is missing."""
    if not path.exists():
        raise InputError(f"{path}: not found; `dvc repro` writes it")


def one_line(error: BaseException) -> str:
    """Put another library's message on one line and cut it to 300 characters."""
    return " ".join(str(error).split())[:300]


def of_system(error: OSError) -> str:
    """Say in one line what the operating system refused, and what to do where a disk is full."""
    said = one_line(error)
    # Not every library passes the number on.
    full = error.errno in (errno.ENOSPC, errno.EDQUOT) or os.strerror(errno.ENOSPC) in said
    return f"the disk is full ({said}); free some space and run it again" if full else said


def end_with_parent(parent: int) -> None:
    """Have Linux kill this process when its parent dies; exit if `parent` is already gone.

    A stage that outlives a killed `dvc` would write into the next run's outputs, and DVC would
    record the mixture as its result. The parent must be `dvc` itself: `dvc.yaml` uses `exec`,
    because dash, for one, stays between `dvc` and the stage.
    """
    with contextlib.suppress(OSError, AttributeError):  # other systems have no prctl
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)
