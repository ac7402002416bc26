"""Writes the `limits.yaml` of a project whose first run has given its figures."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from secateur.artifacts import DETAIL
from secateur.core import files

LIMITS = Path("limits.yaml")
ROOM = 1.25  # how many times the largest file of the first run a file may take
LEAST_DIFFERENCE = 1e-5  # of the targets' range, between a model and its compacted one
ERRORS = ("mse", "log_loss")
# A project may lack a device, and a time is gone when its file has changed.
COSTS = """\
detail.costs.*.microcontroller.arena_bytes: {better: lower, relative: 0.02, optional: true}
detail.costs.*.ethos_u.cycles: {better: lower, relative: 0.05, optional: true}
detail.costs.*.ethos_u.flash_kib: {better: lower, relative: 0.05, optional: true}
detail.costs.*, summary.*.costs.*, summary.*.latency_ratio.*: {optional: true}
"""
HEAD = """\
# How much worse than the base `make gate` lets the metrics become. The first run's figures gave
# the sizes; the file is yours now. A key names metrics by file and keys; * matches anything, and a
# comma separates several names. The first match counts. `relative: 0.1` is a tenth.
files: [metrics/detail.json]  # beside what `dvc metrics` lists
"""


def write(detail: Path = DETAIL, limits: Path = LIMITS) -> bool:
    """Write limits for the figures of `metrics/detail.json`; return whether there was none yet."""
    if limits.exists() or not detail.exists():
        return False
    files.write_text(limits, HEAD + "".join(_lines(json.loads(detail.read_text("utf-8")))))
    return True


def _lines(detail: Mapping[str, Any]) -> Iterator[str]:
    models = detail["evaluation"].values()
    errors = [key for key in ERRORS if any(key in model["stripped"] for model in models)]
    for key in errors:
        yield f"detail.evaluation.*.stripped.{key}: {{better: lower, relative: 0.1}}\n"
    yield "detail.evaluation.*.collapsed: {better: lower, absolute: 0}\n"
    largest = _at_most(_seeds(detail["sizes"], "stripped", "gzip_bytes"))
    yield (
        "detail.sizes.*.stripped.gzip_bytes: {better: lower, relative: 0.02, "
        f"at_most: {largest}}}  # a quarter over the first run's largest\n"
    )
    if any(name.startswith("minified_") for model in detail["sizes"].values() for name in model):
        yield "detail.sizes.*.minified_*.gzip_bytes: {better: lower, relative: 0.02}\n"
        for key in errors:
            yield f"detail.sizes.*.minified_*.{key}: {{better: lower, relative: 0.1}}\n"
    apart = max(_seeds(detail["sizes"], "compacted", "difference"), default=0.0)
    allowed = max(LEAST_DIFFERENCE, 2 * apart)
    limit = f"{{at_most: {allowed:.1e}}}  # of the targets' range"
    yield f"detail.sizes.*.compacted.difference: {limit}\n"
    yield COSTS


def _seeds(sizes: Mapping[str, Any], artifact: str, key: str) -> list[float]:
    found = [model[artifact][key]["seeds"] for model in sizes.values() if artifact in model]
    values = [value for seeds in found for value in seeds.values()]
    return [value for value in values if value is not None]


def _at_most(values: list[float]) -> int:
    """Return `ROOM` times the largest, rounded up to two digits."""
    most = max(values) * ROOM
    unit = 10 ** max(0, math.floor(math.log10(most)) - 1)
    return math.ceil(most / unit) * unit
