"""The operators of a TFLite file, as the calls that make tflite-micro know them."""

from typing import Any

from ai_edge_litert import schema_py_generated as schema

from secateur.core.errors import InputError

# `MicroMutableOpResolver::Add…`, from tflite-micro's micro_mutable_op_resolver.h of 2026-08-20. In
# small letters, each is the builtin operator that it adds, without that one's underscores.
METHODS = """
Abs Add AddN ArgMax ArgMin AssignVariable AveragePool2D BatchMatMul BatchToSpaceNd BroadcastArgs
BroadcastTo CallOnce Cast Ceil Concatenation Conv2D Cos CumSum DepthToSpace DepthwiseConv2D
Dequantize Div DynamicUpdateSlice Elu EmbeddingLookup Equal Exp ExpandDims Fill Floor FloorDiv
FloorMod FullyConnected Gather GatherNd Greater GreaterEqual HardSwish If L2Normalization L2Pool2D
LeakyRelu Less LessEqual Log LogSoftmax LogicalAnd LogicalNot LogicalOr Logistic MaxPool2D Maximum
Mean Minimum MirrorPad Mul Neg NotEqual Pack Pad PadV2 Prelu Quantize ReadVariable ReduceAll
ReduceMax ReduceMin Relu Relu6 Reshape ResizeBilinear ResizeNearestNeighbor ReverseV2 Round Rsqrt
SelectV2 Shape Sin Slice Softmax SpaceToBatchNd SpaceToDepth Split SplitV Sqrt Square
SquaredDifference Squeeze StridedSlice Sub Sum Svdf Tanh Transpose TransposeConv
UnidirectionalSequenceLSTM Unpack VarHandle While ZerosLike
"""
BY_OPERATOR = {method.lower(): f"Add{method}" for method in METHODS.split()}
NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}


def methods(content: bytes, where: str) -> list[str]:
    """Return the resolver's methods that the file needs, each once, sorted.

    Raises:
        InputError: tflite-micro lacks operators; names all of them. `where` begins the message.
    """
    named = sorted(_operators(schema.ModelT.InitFromPackedBuf(content, 0)))
    lacking = [name for name in named if key(name) not in BY_OPERATOR]
    if lacking:
        raise InputError(f"{where}: tflite-micro has no {', '.join(lacking)}")
    return sorted(BY_OPERATOR[key(name)] for name in named)


def key(name: str) -> str:
    """Return what the names of an operator and of its method have in common."""
    return name.replace("_", "").lower()


def _operators(model: Any) -> set[str]:
    """Return the names of the operators that are used; one that is no builtin has quotes."""
    used = {op.opcodeIndex for graph in model.subgraphs for op in graph.operators or []}
    return {_name(model.operatorCodes[number]) for number in used}


def _name(code: Any) -> str:
    builtin = max(code.builtinCode, code.deprecatedBuiltinCode)  # as in the schema's own reader
    if builtin == schema.BuiltinOperator.CUSTOM:
        return repr((code.customCode or b"").decode(errors="replace"))
    return NAMES.get(builtin, f"operator {builtin}")
