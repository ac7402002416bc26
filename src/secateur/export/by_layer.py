"""Files whose layers differ in their precision, by Google's ai-edge-quantizer.

TensorFlow's converter makes int8 of all layers or of none. ai-edge-quantizer takes a float32 file,
the ranges of its activations, and for each operation how many bits its weights get.
"""

import contextlib
import io
import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from secateur.core.errors import InputError
from secateur.export.ranges import Ranges

if TYPE_CHECKING:
    from secateur.keras_io.backend import keras

Precision = Literal["int4", "int8", "float32"]  # of a layer's weights
DENSE = "FULLY_CONNECTED"
INT4 = ("CONV_2D", DENSE)  # int4 weights of other operations have no kernel


def quantized(content: bytes, ranges: Ranges, precisions: Mapping[str, Precision]) -> bytes:
    """Return a file with int8 activations, whose weights have a precision by layer.

    Inputs and outputs are int8, but those of a layer that is float32. Layers that `precisions` does
    not name, and operations without weights, are int8.

    Args:
        content: a float32 file, with the names that TensorFlow's converter gives.
        ranges: of its activations, as `ranges.of` returns them.
        precisions: by the layer's name in the network.

    Raises:
        InputError: an operation cannot be quantized.
    """
    from ai_edge_quantizer import quantizer  # takes a second

    recipe = [_entry("*", ".*")]
    for outputs, operation, layer in _operations(content, precisions):
        scope = f"^{re.escape(outputs)}"
        precision = precisions[layer]
        if precision == "float32":
            recipe.append({"regex": scope, "operation": operation, "algorithm_key": "no_quantize"})
        elif precision == "int4" and operation in INT4:
            recipe.append(_entry(operation, scope, weights=4, one_scale=operation == DENSE))
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


def int4(model: "keras.Model") -> dict[str, Precision]:
    """Return the precision of each layer of a network with as many int4 weights as can be."""
    from secateur.keras_io import grids

    return {layer.name: "int4" for layer in model.layers if type(layer) in grids.INT4}


def layers_of(content: bytes, layers: Mapping[str, Any]) -> dict[str, str]:
    """Return the operation of each layer whose weights a file holds, by the layer's name."""
    return {layer: operation for _, operation, layer in _operations(content, layers)}


def _operations(content: bytes, layers: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return operations with weights: the names of their outputs, what they are, their layer."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    names = {value: name for name, value in vars(schema.BuiltinOperator).items()}
    graph, found = model.subgraphs[0], []
    for operator in graph.operators:
        code = model.operatorCodes[operator.opcodeIndex]
        operation = names[max(code.builtinCode, code.deprecatedBuiltinCode)]
        for number in operator.inputs:
            tensor = graph.tensors[number] if number >= 0 else None
            if tensor is None or model.buffers[tensor.buffer].data is None:
                continue
            parts = set(tensor.name.decode().replace(";", "/").split("/"))
            if len(tensor.shape) > 1 and (own := parts & layers.keys()):
                outputs = ";".join(graph.tensors[out].name.decode() for out in operator.outputs)
                found.append((outputs, operation, min(own)))
                break
    return found


def _entry(operation: str, scope: str, weights: int = 8, one_scale: bool = False) -> dict[str, Any]:
    """Return an entry of ai-edge-quantizer's recipe."""
    activations = {"num_bits": 8, "symmetric": False, "granularity": "TENSORWISE", "dtype": "INT"}
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
