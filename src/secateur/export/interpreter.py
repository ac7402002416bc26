"""LiteRT's interpreter of a file, and the shapes that a run of one row finds."""

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from secateur.core.quiet import quiet_stderr

# Where only a run knows the shapes: they depend on the number of rows, which a file leaves open.
DYNAMIC = {
    schema.BuiltinOperator.SHAPE,
    schema.BuiltinOperator.SPACE_TO_BATCH_ND,
    schema.BuiltinOperator.RESHAPE,
}


def interpreter_of(content: bytes, kernels: OpResolverType) -> Interpreter:
    """Return an interpreter of one thread; raises ValueError if these kernels lack an operation."""
    with quiet_stderr():
        return Interpreter(
            model_content=content, num_threads=1, experimental_op_resolver_type=kernels
        )


def reference(content: bytes) -> Interpreter:
    """Return an interpreter for one row, with reference kernels if every operation has one.

    Raises:
        ValueError: LiteRT cannot run the file; RuntimeError: not with one row.
    """
    try:
        interpreter = interpreter_of(content, OpResolverType.BUILTIN_REF)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError):  # some operations, such as ELU, have no reference kernel
        interpreter = interpreter_of(content, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
        interpreter.allocate_tensors()
    return interpreter


def shapes(content: bytes, model: schema.ModelT) -> dict[int, list[int]]:
    """Return each tensor's shape for one row; `model` is the parsed content.

    Raises:
        ValueError or RuntimeError: LiteRT cannot run the file, which it must to know.
    """
    stored = {
        number: [] if tensor.shape is None else [int(side) for side in tensor.shape]
        for number, tensor in enumerate(model.subgraphs[0].tensors)
    }
    codes = {max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes}
    if DYNAMIC.isdisjoint(codes):
        return stored
    interpreter = reference(content)
    given = interpreter.get_input_details()[0]
    interpreter.set_tensor(given["index"], np.zeros(given["shape"], given["dtype"]))
    interpreter.invoke()
    known = {
        details["index"]: [int(side) for side in details["shape"]]
        for details in interpreter.get_tensor_details()
    }
    return {number: known.get(number, shape) for number, shape in stored.items()}
