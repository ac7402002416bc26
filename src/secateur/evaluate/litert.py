"""Run a TFLite file with LiteRT and count its weights and multiply-adds."""

import hashlib
import itertools
import math
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from secateur.arrays.ahead import ahead
from secateur.arrays.rows import Readable, rows_at_once
from secateur.core.quiet import quiet_stderr

WEIGHTS = {0: np.float32, 1: np.float16, 2: np.int32, 9: np.int8}  # by the schema's TensorType


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
    users run; they may differ in the last digits. The processors that this process may use share
    the blocks of rows.
    """
    kernels = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
    try:
        interpreter = _interpreter(content, kernels)
    except ValueError:  # some operations, such as ELU, have no reference kernel
        kernels = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        interpreter = _interpreter(content, kernels)
    largest = max(math.prod(tensor["shape"]) for tensor in interpreter.get_tensor_details())
    step = rows_at_once(int(largest))
    starts = range(0, len(x), step)
    others = min(_processors(), len(starts)) - 1
    interpreters = [interpreter, *(_interpreter(content, kernels) for _ in range(others))]
    blocks = ahead(x[start : start + step] for start in starts)
    found: list[np.ndarray] = []
    with ThreadPoolExecutor(len(interpreters)) as threads:
        while some := list(itertools.islice(blocks, len(interpreters))):
            for own, block in zip(interpreters, some, strict=False):
                _prepare(own, block.shape)
            found += threads.map(_of_block, interpreters[: len(some)], some)
    return np.concatenate(found)


Predict = Callable[[bytes, bool], np.ndarray]


def predictor(x: Readable) -> Predict:
    """Return a function that predicts x as `predict` does; equal files run once.

    Its arguments are a file's content, and whether with reference kernels.
    """
    known: dict[tuple[bytes, bool], np.ndarray] = {}

    def predicted(content: bytes, reference: bool) -> np.ndarray:
        key = hashlib.sha256(content).digest(), reference
        if key not in known:
            known[key] = predict(content, x, reference=reference)
        return known[key]

    return predicted


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _prepare(interpreter: Interpreter, shape: tuple[int, ...]) -> None:
    """Make an interpreter ready for a block; not in a thread, as the process has one `stderr`."""
    input_ = interpreter.get_input_details()[0]
    if list(input_["shape"]) != list(shape):
        interpreter.resize_tensor_input(input_["index"], shape)
    with quiet_stderr():  # it tells of each delegate that it makes
        interpreter.allocate_tensors()


def _of_block(interpreter: Interpreter, x: np.ndarray) -> np.ndarray:
    input_, output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if input_["dtype"] == np.int8:
        scale, zero = input_["quantization"]
        x = np.clip(np.round(x / scale) + zero, -128, 127).astype(np.int8)
    interpreter.set_tensor(input_["index"], x)
    interpreter.invoke()
    result: np.ndarray = interpreter.get_tensor(output["index"])
    if output["dtype"] == np.int8:
        scale, zero = output["quantization"]
        result = ((result.astype(np.float32) - zero) * scale).astype(np.float32)
    return result


def _interpreter(content: bytes, kernels: OpResolverType) -> Interpreter:
    with quiet_stderr():
        return Interpreter(
            model_content=content, num_threads=1, experimental_op_resolver_type=kernels
        )


def weights(content: bytes) -> list[np.ndarray]:
    """Return every weight as stored: kernels (outputs, …) and biases (outputs,)."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    return [array for _, array in _constants(model)]


def macs(content: bytes) -> int:
    """Return the multiply-adds of one row, zeros included.

    Each kernel counts at each position that it is applied to, as `compress.applied` counts those of
    a Keras model. Other operations do not multiply by weights.
    """
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    names = [_name(model.operatorCodes[operation.opcodeIndex]) for operation in graph.operators]
    shapes = _shapes(content, graph, names)
    kernels = {number for number, array in _constants(model) if array.ndim > 1}
    wholes = _undilated(graph, names)
    found = 0
    for name, operation in zip(names, graph.operators, strict=True):
        inputs = list(operation.inputs)
        if inputs and set(inputs) <= kernels:  # a float16 kernel, as float32 for the next operation
            kernels.add(operation.outputs[0])
        elif name in KERNEL_SECOND and inputs[1] in kernels:
            size = int(np.prod(shapes[inputs[1]]))
            found += size * _positions(name, operation, shapes, wholes)
    return found


KERNEL_SECOND = {
    "CONV_2D", "DEPTHWISE_CONV_2D", "CONV_3D", "FULLY_CONNECTED", "BATCH_MATMUL", "TRANSPOSE_CONV",
    "CONV_3D_TRANSPOSE",
}  # fmt: skip
RESHAPING = {"RESHAPE", "EXPAND_DIMS", "SQUEEZE", "ADD"}  # between a convolution and its whole
DYNAMIC = {"SHAPE", "SPACE_TO_BATCH_ND", "RESHAPE"}  # where only a run knows the shapes
NAMES = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)
}


def _name(code: Any) -> str:
    return NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]


def _positions(
    name: str, operation: Any, shapes: dict[int, list[int]], wholes: dict[int, int]
) -> int:
    """Return how often an operation applies its kernel to one row."""
    if name in ("TRANSPOSE_CONV", "CONV_3D_TRANSPOSE"):  # at each position of its input
        return int(np.prod(shapes[operation.inputs[2]][:-1]))
    if name == "FULLY_CONNECTED":
        width = shapes[operation.inputs[1]][-1]
        return int(np.prod(shapes[operation.inputs[0]])) // width
    if name == "BATCH_MATMUL":
        kernel = shapes[operation.inputs[1]]
        given = int(np.prod(shapes[operation.outputs[0]]))
        outer = int(np.prod(kernel[:-2])) * (
            kernel[-2] if operation.builtinOptions.adjY else kernel[-1]
        )
        return given // outer
    # The first axis holds more than the one row where time steps were put there.
    return int(np.prod(shapes[wholes.get(operation.outputs[0], operation.outputs[0])][:-1]))


def _shapes(content: bytes, graph: Any, names: list[str]) -> dict[int, list[int]]:
    """Return each tensor's shape for one row; a run tells those that depend on the input."""
    shapes = {
        number: [] if tensor.shape is None else [int(side) for side in tensor.shape]
        for number, tensor in enumerate(graph.tensors)
    }
    if DYNAMIC.isdisjoint(names):
        return shapes
    try:
        interpreter = _interpreter(content, OpResolverType.BUILTIN_REF)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError):  # some operations, such as ELU, have no reference kernel
        interpreter = _interpreter(content, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
        interpreter.allocate_tensors()
    given = interpreter.get_input_details()[0]
    interpreter.set_tensor(given["index"], np.zeros(given["shape"], given["dtype"]))
    interpreter.invoke()
    known = {
        details["index"]: [int(side) for side in details["shape"]]
        for details in interpreter.get_tensor_details()
    }
    return {**shapes, **{number: known[number] for number in shapes if number in known}}


def _undilated(graph: Any, names: list[str]) -> dict[int, int]:
    """Map the output of a dilated convolution to what BATCH_TO_SPACE_ND puts together from it.

    TFLite cuts the input of a dilated convolution into several and pads them; the padding is no
    position of the convolution.
    """
    readers: dict[int, tuple[str, Any]] = {}
    for name, operation in zip(names, graph.operators, strict=True):
        readers.update(dict.fromkeys(operation.inputs[:1], (name, operation)))
    found = {}
    for name, operation in zip(names, graph.operators, strict=True):
        if name not in ("CONV_2D", "DEPTHWISE_CONV_2D", "CONV_3D"):
            continue
        after = operation.outputs[0]
        while after in readers and readers[after][0] in RESHAPING:
            after = readers[after][1].outputs[0]
        if after in readers and readers[after][0] == "BATCH_TO_SPACE_ND":
            found[operation.outputs[0]] = readers[after][1].outputs[0]
    return found


def _constants(model: Any) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the number and the values of each tensor that holds weights."""
    for number, tensor in enumerate(model.subgraphs[0].tensors):
        data = model.buffers[tensor.buffer].data
        stored = data is not None and len(data) and tensor.type in WEIGHTS
        scaled = tensor.quantization is not None and tensor.quantization.scale is not None
        # An integer tensor without a scale is a shape or an axis, not a bias.
        if stored and (scaled or WEIGHTS[tensor.type] != np.int32):
            values = np.frombuffer(bytes(bytearray(data)), WEIGHTS[tensor.type])
            yield number, values.reshape(tensor.shape)
