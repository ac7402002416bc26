"""Proposes a project for data that were found: task, network, and how long all of it trains.

The figures are a first try that takes minutes. The generated `params.yaml` says what to change.
"""

import math
from typing import Any, NamedTuple, get_args

from secateur.core.errors import InputError
from secateur.core.tasks import TaskName
from secateur.data import targets
from secateur.data.found import Column, Findings
from secateur.data.part_names import WORDS

FEW_CLASSES = 10  # whole numbers of fewer values are classes
STEPS = {"dense": 10_000, "convolutional": 1_500}  # of the baseline's training, at most
EPOCHS = (3, 200)
TEST, VALIDATION = 0.2, 0.2  # shares of the rows, and of the others
TASKS: tuple[TaskName, ...] = get_args(TaskName)


class Lengths(NamedTuple):
    """Batch size and epochs of each training, and the steps of a schedule."""

    batch_size: int
    steps: int  # an epoch
    baseline: int  # epochs
    patience: int
    recipe: int  # epochs
    end_step: int
    frequency: int
    clustering: int  # epochs
    trade_off: int  # epochs
    ramp: int  # epochs


def task_of(found: Findings, units: int = 0) -> TaskName:
    """Guess what the target is; raises InputError if it cannot be predicted.

    A trained network with two `units` at its end has one for each of two classes.
    """
    assert found.target is not None
    column = found.column(found.target)
    where = f"{found.source}: target {column.name!r}"
    if column.kind == "array":
        return "regression"
    if column.kind not in ("number", "category", "identifier") or not column.distinct:
        raise InputError(f"{where}: cannot be predicted: {column.kind}; name another")
    if not _are_classes(column):
        return "regression"
    return "binary" if column.distinct == 2 and units != 2 else "multiclass"


def _are_classes(column: Column) -> bool:
    if column.kind != "number":
        return True
    if (column.distinct or 0) > FEW_CLASSES or len(column.levels) != column.distinct:
        return False
    whole = all(level.name.lstrip("-").isdigit() for level in column.levels)
    return whole and min(level.count for level in column.levels) >= targets.FEWEST_ROWS


def candidates(found: Findings) -> list[str]:
    """Return the columns that may be the target, the likeliest first."""
    names = [
        column.name for column in found.columns
        if column.kind in ("number", "category") or column.role == "left out"
    ]  # fmt: skip
    likely = ("target", "label", "class", "y", "outcome", "response", "quality", "price")
    return sorted(
        names, key=lambda name: (name.lower() not in likely, name != names[-1], names.index(name))
    )


def parts_column(found: Findings) -> str | None:
    """Return the column that says which part a row belongs to, if there is one."""
    for column in found.columns:
        names = {WORDS.get(level.name.casefold()) for level in column.levels}
        parts = column.kind == "category" and None not in names and {0, 2} <= names
        if parts and column.role == "input" and len(column.levels) == column.distinct:
            return column.name
    return None


def marks(found: Findings) -> list[str]:
    """Return arrays beside the inputs that hold two values, and so may mark anomalous rows."""
    return [
        column.name for column in found.columns
        if column.role == "left out" and column.distinct == 2 and column.kind == "number"
    ]  # fmt: skip


def layers(found: Findings) -> list[dict[str, Any]]:
    """Return the layers of a small network that fits the inputs."""
    inputs = [column for column in found.columns if column.role == "input"]
    shape = inputs[0].shape if inputs and inputs[0].kind in ("array", "picture") else ()
    dense = _dense(found.rows)
    same = {"padding": "same", "activation": "relu"}
    if len(shape) == 3 and min(shape[:2]) >= 12:
        sizes = [16, 32, 64] if min(shape[:2]) >= 48 else [16, 32]
        convolutions: list[dict[str, Any]] = [
            {"type": "Conv2D", "filters": size, "kernel_size": 3, "strides": 2, **same}
            for size in sizes
        ]
        return [*convolutions, {"type": "GlobalAveragePooling2D"}, dense[0]]
    if len(shape) == 2 and shape[0] >= 16:
        convolutions = [
            {"type": "Conv1D", "filters": size, "kernel_size": 5, "strides": 2, **same}
            for size in (16, 32)
        ]
        return [*convolutions, {"type": "GlobalAveragePooling1D"}, dense[0]]
    return [*([{"type": "Flatten"}] if len(shape) > 1 else []), *dense]


def _dense(rows: int) -> list[dict[str, Any]]:
    units = [32] if rows < 1000 else [64, 32] if rows < 50_000 else [128, 64]
    return [{"type": "Dense", "units": size, "activation": "relu"} for size in units]


def bottleneck(found: Findings) -> list[dict[str, Any]]:
    """Return the layers of an autoencoder."""
    (shape,) = {column.shape for column in found.columns if column.role == "input"} or {()}
    flat = [{"type": "Flatten"}] if len(shape) > 1 else []
    return [
        *flat,
        *({"type": "Dense", "units": size, "activation": "relu"} for size in (64, 8, 64)),
    ]


def train_rows(rows: int, own_parts: dict[str, int] | None = None) -> int:
    """Return how many rows train, about."""
    if own_parts:
        return own_parts["train"]
    return max(1, math.floor((rows - math.ceil(rows * TEST)) * (1 - VALIDATION)))


def lengths(rows: int, convolutional: bool) -> Lengths:
    """Return how long everything trains on so many training rows."""
    batch = min(32, max(1, rows // 8))
    steps = math.ceil(rows / batch)
    low, high = EPOCHS
    baseline = min(high, max(low, STEPS["convolutional" if convolutional else "dense"] // steps))
    recipe = max(baseline // 2, math.ceil(100 / steps), 2)
    frequency = 100 if recipe * steps >= 2000 else 10
    end = max(frequency, int(recipe * steps * 0.6) // frequency * frequency)
    trade_off = max(recipe // 2, math.ceil(60 / steps), 2)
    return Lengths(
        batch, steps, baseline, max(3, baseline // 10), recipe, end, frequency,
        max(1, recipe // 4), trade_off, max(1, trade_off // 2),
    )  # fmt: skip
