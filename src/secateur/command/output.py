"""What the command prints arrives, or the exit status says that it did not."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def checked() -> Iterator[None]:
    """Flush standard output in the end; where it cannot be written, say so and exit with 1.

    Python alone would drop what is printed to a closed output, and end with 0.
    """
    closed = _open_closed_streams()
    if 1 in closed:
        _fail("it is closed")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if not _output_fails():
            raise
        # Python flushes once more when it ends, and must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        _fail(error.strerror or str(error))


def _open_closed_streams() -> set[int]:
    """Have standard streams that are closed lead nowhere; the first file opened would be one."""
    closed = set()
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            closed.add(number)
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    return closed


def _output_fails() -> bool:
    """Whether what could not be written still cannot."""
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False


def _fail(why: str) -> None:
    print(f"error: standard output: {why}", file=sys.stderr)
    raise SystemExit(1) from None
