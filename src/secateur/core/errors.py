"""How a stage starts, and how it tells a person what is wrong with what it was given."""

import contextlib
import ctypes
import inspect
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

PARENT = os.getppid()  # as early as can be: importing TensorFlow takes seconds


class InputError(ValueError):
    """A file or parameter that cannot be used: names it, its value and what is allowed."""


def run(main: Callable[..., None], *args: str) -> None:
    """Call a stage's `main` and turn an expected failure into one line and exit status 1.

    Only `InputError` and `OSError` (a full disk, no permission) are expected:
    anything else is a bug of ours and keeps its traceback.
    """
    end_with_parent(PARENT)
    try:
        inspect.signature(main).bind(*args)
    except TypeError:
        names = " ".join(name.upper() for name in inspect.signature(main).parameters)
        sys.exit(f"usage: {sys.argv[0]} {names}".rstrip())
    try:
        main(*args)
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        sys.exit(f"error: {one_line(error)}")
    except KeyboardInterrupt:
        sys.exit(130)


def must_exist(path: Path) -> None:
    """Raise InputError where a file that a stage makes is missing."""
    if not path.exists():
        raise InputError(f"{path}: not found; `dvc repro` makes it")


def one_line(error: Exception) -> str:
    """Another library's message, without its line breaks and not longer than a few lines."""
    return " ".join(str(error).split())[:300]


def end_with_parent(parent: int) -> None:
    """Have Linux kill this process when `parent`, which started it, is killed; end if it was.

    A stage that outlived a killed `dvc` would write into the outputs of the next run, and DVC
    would take the mixture for its result. The parent must be `dvc` itself, hence `exec` in
    `dvc.yaml`: dash, for one, stays between the two.
    """
    with contextlib.suppress(OSError, AttributeError):  # elsewhere there is no such call
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)
