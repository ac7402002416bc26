"""The network of the published experiment, as pruning leaves it, for tests of TFLite files."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from secateur.arrays.rows import Rows
from secateur.keras_io.backend import keras
from small_networks import dense, network

TYPES = ("float32", "float16", "dynamic", "int8")


def pruned_network() -> keras.Model:
    """Half of its weights are zero, the smallest."""
    made = network(dense(128), 10)
    hidden, bias, output, _ = made.get_weights()
    hidden, output = (w * (np.abs(w) > np.median(np.abs(w))) for w in (hidden, output))
    made.set_weights([hidden, bias + 0.01, output * 20, np.array([15.0])])
    return made


def rows_of(model: keras.Model) -> Rows:
    """What it predicts, and noise."""
    x = np.random.default_rng(1).random((400, 10)).astype(np.float32)
    noise = np.random.default_rng(2).normal(size=(400, 1)) * 0.02
    return Rows(x, (model(x).numpy() + noise).astype(np.float32))


def not_runnable(content: bytes) -> bytes:
    """The same file, but with an operator that no interpreter knows."""
    made = schema.ModelT.InitFromPackedBuf(content, 0)
    made.operatorCodes[0].builtinCode = made.operatorCodes[0].deprecatedBuiltinCode = 32  # CUSTOM
    made.operatorCodes[0].customCode = b"Nothing"
    builder = flatbuffers.Builder(0)
    builder.Finish(made.Pack(builder), b"TFL3")
    return bytes(builder.Output())
