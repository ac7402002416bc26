"""The size and the error of each point of the trade-off curve."""

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from secateur.arrays.rows import Rows
from secateur.core.tasks import Task
from secateur.evaluate import size_table
from secateur.evaluate.size_table import NotRunnableError
from secateur.evaluate.sizes import MeasureSizes

COLUMNS = ("gzip_bytes", "nonzero")


def measured(
    task: Task,
    folder: Path,
    rows: Rows,
    settings: MeasureSizes,
    anomalous: np.ndarray | None = None,
) -> tuple[list[dict[str, Any]], dict[str, dict[str, str]]]:
    """Return a row for each point of a folder, and why some have none, by point and seed.

    A point that LiteRT cannot run in one seed has a row in none: a median over some of the seeds
    would be compared with others over all. `int8_error` is empty where no int8 file runs.
    """
    found: list[dict[str, Any]] = []
    missing: dict[str, dict[str, str]] = {}
    for point in json.loads((folder / "points.json").read_text(encoding="utf-8")):
        own = rows.of_inputs(point.pop("inputs"))
        measure = partial(size_table.tflite_file, task, rows=own, settings=settings,
                          anomalous=anomalous)  # fmt: skip
        floats, int8 = point.pop("file"), point.pop("int8")
        try:
            figures = measure(folder / floats)
        except NotRunnableError as error:
            missing.setdefault(_name(point), {})[str(point["seed"])] = str(error)
            continue
        columns = {column: figures[column] for column in COLUMNS}
        errors = {"error": figures[task.metric], "int8_error": ""}
        if int8:
            with suppress(NotRunnableError):  # the float file is the point
                errors["int8_error"] = measure(folder / int8)[task.metric]
        found.append({**point, **columns, **errors})
    return [row for row in found if _name(row) not in missing], missing


def _name(point: Mapping[str, Any]) -> str:
    return f"{point['kind']} {point['sparsity']:g}"
