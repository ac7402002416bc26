"""Silence for libraries that ignore the log level."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hide what C++ libraries write to standard error; show it if the block raises.

    TensorFlow logs before its log level is read; its converter and LiteRT never read it.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    # In memory: a full disk must not look like a fault of what the block does.
    with open(os.memfd_create("stderr"), "w+b") as log:  # noqa: PTH123  a descriptor
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            log.seek(0)
            os.write(stderr, log.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
