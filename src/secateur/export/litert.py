"""Run a TFLite file with LiteRT."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from secateur.core.quiet import quiet_stderr


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
