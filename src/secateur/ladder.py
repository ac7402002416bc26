"""Every file of a model, from the largest to the smallest: what it takes, what it is worth."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from secateur import litert, sizes
from secateur.errors import InputError, one_line
from secateur.scoring import largest_difference, scores
from secateur.sizes import MeasureSizes
from secateur.tables import Rows

Figures = dict[str, dict[int, dict[str, Any]]]  # by rung and seed


def keras_file(path: Path, settings: MeasureSizes) -> dict[str, Any]:
    """The size and the weights of an `.h5` file; raises InputError if it cannot be read."""
    content = sizes.read(path)
    return _figures(content, sizes.read_h5_weights(path), settings)


def tflite_file(
    path: Path, rows: Rows, settings: MeasureSizes, source: np.ndarray | None = None
) -> dict[str, Any]:
    """The size and the weights of a TFLite file, and how well LiteRT predicts `rows` with it.

    `source` (n,) is what the Keras model predicts that the file was made from; then the file is
    compared with it.

    Raises:
        InputError: the file cannot be run, or predicts far worse than its source.
    """
    content = sizes.read(path)
    try:
        if source is not None:
            fast = scores(litert.predict(content, rows.x, reference=False), rows)["mse"]
            before = scores(source[:, None], rows)["mse"]
            _check_mse(path, fast, before, settings.largest_mse_ratio)
        predicted = litert.predict(content, rows.x)
        weights = litert.weights(content)
    except InputError:
        raise
    except Exception as error:  # LiteRT raises whatever a damaged file happens to hit
        raise InputError(f"{path}: LiteRT cannot run it: {one_line(error)}") from None
    found = {**_figures(content, weights, settings), "mse": scores(predicted, rows)["mse"]}
    if source is not None:
        found["difference"] = largest_difference(predicted[:, 0], source, rows)
    return found


def add_ratios(figures: Figures, baseline: Figures) -> None:
    """Put `ratio` beside each file's figures: how many times larger the baseline's same rung is.

    Gzipped bytes, seed by seed. Rungs that the baseline does not have get none: like with like.
    """
    for rung, by_seed in figures.items():
        for seed, found in by_seed.items():
            if rung in baseline:
                found["ratio"] = baseline[rung][seed]["gzip_bytes"] / found["gzip_bytes"]


def row(model: str, seed: int, rung: str, path: Path, found: Mapping[str, Any]) -> dict[str, Any]:
    """A file's row in `ladder.csv`."""
    columns = ("bytes", "gzip_bytes", "mse", "nonzero", "macs")
    return {
        "model": model, "seed": seed, "rung": rung, "file": path.as_posix(),
        **{column: found[column] for column in columns},
    }  # fmt: skip


def _figures(content: bytes, weights: list[np.ndarray], settings: MeasureSizes) -> dict[str, Any]:
    return {
        **sizes.file_sizes(content, settings.gzip_level),
        **sizes.weight_figures(weights),
        "entropy_bytes": sizes.entropy_bytes(weights),
    }


def _check_mse(path: Path, mse: float, source: float, largest_ratio: float) -> None:
    if np.isfinite(source) and not mse <= largest_ratio * source:
        raise InputError(
            f"{path}: its test MSE, run by LiteRT, is {mse:.6g}; that of the Keras model it was "
            f"made from is {source:.6g}; allowed: {largest_ratio:g} times that "
            "(measure_sizes.largest_mse_ratio)"
        )
