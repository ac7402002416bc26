"""Measure a model file: bytes, entropy, weights."""

import gzip
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import h5py
import numpy as np
from pydantic import Field

from secateur.core import raw_log
from secateur.core.errors import InputError, must_exist
from secateur.core.params import Params

WRAPPER = "prune_low_magnitude_"  # tfmot's prefix of a wrapped layer's name
# Of a wrapper, not of the layer in it; a layer of several kernels has several masks.
WRAPPER_WEIGHT = re.compile(r"(.*/)?((mask|threshold)(_\d+)?|pruning_step):0")


class MeasureSizes(Params):
    """Parameters of `measure_sizes`."""

    gzip_level: Annotated[int, Field(ge=1, le=9, description="Level of gzip for all gzipped sizes")]
    largest_error_ratio: Annotated[
        float,
        Field(
            ge=1,
            le=1e9,
            description="Maximum ratio of a TFLite file's test MSE, or log loss, to its Keras "
            "model's; a larger ratio fails the run",
        ),
    ]


def file_sizes(content: bytes, gzip_level: int) -> dict[str, int]:
    """Return the content's `bytes` and `gzip_bytes`.

    The gzipped size depends on the content alone, because neither name nor time is written. The
    published figure is the size of a zip, which stores the file's name twice.
    """
    return {
        "bytes": len(content),
        "gzip_bytes": len(gzip.compress(content, gzip_level, mtime=0)),
    }


def entropy_bytes(weights: Sequence[np.ndarray]) -> float:
    """Return the zero-order entropy, in bytes, of the bytes of all nonzero weights.

    A coder that knows only how often each byte occurs needs that much. It is the floor for a
    file that stores these weights; the rest of the file is its container.
    """
    data = b"".join(np.ascontiguousarray(a[a != 0]).tobytes() for a in weights)
    counts = np.bincount(np.frombuffer(data, np.uint8))
    # Not NumPy's logarithm, whose last digit depends on the processor's vectors.
    bits = (-count * math.log2(count / len(data)) for count in counts.tolist() if count)
    return math.fsum(bits) / 8 + 0.0


def read_h5_weights(path: Path) -> dict[str, list[np.ndarray]]:
    """Read a Keras `.h5` file's weights by layer and in its order, without those of wrappers."""
    found: dict[str, list[np.ndarray]] = {}
    with h5py.File(path, "r") as file:
        model = file["model_weights"]
        for layer in map(_text, model.attrs["layer_names"]):
            names = map(_text, model[layer].attrs["weight_names"])
            own = [model[layer][name] for name in names if not WRAPPER_WEIGHT.fullmatch(name)]
            if own:
                found[layer.removeprefix(WRAPPER)] = [np.asarray(array) for array in own]
    return found


def _text(name: str | bytes) -> str:
    return name.decode("utf-8") if isinstance(name, bytes) else str(name)


def read_h5_kernels(path: Path) -> dict[str, np.ndarray]:
    """Read the kernels by layer, in the model's order, of an `.h5` file without wrappers.

    Of a layer with several, each has its own name: `memory/recurrent_kernel`.

    Raises:
        InputError: the file is missing or damaged.
    """
    must_exist(path)
    found: dict[str, np.ndarray] = {}
    try:
        with h5py.File(path, "r") as file:
            for layer in file["model_weights"].attrs["layer_names"]:
                group = file["model_weights"][layer]
                names = [n for n in map(_text, group.attrs["weight_names"]) if "kernel:0" in n]
                for name in names:
                    kernel = f"{layer}/{name.rpartition('/')[2].removesuffix(':0')}"
                    found[kernel if len(names) > 1 else str(layer)] = np.asarray(group[name])
    except (OSError, KeyError) as error:
        kept = raw_log.keep(error, of=f"reading {path}")
        raise InputError(f"{path}: damaged or not a Keras model{kept}") from None
    return found


def read(path: Path) -> bytes:
    """Read a file; raise InputError if it is missing or empty."""
    must_exist(path)
    content = path.read_bytes()
    if not content:
        raise InputError(f"{path}: damaged: it is empty")
    return content
