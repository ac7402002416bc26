"""The network of the published experiment, as pruning leaves it, for tests of TFLite files."""

import copy
import json
import shutil
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from secateur.arrays.rows import Rows
from secateur.artifacts import SHIP, TRADE_OFF, tflite_file
from secateur.export.minify import minify
from secateur.export.tflite import convert
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
    return _packed(made)


def crashing(content: bytes) -> bytes:
    """The same file, but LiteRT fails on it with a segmentation fault: a loop that runs itself."""
    made = schema.ModelT.InitFromPackedBuf(content, 0)
    made.operatorCodes[0].builtinCode = made.operatorCodes[0].deprecatedBuiltinCode = 119  # WHILE
    for operator in made.subgraphs[0].operators:
        operator.inputs = operator.inputs[:1]
        operator.builtinOptionsType = schema.BuiltinOptions.WhileOptions
        operator.builtinOptions = schema.WhileOptionsT()
        operator.builtinOptions.condSubgraphIndex = 0
        operator.builtinOptions.bodySubgraphIndex = 1
    made.subgraphs.append(copy.deepcopy(made.subgraphs[0]))
    return _packed(made)


def _packed(made: schema.ModelT) -> bytes:
    builder = flatbuffers.Builder(0)
    builder.Finish(made.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def write_dense(folder: Path, *units: int) -> None:
    """Write `dense_N_TYPE.tflite` of networks with so many hidden units, float32 and int8."""
    rows = np.random.default_rng(0).random((20, 10), dtype=np.float32)
    for count in units:
        for kind, content in convert(network(dense(count), 10), ["float32", "int8"], rows):
            (folder / f"dense_{count}_{kind}.tflite").write_bytes(minify(content))


def write_project(of: Path, project: Path) -> None:
    """Put files of `write_dense` where the pipeline has what it times, and what names them.

    The baseline and `small`, which has clustered files, ship in seeds 3 and 0; the trade-off curve
    has two points in two seeds. One point has no int8 file.
    """
    for model, seed in (("baseline", 3), ("small", 0)):
        for family in ("minified", "clustered") if model == "small" else ("minified",):
            for kind in ("float32", "int8"):
                path = project / tflite_file(model, f"{family}_{kind}", seed)
                path.parent.mkdir(parents=True)
                shutil.copy(of / f"dense_{4 if seed == 0 else 2048}_{kind}.tflite", path)
                shutil.copy(path, path.with_name("seed_7.tflite"))  # another seed
    models = {"baseline": {"artifact": "minified_float32", "file": None, "seed": 3},
              "small": {"artifact": "stripped", "file": None, "seed": 0}}  # fmt: skip
    points = [
        {"kind": kind, "sparsity": sparsity, "seed": seed, "inputs": None,
         "file": f"{kind}_{sparsity:g}_seed_{seed}.tflite",
         "int8": f"{kind}_{sparsity:g}_seed_{seed}_int8.tflite" if kind == "dense" else None}
        for kind, sparsity in (("dense", 0.0), ("global", 0.5)) for seed in (4, 0)
    ]  # fmt: skip
    (project / TRADE_OFF).mkdir()
    for point in points:
        shutil.copy(of / "dense_4_float32.tflite", project / TRADE_OFF / str(point["file"]))
        if point["int8"]:
            shutil.copy(of / "dense_4_int8.tflite", project / TRADE_OFF / str(point["int8"]))
    (project / TRADE_OFF / "points.json").write_text(json.dumps(points))
    (project / SHIP).parent.mkdir()
    (project / SHIP).write_text(json.dumps({"recommended": "small", "models": models}))
