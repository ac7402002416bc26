"""A device's figures of a file, for a process that has imported TensorFlow.

What measures a file may crash, so it gets a process of its own, by fork; TensorFlow's threads do
not survive one. So this module runs itself as a program, and that one forks:
`python -m secateur.devices.file_figures`.
"""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from secateur.core.errors import InputError
from secateur.devices import apart, ethos_u, micro
from secateur.devices.apart import Failed
from secateur.recipes.channel_terms import Npu

LARGEST_ARENA = 1 << 26  # bytes; a microcontroller has fewer


def on_ethos_u(content: bytes, npu: Npu) -> dict[str, Any]:
    """Return what `ethos_u.compiled` does.

    Raises:
        ValueError: Vela is not installed, or does not compile the file; the message is a sentence.
    """
    if ethos_u.version() is None:
        raise ValueError(ethos_u.ABSENT)
    figures: dict[str, Any] = _elsewhere(ethos_u.compiled, (content, *npu.model_dump().values()))
    return figures


def arena_bytes(content: bytes, row: np.ndarray) -> int:
    """Return the least arena with which tflite-micro runs a file on a row (1, *inputs).

    Raises:
        ValueError: there is no tflite-micro here, or it does not run the file.
    """
    if micro.version() is None:
        raise ValueError(micro.ABSENT)
    found: int = _elsewhere(_arena, (content, row))
    return found


def _arena(content: bytes, row: np.ndarray) -> int:
    return micro.run(content, row, LARGEST_ARENA).arena_bytes


def _elsewhere(work: Any, given: tuple[Any, ...]) -> Any:
    """Return what a function returns in a process without TensorFlow."""
    places = os.pathsep.join(filter(None, sys.path))  # where this process has found the package
    done = subprocess.run(
        [sys.executable, "-m", __name__], input=pickle.dumps((work.__name__, given)),
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": places}, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"a process that measures a file ended with {done.returncode}")
    answer = json.loads(done.stdout)
    if "why" in answer:
        raise ValueError(answer["why"])
    return answer["found"]


WORK: dict[str, Callable[..., Any]] = {"compiled": ethos_u.compiled, "_arena": _arena}


def _answer(name: str, given: tuple[Any, ...]) -> dict[str, Any]:
    try:
        ((_, found),) = apart.each(lambda item: WORK[name](*item), [given])
    except InputError as error:
        return {"why": str(error)}
    if not isinstance(found, Failed):
        return {"found": found}
    kind, _, message = found.reason.partition(": ")
    if kind == "ValueError" or not message:
        return {"why": message or found.reason}
    if name == "_arena":
        return {"why": micro.why(message, found.printed, LARGEST_ARENA)}
    return {"why": found.reason}


if __name__ == "__main__":
    print(json.dumps(_answer(*pickle.load(sys.stdin.buffer))))
