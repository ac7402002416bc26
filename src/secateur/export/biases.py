"""Biases that a quantized file can hold.

A bias is a whole multiple of the input's scale times its channel's, in 32 bits. A channel of zeros
or of tiny weights has a tiny scale, and then its bias does not fit: ai-edge-quantizer cuts it off
without a word. Such a channel gets a larger scale here, as TensorFlow's converter gives it.
"""

import itertools

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

INT4, INT8, INT32, INT64 = (getattr(schema.TensorType, f"INT{bits}") for bits in (4, 8, 32, 64))
STORED = {INT32: np.int32, INT64: np.int64}  # beside int8 activations, and beside int16
LARGEST = {INT32: 2**28, INT64: 2**36}  # some bits are left for the sum that a bias is added to


def fitted(content: bytes, source: bytes) -> bytes:
    """Return a quantized file whose biases all fit.

    Args:
        content: the file, with a bias behind the kernel among an operation's inputs.
        source: the float32 file that it was made from, with the same names.
    """
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    floats = _constants(source)
    graph, changed = model.subgraphs[0], False
    for operator in graph.operators:
        tensors = [graph.tensors[number] for number in operator.inputs if number >= 0]
        for kernel, bias in itertools.pairwise(tensors):
            given = [own for own in tensors if own is not kernel and own is not bias]
            wanted = floats.get(bytes(bias.name))
            if kernel.type in (INT4, INT8) and bias.type in STORED and wanted is not None:
                scales = [
                    own for own in given if own.quantization and own.quantization.scale is not None
                ]
                if scales and model.buffers[kernel.buffer].data is not None:
                    changed |= _fit(
                        model, kernel, bias, float(scales[0].quantization.scale[0]), wanted
                    )
    if not changed:
        return content
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _fit(
    model: schema.ModelT,
    kernel: schema.TensorT,
    bias: schema.TensorT,
    given: float,
    wanted: np.ndarray,
) -> bool:
    """Make the scales of a kernel (channels, or one) so large that its bias fits."""
    scale = np.asarray(kernel.quantization.scale, np.float64)
    largest = np.abs(wanted.astype(np.float64))
    if len(scale) == 1:
        largest = largest.max(initial=0.0, keepdims=True)
    if len(largest) != len(scale):
        return False
    least = largest / (given * LARGEST[bias.type])
    if (scale >= least).all():
        return False
    new = np.maximum(scale, least).astype(np.float32)
    axis = kernel.quantization.quantizedDimension if len(scale) > 1 else 0
    shape = [1] * len(kernel.shape)
    shape[axis] = len(scale)
    steps = _unpacked(model, kernel) * (scale / new.astype(np.float64)).reshape(shape)
    _pack(model, kernel, np.round(steps).astype(np.int8))
    kernel.quantization.scale = new
    units = given * new.astype(np.float64)
    bias.quantization.scale = units.astype(np.float32)
    stored = np.round(wanted.astype(np.float64) / units).astype(STORED[bias.type])
    model.buffers[bias.buffer].data = np.frombuffer(stored.tobytes(), np.uint8)
    return True


def _unpacked(model: schema.ModelT, kernel: schema.TensorT) -> np.ndarray:
    data = np.frombuffer(bytes(bytearray(model.buffers[kernel.buffer].data)), np.int8)
    if kernel.type == INT4:  # two to a byte, the first in its lower half
        data = np.stack([data << 4, data], axis=-1).reshape(-1) >> 4
    return data[: int(np.prod(kernel.shape))].reshape(kernel.shape)


def _pack(model: schema.ModelT, kernel: schema.TensorT, steps: np.ndarray) -> None:
    flat = steps.reshape(-1)
    if kernel.type == INT4:
        even = np.append(flat, np.zeros(flat.size % 2, np.int8))
        flat = (even[::2] & 15) | (even[1::2] << 4)
    model.buffers[kernel.buffer].data = np.frombuffer(flat.astype(np.int8).tobytes(), np.uint8)


def _constants(content: bytes) -> dict[bytes, np.ndarray]:
    """Return the float32 vectors that a file holds, by name."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    found = {}
    for tensor in model.subgraphs[0].tensors:
        data = model.buffers[tensor.buffer].data
        if data is not None and tensor.type == schema.TensorType.FLOAT32 and len(tensor.shape) == 1:
            found[bytes(tensor.name)] = np.frombuffer(bytes(bytearray(data)), np.float32)
    return found
