"""What a device pays for a network whose channels are being chosen: it is converted, and counted.

A removal of channels asks about ten times in each round. Each answer is that of the files that the
stages `convert` and `measure_costs` make and measure later.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from secateur.arrays import encoding, parts
from secateur.compress.channel_removal import Measure
from secateur.devices import ethos_u, file_figures, micro
from secateur.evaluate import operators
from secateur.export.minify import minify
from secateur.export.tflite import convert
from secateur.recipes.channel_terms import BY_FILE, Terms
from secateur.recipes.channels import Keep

if TYPE_CHECKING:
    from secateur.keras_io.backend import keras

ROWS = 16  # that calibrate int8: ranges change the file's values, not what it costs


def measure(keep: Keep, terms: Terms, split: Path, how: Path) -> Measure | None:
    """Return what tells the cost that a recipe keeps; None: it is counted without a file.

    `split` is the folder of the rows' parts, `how` the file of their encoding.

    Raises:
        InputError: the training rows are missing or damaged.
    """
    if keep.kind not in BY_FILE:
        return None
    versions = {
        package: version
        for package, version in ((ethos_u.PACKAGE, ethos_u.version()),
                                 (micro.PACKAGE, micro.version()))
        if version
    }  # fmt: skip
    few = parts.read(split / "train", encoding.read(how)).batch(slice(ROWS))
    return Measure(cost(keep, terms, np.asarray(few.x)), versions)


def cost(keep: Keep, terms: Terms, rows: np.ndarray) -> "Callable[[keras.Model], float]":
    """Return the function of a network that tells its cost; it can be pickled.

    `rows` (n, *inputs) float32 calibrate int8. The function raises ValueError with a sentence for a
    network that has no such cost, and so InputError for one that has no file.
    """
    return partial(_cost, keep.kind, terms, rows)


def _cost(kind: str, terms: Terms, rows: np.ndarray, model: "keras.Model") -> float:
    if kind == "peak_memory":
        model = _alive(model)
    ((_, made),) = convert(model, ["float32" if kind == "file_bytes" else "int8"], rows)
    content = minify(made)
    if kind == "file_bytes":
        return len(content)
    if kind != "peak_memory":
        assert terms.npu is not None
        return _on_ethos_u(kind, file_figures.on_ethos_u(content, terms.npu), terms)
    if terms.most is None:
        return operators.peak_activation_bytes(operators.read(content))
    return file_figures.arena_bytes(content, rows[:1])


def _alive(model: "keras.Model") -> "keras.Model":
    """Return a network of the same shapes, none of whose layers gives zeros alone.

    Memory is a matter of shapes. Of a layer whose channels are all dead, as with few channels and
    no training, the range is nothing, and tflite-micro ends its process for the scale of it.
    """
    from secateur.keras_io.backend import keras  # slow, and not needed to tell what is measured

    found = keras.models.clone_model(model)
    found.set_weights([
        np.full_like(weight, 1 / max(1, math.prod(weight.shape[:-1])))
        for weight in model.get_weights()
    ])  # fmt: skip
    return found


def _on_ethos_u(kind: str, figures: Mapping[str, Any], terms: Terms) -> float:
    """Return the figure of what Vela says; it counts only what the NPU runs.

    Raises:
        ValueError: there is no such figure, or a budget could not be judged by it.
    """
    found = figures.get("cycles" if kind == "cycles" else "flash_kib")
    left = ", ".join(f"{count} {name}" for name, count in figures["cpu_operators"].items())
    if left and (terms.most is not None or not found):
        raise ValueError(f"Vela leaves {left} of the network to the CPU, which no figure counts")
    if found is None:
        assert terms.npu is not None
        raise ValueError(
            f"with measure_costs.memory_mode {terms.npu.memory_mode} the weights lie in DRAM and "
            "not in flash"
        )
    return float(found)
