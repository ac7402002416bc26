"""One row on tflite-micro, the interpreter of microcontrollers, in a process of its own."""

import importlib.util
import pickle
import re
import subprocess
import sys
from typing import NamedTuple

import numpy as np

from secateur.core.errors import InputError

MOST = 1 << 30  # bytes of an arena; the processor's memory holds only what is touched
STEP = 16  # bytes: tflite-micro aligns what it allocates
TRIES = 64
CHILD = """
import pickle, sys
from tflite_micro.python.tflite_micro import runtime
content, row, arena = pickle.load(sys.stdin.buffer)
interpreter = runtime.Interpreter.from_bytes(content, arena_size=arena)
interpreter.set_input(row, 0)
interpreter.invoke()
output = interpreter.get_output(0).tobytes().hex()
interpreter.print_allocations()
print(f"OUTPUT {output}")
"""


class Ran(NamedTuple):
    """What the interpreter needed and gave."""

    arena_bytes: int
    output: bytes


def run(content: bytes, row: np.ndarray) -> Ran:
    """Run a file on one row (1, *inputs), of the type that it takes, with the least arena.

    Raises:
        InputError: tflite-micro cannot run the file, or is not installed.
    """
    if importlib.util.find_spec("tflite_micro") is None:
        raise InputError("tflite-micro is not installed; there are packages for Linux on x86-64")
    printed = _printed(content, row, MOST)
    found = re.search(r"Arena allocation total (\d+) bytes", printed)
    if not found or "OUTPUT" not in printed:
        raise InputError(f"tflite-micro cannot run it: {_reason(printed)}")
    # To make the interpreter ready may take more than it holds in the end.
    for arena in range(int(found[1]), MOST, STEP)[:TRIES]:
        if output := re.search("OUTPUT (.*)", _printed(content, row, arena)):
            return Ran(arena, bytes.fromhex(output[1]))
    raise InputError(f"tflite-micro needs {found[1]} bytes of arena, but does not run with them")


def _printed(content: bytes, row: np.ndarray, arena: int) -> str:
    """Return what a run prints, from Python and C. With too small an arena it may also crash."""
    given = pickle.dumps((content, row, arena))
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return child.stdout.decode(errors="replace")


def _reason(printed: str) -> str:
    """Return what the interpreter said, without Python's traceback."""
    said = [line.strip() for line in printed.partition("Traceback")[0].splitlines() if line.strip()]
    return re.sub(r"\S*/", "", "; ".join(said or printed.splitlines()[-1:]))[:300]
