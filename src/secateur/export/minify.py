"""Remove from a TFLite file what an interpreter does not need to run it."""

from typing import Any

import flatbuffers
from ai_edge_litert import schema_py_generated as schema


def minify(content: bytes) -> bytes:
    """Return the same graph and weights without names, signatures, metadata, repeated buffers.

    The cost: tensors and inputs have positions but no names, and the batch size is 1 until the
    caller resizes the interpreter's input.
    """
    model = schema.ModelT.InitFromPackedBuf(content, 0)
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
