"""Running a TFLite file with LiteRT, and counting what is in it."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from secateur.quiet import quiet_stderr

WEIGHTS = {0: np.float32, 1: np.float16, 2: np.int32, 9: np.int8}  # by the schema's TensorType


def predict(content: bytes, x: np.ndarray, *, reference: bool = True) -> np.ndarray:
    """The file's predictions (n, outputs) as float32 for x (n, inputs).

    By LiteRT's reference kernels, which give the same bytes on every processor, or by the fast
    ones, which is what users run and may differ in the last digits.
    """
    kernels = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO
    with quiet_stderr():
        interpreter = Interpreter(
            model_content=content, num_threads=1, experimental_op_resolver_type=kernels
        )
    taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.resize_tensor_input(taken["index"], x.shape)
    interpreter.allocate_tensors()
    if taken["dtype"] == np.int8:
        scale, zero = taken["quantization"]
        x = np.clip(np.round(x / scale) + zero, -128, 127).astype(np.int8)
    interpreter.set_tensor(taken["index"], x)
    interpreter.invoke()
    result: np.ndarray = interpreter.get_tensor(given["index"])
    if given["dtype"] == np.int8:
        scale, zero = given["quantization"]
        result = ((result.astype(np.float32) - zero) * scale).astype(np.float32)
    return result


def weights(content: bytes) -> list[np.ndarray]:
    """Every constant of the file: kernels (units, inputs) and biases (units,), as stored."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    found = []
    for tensor in model.subgraphs[0].tensors:
        data = model.buffers[tensor.buffer].data
        if data is not None and len(data):
            values = np.frombuffer(bytes(bytearray(data)), WEIGHTS[tensor.type])
            found.append(values.reshape(tensor.shape))
    return found
