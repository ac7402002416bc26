"""Run a TFLite file with LiteRT and count its weights and multiply-adds."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from secateur.core.quiet import quiet_stderr

WEIGHTS = {0: np.float32, 1: np.float16, 2: np.int32, 9: np.int8}  # by the schema's TensorType


def is_model(content: bytes) -> bool:
    """Return whether the content is a TFLite model at all."""
    try:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
    except Exception:  # the schema's reader raises whatever a damaged file happens to hit
        return False
    return model.version == 3 and bool(model.subgraphs)


def predict(content: bytes, x: np.ndarray, *, reference: bool = True) -> np.ndarray:
    """Return the file's predictions (n, outputs) as float32 for x (n, *inputs).

    LiteRT's reference kernels give the same bytes on every processor. Its fast kernels are what
    users run; they may differ in the last digits.
    """
    kernels = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
    try:
        interpreter = _interpreter(content, kernels)
    except ValueError:  # some operations, such as ELU, have no reference kernel
        interpreter = _interpreter(content, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    input_, output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(input_["index"], x.shape)
    with quiet_stderr():  # it tells of each delegate that it makes
        interpreter.allocate_tensors()
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

    Each kernel counts at each position that it is applied to. Other operations do not multiply by
    weights.
    """
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    (graph,) = model.subgraphs
    kernels = {number: array for number, array in _constants(model) if array.ndim > 1}
    found = 0
    for operation in graph.operators:
        given = operation.outputs[0]
        shape = graph.tensors[given].shape
        if len(operation.inputs) == 1 and operation.inputs[0] in kernels:
            kernels[given] = kernels[
                operation.inputs[0]
            ]  # a float16 kernel, converted to float32 for the next operation
        for number in operation.inputs[1:2]:
            if number in kernels:
                found += int(np.prod(shape)) * kernels[number].size // int(shape[-1])
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
