"""Run a TFLite file with LiteRT."""

import hashlib
import itertools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from secateur.arrays.ahead import ahead
from secateur.arrays.rows import Readable, rows_at_once
from secateur.core import processors
from secateur.core.quiet import quiet_stderr
from secateur.export.interpreter import interpreter_of
from secateur.export.minify import minify

WHOLE = (np.int8, np.int16)  # what a file may take and give, with a scale, beside float32


def is_model(content: bytes) -> bool:
    """Return whether the content is a TFLite model at all."""
    try:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
    except Exception:  # the schema's reader raises whatever a damaged file happens to hit
        return False
    return model.version == 3 and bool(model.subgraphs)


def predict(content: bytes, x: Readable, *, reference: bool = True) -> np.ndarray:
    """Return the file's predictions (n, outputs) as float32 for x (n, *inputs).

    LiteRT's reference kernels give the same bytes on every processor. Its fast kernels are what
    users run; they may differ in the last digits. The processors that the stages of a run share
    share the blocks of rows, too: the last stages of all run while most of them have nothing to do.
    """
    kernels = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
    try:
        interpreter = interpreter_of(content, kernels)
    except ValueError:  # some operations, such as ELU, have no reference kernel
        kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        interpreter = interpreter_of(content, kernels)
    largest = max(math.prod(tensor["shape"]) for tensor in interpreter.get_tensor_details())
    step = rows_at_once(int(largest))
    starts = range(0, len(x), step)
    others = min(len(processors.shared()), len(starts)) - 1
    interpreters = [interpreter, *(interpreter_of(content, kernels) for _ in range(others))]
    blocks = ahead(x[start : start + step] for start in starts)
    found: list[np.ndarray] = []
    with ThreadPoolExecutor(len(interpreters), initializer=processors.spread) as threads:
        while some := list(itertools.islice(blocks, len(interpreters))):
            for own, block in zip(interpreters, some, strict=False):
                _prepare(own, block.shape)
            found += threads.map(_of_block, interpreters[: len(some)], some)
    return np.concatenate(found)


Predict = Callable[[bytes, bool], np.ndarray]


def predictor(x: Readable) -> Predict:
    """Return a function that predicts x as `predict` does; files of equal graphs run once.

    Its arguments are a file's content, and whether with reference kernels. Names and metadata,
    which minified files lack, do not count: where compaction has nothing to remove, all files of a
    type are one.
    """
    known: dict[tuple[bytes, bool], np.ndarray] = {}

    def predicted(content: bytes, reference: bool) -> np.ndarray:
        key = hashlib.sha256(minify(content)).digest(), reference
        if key not in known:
            known[key] = predict(content, x, reference=reference)
        return known[key]

    return predicted


def _prepare(interpreter: Interpreter, shape: tuple[int, ...]) -> None:
    """Make an interpreter ready for a block; not in a thread, as the process has one `stderr`."""
    input_ = interpreter.get_input_details()[0]
    if list(input_["shape"]) != list(shape):
        interpreter.resize_tensor_input(input_["index"], shape)
    with quiet_stderr():  # it tells of each delegate that it makes
        interpreter.allocate_tensors()


def _of_block(interpreter: Interpreter, x: np.ndarray) -> np.ndarray:
    input_, output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if input_["dtype"] in WHOLE:
        x = quantized(x, input_["dtype"], *input_["quantization"])
    interpreter.set_tensor(input_["index"], x)
    interpreter.invoke()
    result: np.ndarray = interpreter.get_tensor(output["index"])
    if output["dtype"] in WHOLE:
        result = dequantized(result, *output["quantization"])
    return result


def quantized(x: np.ndarray, kind: Any, scale: float, zero: int) -> np.ndarray:
    """Return float32 values as the int8 or int16 (`kind`) that a file's input takes."""
    ends = np.iinfo(kind)
    return np.clip(np.round(x / scale) + zero, ends.min, ends.max).astype(kind)


def dequantized(values: np.ndarray, scale: float, zero: int) -> np.ndarray:
    """Return int8 or int16 values of a file's output as float32."""
    return ((values.astype(np.float32) - zero) * scale).astype(np.float32)
