"""What a model file takes: bytes, weights, multiplications."""

import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import h5py
import numpy as np
from pydantic import Field

from secateur.core.errors import InputError, must_exist, one_line
from secateur.core.params import Params

WRAPPER = "prune_low_magnitude_"  # before a layer's name, and what comes with its weights:
WRAPPERS = ("mask:0", "threshold:0", "pruning_step:0")


class MeasureSizes(Params):
    """Parameters of `measure_sizes`."""

    gzip_level: Annotated[int, Field(ge=1, le=9, description="Of every figure of gzipped bytes")]
    largest_error_ratio: Annotated[
        float,
        Field(
            ge=1,
            le=1e9,
            description="The run fails if a TFLite file's test MSE, or log loss, is more than so "
            "many times the error of the Keras model that it was made from",
        ),
    ]


def file_sizes(content: bytes, gzip_level: int) -> dict[str, int]:
    """Bytes as they are and gzipped.

    gzip writes neither name nor time, so that the figure depends on the content alone;
    the published one is of a zip, which stores the file's name twice.
    """
    return {
        "bytes": len(content),
        "gzip_bytes": len(gzip.compress(content, gzip_level, mtime=0)),
    }


def entropy_bytes(weights: Sequence[np.ndarray]) -> float:
    """Zero-order entropy, in bytes, of the bytes of all weights that are not zero.

    What a coder that knows only how often each byte occurs needs for them: the floor under a
    file that stores those weights, of which the rest is container.
    """
    data = b"".join(np.ascontiguousarray(a[a != 0]).tobytes() for a in weights)
    counts = np.bincount(np.frombuffer(data, np.uint8)) if data else np.zeros(1, int)
    shares = counts[counts > 0] / max(len(data), 1)
    return float(-np.sum(shares * np.log2(shares)) * len(data) / 8) + 0.0


def read_h5_weights(path: Path) -> dict[str, list[np.ndarray]]:
    """By layer, the weights of a Keras `.h5` file, without what pruning wrappers add."""
    found: dict[str, list[np.ndarray]] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and not name.endswith(WRAPPERS):
            layer = name.split("/")[0]
            found.setdefault(layer.removeprefix(WRAPPER), []).append(np.asarray(item))

    with h5py.File(path, "r") as file:
        file["model_weights"].visititems(visit)
    return found


def read_h5_kernels(path: Path) -> dict[str, np.ndarray]:
    """Kernels by layer, in the model's order, of an `.h5` file without pruning wrappers.

    Raises:
        InputError: the file is missing or damaged.
    """
    must_exist(path)
    found: dict[str, np.ndarray] = {}
    try:
        with h5py.File(path, "r") as file:
            for layer in file["model_weights"].attrs["layer_names"]:
                group = file["model_weights"][layer]
                for name in group.attrs["weight_names"]:
                    if str(name).endswith("kernel:0"):
                        found[str(layer)] = np.asarray(group[name])
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: damaged or no Keras model: {one_line(error)}") from None
    return found


def read(path: Path) -> bytes:
    """A file's content; raises InputError if it is missing or empty."""
    must_exist(path)
    content = path.read_bytes()
    if not content:
        raise InputError(f"{path}: damaged: it is empty")
    return content
