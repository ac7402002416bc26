"""The range of each activation of a file, as LiteRT computes it."""

import warnings
from collections.abc import Iterable

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from secateur.core.quiet import quiet_stderr

Ranges = dict[str, tuple[float, float]]  # by a tensor's name: its smallest and largest value


def of(content: bytes, rows: Iterable[np.ndarray]) -> Ranges:
    """Return the range of each float32 activation of a file over rows (*inputs).

    Reference kernels compute it, where there are some: fast ones give other last digits on other
    processors, and a file's bytes must repeat.
    """
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    stored = {
        number
        for number, tensor in enumerate(model.subgraphs[0].tensors)
        if model.buffers[tensor.buffer].data is not None
    }
    interpreter = _interpreter(content)
    given = interpreter.get_input_details()[0]["index"]
    found: Ranges = {}
    for row in rows:
        interpreter.set_tensor(given, row[None].astype(np.float32))
        interpreter.invoke()
        for details in interpreter.get_tensor_details():
            number, name = details["index"], details["name"]
            if details["dtype"] != np.float32 or number in stored or number >= _count(model):
                continue
            values = interpreter.get_tensor(number)
            if values.size:
                low, high = found.get(name, (np.inf, -np.inf))
                found[name] = _wider(low, high, values)
    # Of what is always zero, any range will do, but one without width gives a scale near zero.
    return {name: ends if any(ends) else (0.0, 1.0) for name, ends in found.items()}


def _wider(low: float, high: float, values: np.ndarray) -> tuple[float, float]:
    """Return a range that holds the values too; NaN where one of them is."""
    return float(np.minimum(low, values.min())), float(np.maximum(high, values.max()))


def _count(model: schema.ModelT) -> int:
    """Return how many tensors are the file's own; an interpreter adds some for itself."""
    return len(model.subgraphs[0].tensors)


def _interpreter(content: bytes) -> Interpreter:
    with quiet_stderr(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s).*experimental_preserve_all_tensors")
        for kernels in (
            OpResolverType.BUILTIN_REF, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        ):  # fmt: skip
            try:
                interpreter = Interpreter(
                    model_content=content, num_threads=1, experimental_op_resolver_type=kernels,
                    experimental_preserve_all_tensors=True,
                )  # fmt: skip
                interpreter.allocate_tensors()
            except (ValueError, RuntimeError) as error:  # ELU has no reference kernel
                problem = error
                continue
            return interpreter
    raise problem
