"""A file on a microcontroller: the real interpreter's arena and predictions.

tflite-micro is the interpreter that runs on microcontrollers (R. David et al., 2021, "TensorFlow
Lite Micro"). Its Python package runs it on this processor; pointers take 8 bytes here and 4 there,
so a device needs no more arena than is found here.
"""

import os
import re
from collections.abc import Callable
from importlib import metadata
from typing import Any, NamedTuple

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from secateur.core.errors import one_line
from secateur.devices import apart
from secateur.evaluate import litert, operators

PACKAGE = "tflite-micro"
ABSENT = (
    "tflite-micro, which runs files as a microcontroller does, exists for Linux on x86-64 alone"
)
SMALL = re.compile(r"Failed to (resize buffer|allocate)|[Aa]rena size is too small|exceeds")
MISSING = re.compile(r"Didn't find op for builtin opcode '(\w+)'")
LARGEST_STEPS = 5  # that int8 predictions may be apart
MOVED = {"SOFTMAX": 0.5, "LOGISTIC": 0.25}  # by a step of what they read, at most
LARGEST_FLOAT = 1e-3  # that others may, of one plus the largest
BEYOND: dict[int, int] = {}  # by what an interpreter has allocated: how much more it needs
NODE = re.compile(r"Node (\w+) \(number \d+\) failed")


class Run(NamedTuple):
    """What the interpreter needs and gives."""

    arena_bytes: int  # the least with which it runs
    outputs: np.ndarray  # (n, outputs) float32
    step: float  # between two values of an int8 or int16 output; 0 of a float one
    before: float = 0.0  # that one step of what a last softmax or logistic reads moves the output


def version() -> str | None:
    """Return the package's version; None where there is none for this platform."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return None


def run(content: bytes, x: np.ndarray, largest: int) -> Run:
    """Run a file on the rows x (n, *inputs) as float32, and find the least arena for it.

    Call it in a process of its own: the interpreter crashes with some arenas that are too small,
    and prints from C. `largest` bounds the arena, in bytes.

    Raises:
        RuntimeError: it cannot run the file; `why` says so from what it has printed.
    """
    interpreter = _interpreter(content, largest)
    outputs = np.stack([_output(interpreter, row) for row in x])
    total = _printed(interpreter.print_allocations)
    allocated = re.search(r"Arena allocation total (\d+) bytes", total)
    if allocated is None:
        raise RuntimeError(f"tflite-micro tells no arena: {total[:200]!r}")
    output = interpreter.get_output_details(0)
    step = _scale(output)[0] if output["dtype"] in litert.WHOLE else 0.0
    arena = _least(content, int(allocated[1]), largest)
    return Run(arena, outputs, step, _before(content))


def wrong(ran: Run, of_litert: np.ndarray) -> str:
    """Return in words that predictions are not LiteRT's of the same rows; empty if they are.

    Kernels round differently, and a softmax makes many steps of its own of one step of a logit.
    Where LiteRT's own are not finite, there is nothing to compare. What is known to be wrong:
    tflite-micro pads int8 with what is not zero before a dilated convolution.
    """
    if not np.isfinite(of_litert).all():
        return ""
    if not np.isfinite(ran.outputs).all():
        return "what tflite-micro predicts is no number, where LiteRT's predictions are"
    apart_by = float(np.abs(ran.outputs.ravel() - of_litert.ravel()).max())
    of_float = LARGEST_FLOAT * (1 + float(np.abs(of_litert).max()))
    if apart_by <= (LARGEST_STEPS * ran.step + ran.before or of_float):
        return ""
    return f"tflite-micro predicts something else than LiteRT: they are {apart_by:.3g} apart"


def why(error: str, printed: str, largest: int) -> str:
    """Return a sentence on why the interpreter did not run a file, from what it has printed."""
    if found := MISSING.search(printed):
        return f"tflite-micro has no {found[1]}"
    if SMALL.search(printed):
        return f"it needs an arena of more than {largest:,} bytes"
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if found := NODE.search(line):
            said = re.sub(r"^\S+\.cc:?\d* ", "", lines[number - 1]).rstrip(".") if number else ""
            said = "" if said.endswith("was not true") else said  # a condition in C
            return f"tflite-micro refuses its {found[1]}" + f": {said}" * bool(said)
    return f"tflite-micro cannot run it: {one_line(ValueError(error))}"


def _interpreter(content: bytes, arena: int) -> Any:
    from tflite_micro.python.tflite_micro import runtime

    return runtime.Interpreter.from_bytes(content, arena_size=arena)


def _output(interpreter: Any, row: np.ndarray) -> np.ndarray:
    """Return the output (outputs,) of one row as float32, which files of whole numbers quantize."""
    given, found = interpreter.get_input_details(0), interpreter.get_output_details(0)
    x = row.reshape(given["shape"]).astype(np.float32)
    if given["dtype"] in litert.WHOLE:
        x = litert.quantized(x, given["dtype"], *_scale(given))
    interpreter.set_input(x, 0)
    interpreter.invoke()
    output = np.array(interpreter.get_output(0)).ravel()
    if found["dtype"] in litert.WHOLE:
        output = litert.dequantized(output, *_scale(found))
    return output.astype(np.float32)


def _before(content: bytes) -> float:
    """Return how far a step of each value that a last softmax or logistic reads moves its output.

    A softmax's output p moves by p(1 - p) times what its logit gains on the others, which is two
    steps where they move apart: half a step. A logistic's moves by a quarter of a step. It is 0
    for other outputs, and those of float files.
    """
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    for name, operation in zip(operators.names(model), graph.operators, strict=True):
        if name in MOVED and operation.outputs[0] == graph.outputs[0]:
            quantized = graph.tensors[operation.inputs[0]].quantization
            if quantized is not None and quantized.scale is not None:
                return MOVED[name] * float(quantized.scale[0])
    return 0.0


def _scale(details: Any) -> tuple[float, int]:
    of = details["quantization_parameters"]
    return float(of["scales"][0]), int(of["zero_points"][0])


def _printed(tell: Callable[[], None]) -> str:
    """Return what a function prints from C to standard error."""
    before, file = os.dup(2), os.memfd_create("told")
    os.dup2(file, 2)
    try:
        tell()
    finally:
        os.dup2(before, 2)
        os.close(before)
    text = os.pread(file, 1_000_000, 0).decode(errors="replace")
    os.close(file)
    return text


def _least(content: bytes, total: int, largest: int) -> int:
    """Return the least arena in bytes with which the interpreter runs.

    It is near what the interpreter has allocated in the end, `total`, or more: to prepare some
    operations takes memory that is freed again.
    """
    beyond = total + BEYOND.get(total, 0)  # an equal graph's figure, which two runs confirm
    if _runs(content, beyond):
        too_little, enough = beyond - 1, beyond
        while _runs(content, too_little):
            too_little, enough = too_little - 16, too_little
    else:
        too_little, enough = beyond, beyond + 64
        while not _runs(content, enough):
            if enough >= largest:
                raise RuntimeError(f"no arena of at most {largest:,} bytes is enough")
            too_little, enough = enough, min(2 * enough - beyond, largest)
    while enough - too_little > 1:
        middle = (enough + too_little) // 2
        if _runs(content, middle):
            enough = middle
        else:
            too_little = middle
    BEYOND[total] = enough - total
    return enough


def _runs(content: bytes, arena: int) -> bool:
    """Whether the interpreter runs with an arena of so many bytes, in a child: it may crash."""
    return apart.attempt(_run_on_zeros, (content, arena)) is True  # a crash: too small


def _run_on_zeros(given: tuple[bytes, int]) -> bool:
    interpreter = _interpreter(*given)
    input_ = interpreter.get_input_details(0)
    interpreter.set_input(np.zeros(input_["shape"], input_["dtype"]), 0)
    interpreter.invoke()
    return True
