"""What the operators of a TFLite file hold and do: weights, multiply-adds and activations."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from secateur.export import interpreter

INT4 = 17  # of the schema's TensorType: two to a byte, the first in its lower half
# By the schema's TensorType, as they are unpacked.
WEIGHTS = {
    0: np.float32, 1: np.float16, 2: np.int32, 4: np.int64, 9: np.int8, INT4: np.int8,
}  # fmt: skip
# Bytes of an element, by the schema's TensorType: float32, float16, int32, uint8, int64, bool,
# int16, int8, float64, uint32, uint64, uint16.
ELEMENT_BYTES = {0: 4, 1: 2, 2: 4, 3: 1, 4: 8, 6: 1, 7: 2, 9: 1, 10: 8, 12: 8, 15: 4, 16: 2}
KERNEL_SECOND = {
    "CONV_2D", "DEPTHWISE_CONV_2D", "CONV_3D", "FULLY_CONNECTED", "BATCH_MATMUL", "TRANSPOSE_CONV",
    "CONV_3D_TRANSPOSE",
}  # fmt: skip
RESHAPING = {"RESHAPE", "EXPAND_DIMS", "SQUEEZE", "ADD"}  # between a convolution and its whole
NAMES = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)
}


class Operator(NamedTuple):
    """One operator of a file, for one row."""

    name: str  # such as CONV_2D
    shape: list[int]  # of its first output
    macs: int  # multiply-adds, zeros included
    weights: int  # that it reads; those that several operators read count in the first
    nonzero: int
    output_bytes: int  # of all outputs


class Graph(NamedTuple):
    """What a file holds, read once."""

    model: Any  # by the schema
    names: list[str]  # of each operator
    shapes: dict[int, list[int]]  # of each tensor, for one row


def read(content: bytes) -> Graph:
    """Read a file; where its shapes depend on the input, a run finds them."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    return Graph(model, names(model), interpreter.shapes(content, model))


def weights(graph: Graph) -> list[np.ndarray]:
    """Return every weight as stored: kernels (outputs, …) and biases (outputs,)."""
    return [array for _, array in _constants(graph.model)]


def macs(graph: Graph) -> int:
    """Return the multiply-adds of one row, zeros included.

    Each kernel counts at each position that it is applied to, as `compress.applied` counts those of
    a Keras model. Other operations do not multiply by weights.
    """
    return sum(_macs(graph))


def of(graph: Graph) -> list[Operator]:
    """Return the operators in the order in which they run."""
    operations = graph.model.subgraphs[0].operators
    unread = dict(_constants(graph.model))
    found = []
    for name, operation, times in zip(graph.names, operations, _macs(graph), strict=True):
        own = [unread.pop(number) for number in list(operation.inputs) if number in unread]
        found.append(Operator(
            name, graph.shapes[operation.outputs[0]], times, sum(array.size for array in own),
            sum(int(np.count_nonzero(array)) for array in own),
            sum(_bytes(graph, number) for number in operation.outputs),
        ))  # fmt: skip
    return found


def names(model: Any) -> list[str]:
    """Return the name of each operator of a parsed model, such as CONV_2D."""
    return [_name(model.operatorCodes[one.opcodeIndex]) for one in model.subgraphs[0].operators]


def peak_activation_bytes(graph: Graph) -> int:
    """Return the most bytes of activations that are needed at once, for one row.

    While an operator runs, its inputs, its outputs and what a later operator reads are needed. No
    constant is counted, nor what follows from constants alone: a kernel that is stored as float16.
    An interpreter takes more, where its planner leaves gaps, or less, where it works in place.
    """
    main = graph.model.subgraphs[0]
    begin, end = dict.fromkeys(main.inputs, 0), dict.fromkeys(main.outputs, len(main.operators))
    for step, operation in enumerate(main.operators):
        read = [number for number in operation.inputs if number in begin]
        for number in read:
            end[number] = max(end.get(number, 0), step)
        if read or not len(operation.inputs):
            for number in operation.outputs:
                begin[number] = step
                end[number] = max(end.get(number, 0), step)
    return max(
        sum(_bytes(graph, n) for n, first in begin.items() if first <= step <= end[n])
        for step in range(len(main.operators))
    )


def _bytes(graph: Graph, number: int) -> int:
    kind = graph.model.subgraphs[0].tensors[number].type
    return math.prod(graph.shapes[number]) * ELEMENT_BYTES.get(kind, 0)


def _macs(graph: Graph) -> list[int]:
    """Return the multiply-adds of each operator for one row."""
    main, shapes = graph.model.subgraphs[0], graph.shapes
    kernels = {number for number, array in _constants(graph.model) if array.ndim > 1}
    wholes = _undilated(main, graph.names)
    found = []
    for name, operation in zip(graph.names, main.operators, strict=True):
        inputs, times = list(operation.inputs), 0
        if inputs and set(inputs) <= kernels:  # a float16 kernel, as float32 for the next operation
            kernels.add(operation.outputs[0])
        elif name in KERNEL_SECOND and inputs[1] in kernels:
            size = int(np.prod(shapes[inputs[1]]))
            times = size * _positions(name, operation, shapes, wholes)
        found.append(times)
    return found


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


def _undilated(graph: Any, found_names: Sequence[str]) -> dict[int, int]:
    """Map the output of a dilated convolution to what BATCH_TO_SPACE_ND puts together from it.

    TFLite cuts the input of a dilated convolution into several and pads them; the padding is no
    position of the convolution.
    """
    readers: dict[int, tuple[str, Any]] = {}
    for name, operation in zip(found_names, graph.operators, strict=True):
        readers.update(dict.fromkeys(operation.inputs[:1], (name, operation)))
    found = {}
    for name, operation in zip(found_names, graph.operators, strict=True):
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
        if stored and (scaled or WEIGHTS[tensor.type] not in (np.int32, np.int64)):
            values = np.frombuffer(bytes(bytearray(data)), WEIGHTS[tensor.type])
            if tensor.type == INT4:
                values = np.stack([values << 4, values], axis=-1).reshape(-1) >> 4
                values = values[: math.prod(tensor.shape)]  # of an odd number, half a byte is left
            yield number, values.reshape(tensor.shape)
