"""Files whose layers differ in their precision, by Google's ai-edge-quantizer.

TensorFlow's converter makes int8 of all layers or of none. ai-edge-quantizer takes a float32 file,
the ranges of its activations, and for each operation how many bits its weights get.
"""

import contextlib
import io
import math
import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.core.quiet import quiet_stderr
from secateur.export import biases
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
    floats, seen = set(), set()
    for operator, operation, layer in _operations(content, precision.weights, folded or {}):
        scope = f"^{re.escape(';'.join(operator.outputs))}"
        own = precision.weights.get(layer, "int8")
        seen.add(layer)
        if own == "float32":
            floats.add(operator)
            recipe.append(_not_quantized(operation, scope))
        else:
            small = own == "int4" and operation in INT4
            recipe.append(_entry(operation, scope, bits, 4 if small else 8, layer in one_scale))
    for layer, own in precision.weights.items():
        if own != "int8" and layer not in seen:
            raise InputError(f"layer {layer!r}: the file does not tell which kernel is its own")
    recipe += [_not_quantized(end, ".*") for end in _float_ends(content, floats)]
    if not all(math.isfinite(end) for ends in ranges.values() for end in ends):
        raise InputError("what the network computes is not finite: its training diverged")
    found = {
        name: {"min": np.array([low]), "max": np.array([high])}
        for name, (low, high) in ranges.items()
    }
    # It prints its own sizes and progress, and runs the file in a way that LiteRT warns of.
    with quiet_stderr(), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(?s).*experimental_preserve_all_tensors")
        tool = quantizer.Quantizer(bytearray(content))
        tool.load_quantization_recipe(recipe)
        try:
            made = bytes(tool.quantize(found).quantized_model)
        except (ValueError, RuntimeError, KeyError) as error:
            problem = error
        else:
            return biases.fitted(made, content)
    raise InputError(f"ai-edge-quantizer cannot make this file: {problem}") from problem


class _Operator(NamedTuple):
    """An operation of a file: the names of its activations."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def _operations(
    content: bytes, layers: Collection[str], folded: Mapping[str, str]
) -> Iterator[tuple[_Operator, str, str]]:
    """Yield each operation with weights, what it is, and its layer."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    names = {value: name for name, value in vars(schema.BuiltinOperator).items()}
    graph = model.subgraphs[0]
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        tensors = [graph.tensors[number] for number in operator.inputs if number >= 0]
        stored = [tensor for tensor in tensors if model.buffers[tensor.buffer].data is not None]
        kernels = [tensor for tensor in stored if len(tensor.shape) > 1]
        if kernels and (layer := _layer_of(_name(kernels[0]), layers, folded)):
            given = tuple(_name(tensor) for tensor in tensors if tensor not in stored)
            made = tuple(_name(graph.tensors[number]) for number in operator.outputs)
            yield (
                _Operator(given, made),
                names[max(code.builtinCode, code.deprecatedBuiltinCode)],
                layer,
            )


def _layer_of(kernel: str, layers: Collection[str], folded: Mapping[str, str]) -> str:
    """Return the layer of a kernel by its name; empty if it is not known.

    TensorFlow's converter joins the names of all that it puts together, each with the network's
    and the layer's: `net/normalization/mul;net/hidden/MatMul`. A kernel's own layer counts first,
    and then that into which a normalization is folded.
    """
    paths = [path.partition("/")[2] for path in kernel.split(";")]
    for known in (layers, folded):
        for path in paths:
            own = [name for name in known if path == name or path.startswith(f"{name}/")]
            if own:
                layer = max(own, key=len)
                return folded.get(layer, layer)
    return ""


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
