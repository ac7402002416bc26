"""Remove from a TFLite file what an interpreter does not need to run it."""

import contextlib
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from secateur.export import interpreter


def minify(content: bytes) -> bytes:
    """Return the same graph and weights without names, signatures, metadata, repeated buffers.

    The cost: tensors and inputs have positions but no names, and the batch size is 1 until the
    caller resizes the interpreter's input. The shapes of one row are stored: a microcontroller's
    interpreter and Vela believe what they read, where LiteRT computes them.
    """
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    _store_shapes(content, model)
    model.description = model.metadata = model.signatureDefs = model.metadataBuffer = None
    buffers: list[Any] = [AlignedBuffer()]  # the schema requires an empty first buffer
    known: dict[bytes, int] = {}
    for graph in model.subgraphs:
        graph.name = None
        for tensor in graph.tensors:
            tensor.name = tensor.shapeSignature = None
            tensor.hasRank = False
            if tensor.quantization is not None and tensor.quantization.scale is None:
                tensor.quantization = None
            data = model.buffers[tensor.buffer].data
            tensor.buffer = 0
            if data is None:
                continue
            key = bytes(bytearray(data))
            if key not in known:
                known[key] = len(buffers)
                buffers.append(AlignedBuffer(key))
            tensor.buffer = known[key]
    model.buffers = buffers
    builder = flatbuffers.Builder(len(content))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _store_shapes(content: bytes, model: Any) -> None:
    """Store each tensor's shape for one row; of a file that LiteRT cannot run nobody knows them."""
    with contextlib.suppress(ValueError, RuntimeError):
        found = interpreter.shapes(content, model)
        for number, tensor in enumerate(model.subgraphs[0].tensors):
            if tensor.shape is not None and list(tensor.shape) != found[number]:
                tensor.shape = np.array(found[number], np.int32)


class AlignedBuffer(schema.BufferT):  # type: ignore[misc]
    """A buffer aligned to 16 bytes, as the schema requires; the generated class does not align."""

    def __init__(self, content: bytes = b"") -> None:
        super().__init__()
        self.content = content

    def Pack(self, builder: Any) -> Any:  # noqa: N802  the generated class names it so
        """Write the buffer."""
        if self.content:
            builder.StartVector(1, len(self.content), 16)
            builder.head -= len(self.content)
            builder.Bytes[builder.head : builder.head + len(self.content)] = self.content
            data = builder.EndVector()
        schema.BufferStart(builder)
        if self.content:
            schema.BufferAddData(builder, data)
        return schema.BufferEnd(builder)
