"""The size and the error of each of a model's files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from secateur.arrays.rows import Rows
from secateur.core import raw_log
from secateur.core.errors import InputError
from secateur.core.seeds import over_seeds
from secateur.core.tasks import Task
from secateur.evaluate import litert, operators, sizes
from secateur.evaluate.scoring import beside, error, largest_difference
from secateur.evaluate.sizes import MeasureSizes

INT8_PROBABILITY = 1 / 128  # of log loss: int8 steps of 1/256 may cost a confident model so much
BRIEF = ("bytes", "entropy_bytes", "macs", "nonzero")  # figures that no branch is compared by
Figures = dict[str, dict[int, dict[str, Any]]]  # by artifact and seed


class NotRunnableError(ValueError):
    """No interpreter runs a file: a result, and no reason to end the run."""


def keras_file(
    path: Path, settings: MeasureSizes, positions: Mapping[str, int | list[int]]
) -> dict[str, Any]:
    """Measure an `.h5` file's size and weights.

    `positions` says how often a layer's kernel, or each of its weights, is applied to one row; 1
    if the layer is missing.

    Raises:
        InputError: the file is missing or empty.
    """
    content = sizes.read(path)
    weights = sizes.read_h5_weights(path)
    macs = sum(_macs(own, positions.get(layer, 1)) for layer, own in weights.items())
    return _figures(content, [array for own in weights.values() for array in own], macs, settings)


def _macs(weights: list[np.ndarray], applied: int | list[int]) -> int:
    """Return the multiply-adds of one layer for one row, zeros included."""
    if isinstance(applied, list):
        return sum(times * k.size for times, k in zip(applied, weights, strict=True))
    return applied * sum(k.size for k in weights if k.ndim > 1)


def tflite_file(
    task: Task,
    path: Path,
    rows: Rows,
    settings: MeasureSizes,
    source: np.ndarray | None = None,
    anomalous: np.ndarray | None = None,
    predict: litert.Predict | None = None,
) -> dict[str, Any]:
    """Measure a TFLite file's size, and its error on `rows` when LiteRT runs it.

    `source` (n, outputs) are the predictions of the Keras model that the file was made from. If
    it is given, the file is compared with it, and what stands beside the error is measured, too.
    `anomalous` (n,) marks rows that do not count in the error. `predict` predicts `rows`, where it
    knows equal files.

    Raises:
        NotRunnableError: LiteRT cannot run the file.
        InputError: it is missing, or predicts far worse than its source.
    """
    content = sizes.read(path)
    if not litert.is_model(content):
        raise InputError(f"{path}: damaged or not a TFLite file")
    predict = predict or litert.predictor(rows.x)
    try:
        if source is not None:
            fast = error(task, predict(content, False), rows, anomalous)
            before = error(task, source, rows, anomalous)
            _check_error(path, task, fast, before, settings.largest_error_ratio)
        predicted = predict(content, True)
        graph = operators.read(content)
        weights, macs = operators.weights(graph), operators.macs(graph)
    except (InputError, OSError):  # the system's faults are no result
        raise
    except Exception as problem:  # LiteRT raises many kinds of errors for what it cannot do
        kept = raw_log.keep(problem, of=f"running {path}")
        raise NotRunnableError(f"LiteRT cannot run it{kept}") from None
    found = _figures(content, weights, macs, settings)
    found[task.metric] = error(task, predicted, rows, anomalous)
    if source is not None:
        found["difference"] = largest_difference(predicted, source, rows, task)
        found |= beside(task, predicted, rows, anomalous)
    return found


def error_of(task: Task, path: Path, rows: Rows, predict: litert.Predict | None = None) -> float:
    """Return the task's error of a TFLite file on `rows`, by LiteRT's reference kernels.

    `predict` predicts `rows`, where it knows equal files.
    """
    predict = predict or litert.predictor(rows.x)
    return error(task, predict(sizes.read(path), True), rows)


def over_all_seeds(figures: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Summarize an artifact's figures by seed; of some, `size_table.csv` alone has each seed's."""
    found = over_seeds(figures)
    return {
        name: {"median": own["median"]} if name in BRIEF else own for name, own in found.items()
    }


def row(
    task: Task, model: str, seed: int, artifact: str, path: Path, found: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a file's row in `size_table.csv`."""
    columns = ("bytes", "gzip_bytes", task.metric, "nonzero", "macs")
    return {
        "model": model, "seed": seed, "artifact": artifact, "file": path.as_posix(),
        **{column: found[column] for column in columns},
    }  # fmt: skip


def _figures(
    content: bytes, weights: list[np.ndarray], macs: int, settings: MeasureSizes
) -> dict[str, Any]:
    """Return the file's figures; `nonzero` counts parameters, `macs` multiply-adds of one row."""
    return {
        **sizes.file_sizes(content, settings.gzip_level),
        "nonzero": sum(int(np.count_nonzero(array)) for array in weights),
        "macs": macs,
        "entropy_bytes": sizes.entropy_bytes(weights),
    }


def _check_error(path: Path, task: Task, error: float, source: float, largest_ratio: float) -> None:
    rounding = 0 if task.name == "regression" else INT8_PROBABILITY
    if np.isfinite(source) and not error <= largest_ratio * source + rounding:
        raise InputError(
            f"{path}: its test {task.label} in LiteRT is {error:.6g}; its Keras model's is "
            f"{source:.6g}; at most {largest_ratio:g} times as much is allowed "
            "(measure_sizes.largest_error_ratio)"
        )
