"""Files whose layers differ in their precision, by Google's ai-edge-quantizer.

TensorFlow's converter makes int8 of all layers or of none. ai-edge-quantizer takes a float32 file,
the ranges of its activations, and for each operation how many bits its weights get.
"""

import contextlib
import io
import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.export.ranges import Ranges

Precision = Literal["int4", "int8", "float32"]  # of a layer's weights
Activations = Literal["int8", "int16"]
BITS = {"int8": 8, "int16": 16}
INT4 = ("CONV_2D", "FULLY_CONNECTED")  # int4 weights of other operations have no kernel


class Assignment(Params):
    """How precise each part of a file is."""

    activations: Activations = "int8"
    weights: dict[str, Precision]  # by the layer's name in the network; others are int8


def quantized(
    content: bytes,
    ranges: Ranges,
    precision: Assignment,
    one_scale: Collection[str] = (),
    folded: Mapping[str, str] | None = None,
) -> bytes:
    """Return a file whose weights have a precision by layer.

    Inputs and outputs are as the activations, but those of a layer that is float32. Operations
    without weights compute with activations as they are.

    Args:
        content: a float32 file, with the names that TensorFlow's converter gives.
        ranges: of its activations, as `ranges.of` returns them.
        precision: of layers that the file has, and perhaps of others.
        one_scale: the layers whose kernel has one scale, not one for each channel.
        folded: by a batch normalization, the layer that the converter folds it into.

    Raises:
        InputError: an operation cannot be quantized.
    """
    from ai_edge_quantizer import quantizer  # takes a second

    bits = BITS[precision.activations]
    recipe = [_entry("*", ".*", bits)]
    floats = set()
    names = {name: name for name in precision.weights} | dict(folded or {})
    for operator, operation, layer in _operations(content, names):
        scope = f"^{re.escape(';'.join(operator.outputs))}"
        own = precision.weights.get(layer, "int8")
        if own == "float32":
            floats.add(operator)
            recipe.append(_not_quantized(operation, scope))
        else:
            small = own == "int4" and operation in INT4
            recipe.append(_entry(operation, scope, bits, 4 if small else 8, layer in one_scale))
    recipe += [_not_quantized(end, ".*") for end in _float_ends(content, floats)]
    found = {
        name: {"min": np.array([low]), "max": np.array([high])}
        for name, (low, high) in ranges.items()
    }
    # It prints its own sizes, and runs the file in a way that LiteRT warns of.
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s).*experimental_preserve_all_tensors")
        tool = quantizer.Quantizer(bytearray(content))
        tool.load_quantization_recipe(recipe)
        try:
            return bytes(tool.quantize(found).quantized_model)
        except (ValueError, RuntimeError, KeyError) as error:
            raise InputError(f"ai-edge-quantizer cannot make this file: {error}") from None


class _Operator(NamedTuple):
    """An operation of a file: the names of its activations."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def _operations(content: bytes, layers: Mapping[str, str]) -> Iterator[tuple[_Operator, str, str]]:
    """Yield each operation with weights, what it is, and its layer: by a name in theirs."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    names = {value: name for name, value in vars(schema.BuiltinOperator).items()}
    graph = model.subgraphs[0]
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        tensors = [graph.tensors[number] for number in operator.inputs if number >= 0]
        stored = [tensor for tensor in tensors if model.buffers[tensor.buffer].data is not None]
        kernels = [tensor for tensor in stored if len(tensor.shape) > 1]
        for kernel in kernels[:1]:
            parts = _name(kernel).replace(";", "/").split("/")
            if own := [layers[part] for part in parts if part in layers]:
                given = tuple(_name(tensor) for tensor in tensors if tensor not in stored)
                made = tuple(_name(graph.tensors[number]) for number in operator.outputs)
                operation = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
                yield _Operator(given, made), operation, own[0]


def _float_ends(content: bytes, floats: Collection[_Operator]) -> list[str]:
    """Return which of a file's ends only operations read, or make, that are float32."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    inputs, outputs = (
        {_name(graph.tensors[number]) for number in ends} for ends in (graph.inputs, graph.outputs)
    )
    readers = sum(number in graph.inputs for op in graph.operators for number in op.inputs)
    given = sum(name in inputs for operator in floats for name in operator.inputs)
    made = {name for operator in floats for name in operator.outputs}
    return ["INPUT"] * (readers == given) + ["OUTPUT"] * (outputs <= made)


def _name(tensor: schema.TensorT) -> str:
    return str(tensor.name.decode())


def _not_quantized(operation: str, scope: str) -> dict[str, Any]:
    return {"regex": scope, "operation": operation, "algorithm_key": "no_quantize"}


def _entry(
    operation: str, scope: str, bits: int, weights: int = 8, one_scale: bool = False
) -> dict[str, Any]:
    """Return an entry of ai-edge-quantizer's recipe; `bits` are those of activations."""
    activations = {
        "num_bits": bits, "symmetric": bits == 16, "granularity": "TENSORWISE", "dtype": "INT",
    }  # fmt: skip
    scales = "TENSORWISE" if one_scale else "CHANNELWISE"
    kernel = {"num_bits": weights, "symmetric": True, "granularity": scales, "dtype": "INT"}
    return {
        "regex": scope,
        "operation": operation,
        "algorithm_key": "min_max_uniform_quantize",
        "op_config": {
            "activation_tensor_config": activations,
            "weight_tensor_config": kernel,
            "compute_precision": "INTEGER",
            "explicit_dequantize": False,
            "skip_checks": False,
            "min_weight_elements": 0,
        },
    }
