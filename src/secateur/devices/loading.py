"""Load TFLite files into LiteRT, and find out which cannot run before they could end the run.

It needs the standard library and ai-edge-litert, which brings numpy, and no Secateur: it runs in a
process of its own, and on other devices.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Any

PATIENCE = 300.0  # seconds for a first run
NEEDED = ("numpy", "ai_edge_litert.interpreter")
# Not from this folder, where a module may have the name of one of Python's.
TRY = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='try')['try_files']()"


def unusable() -> str | None:
    """Return why what loads files cannot be imported, or None.

    Another process imports it first: a build for other processors ends the one that does.
    """
    command = [sys.executable, "-c", f"import {', '.join(NEEDED)}"]
    status = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False,
    ).returncode  # fmt: skip
    if status < 0:
        return f"Python crashes (exit status {status})"
    try:
        for name in NEEDED:
            importlib.import_module(name)
    except Exception as error:  # a broken package raises anything
        return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
    return None


def load(path: Path, kernels: str) -> tuple[Any, int, int]:
    """Return an interpreter that has run once; nanoseconds of its initialisation and that run.

    `kernels` is `xnnpack`, or `builtin` for LiteRT's own. Raises what LiteRT raises.
    """
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    own = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    resolver = OpResolverType.AUTO if kernels == "xnnpack" else own
    start = perf_counter_ns()
    interpreter = Interpreter(str(path), experimental_op_resolver_type=resolver, num_threads=1)
    interpreter.allocate_tensors()
    ready = perf_counter_ns()
    _fill(interpreter)
    first = perf_counter_ns()
    interpreter.invoke()
    return interpreter, ready - start, perf_counter_ns() - first


def caller(interpreter: Any) -> Callable[[], Any]:
    """Return what runs a loaded file.

    LiteRT's own `invoke` first asks whether an array of ours shows its memory, which takes 0.2
    microseconds, a third of the smallest network's time; none does. Another version may lack what
    it calls then.
    """
    inner = getattr(getattr(interpreter, "_interpreter", None), "Invoke", None)
    return inner if callable(inner) else interpreter.invoke  # type: ignore[no-any-return]


def _fill(interpreter: Any) -> None:
    """Set each input to random values, the same ones each time."""
    import numpy as np

    random = np.random.default_rng(0)
    for tensor in interpreter.get_input_details():
        shape, kind = tensor["shape"], np.dtype(tensor["dtype"])
        values = np.zeros(shape, kind)  # of 4 bytes: an index, beyond whose table a run may crash
        if kind.kind == "f":
            values = random.random(shape).astype(kind)
        elif kind.kind in "iu" and kind.itemsize <= 2:
            most = np.iinfo(kind)
            values = random.integers(most.min, most.max, shape, kind, endpoint=True)
        interpreter.set_tensor(tensor["index"], values)


def try_each(pairs: Sequence[tuple[Path, str]]) -> list[str | None]:
    """Run each file once in another process; return why it cannot run, or None, for each.

    Each is given by its path and its kernels. A damaged file may crash that process.
    """
    found: list[str | None] = []
    while len(found) < len(pairs):
        found += _try(pairs[len(found) :])
    return found


def _try(pairs: Sequence[tuple[Path, str]]) -> list[str | None]:
    """Run files until one of them ends the process; the last result is then that one's."""
    found: list[str | None] = []
    with subprocess.Popen(
        [sys.executable, "-c", TRY, __file__], text=True, encoding="utf-8",
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as child:  # fmt: skip
        assert child.stdin
        assert child.stdout
        with contextlib.suppress(BrokenPipeError):
            json.dump([[str(path), kernels] for path, kernels in pairs], child.stdin)
            child.stdin.close()
        while len(found) < len(pairs):
            timer = threading.Timer(PATIENCE, child.kill)
            timer.start()
            line = child.stdout.readline()
            timer.cancel()
            if not line:
                break
            found.append(json.loads(line))
    if len(found) < len(pairs):
        found.append(
            f"LiteRT crashes on it, or needs more than {PATIENCE:g} seconds (exit status "
            f"{child.returncode})"
        )
    return found


def try_files() -> None:
    """Read paths and kernels from standard input, run each, print why it cannot as JSON."""
    for path, kernels in json.load(sys.stdin):
        why = None
        try:
            load(Path(path), kernels)
        except (ValueError, RuntimeError, MemoryError, OSError, ImportError) as error:
            words = " ".join(str(error).replace(path, Path(path).name).split())
            why = f"LiteRT cannot run it: {words[:200] or type(error).__name__}"
        print(json.dumps(why), flush=True)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hide what LiteRT prints of its delegate for each file."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
