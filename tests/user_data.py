"""A user's own table and arrays, and how tests read them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.core import params
from secateur.core.errors import InputError
from secateur.data import dividing, reading
from secateur.data.parameters import Data
from secateur.data.splitting import Split

ROWS = 40
COLORS = ["red", "green", "blue", "red"]
LINES = [f"{i + 3},{i / 8},{COLORS[i % 4]},{i % 3}" for i in range(ROWS)]
GOOD = "\n".join(["a,b,color,y", *LINES]) + "\n"  # a CSV
X = np.arange(ROWS * 12, dtype=np.uint8).reshape(ROWS, 2, 3, 2)
Y = np.arange(ROWS) % 3


SIZES = {"test_size": 0.25, "validation_size": 0.2, "random_state": 1}


def divide(
    path: Path | str, task: Any = "regression", data: dict[str, Any] | None = None, **how: Any
) -> tuple[reading.Raw, dividing.Divided]:
    """What the file holds, and the rows that train, validate and test, by these keys of `split`."""
    settings = params.validate(Data, {"source": str(path), **(data or {})}, "params.yaml: data")
    split = params.validate(Split, {**SIZES, **how}, "params.yaml: split")
    raw = reading.read(settings, task, split)
    return raw, dividing.divide(raw, split)


def parts_refused(path: Path | str, task: Any = "regression", **how: Any) -> str:
    """Why its rows are not divided."""
    with pytest.raises(InputError) as refused:
        divide(path, task, **how)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def read(path: Path | str, task: Any = "regression", **data: Any) -> reading.Raw:
    """What the file at `path` holds, read by these parameters of `data`."""
    settings = params.validate(Data, {"source": str(path), **data}, "params.yaml: data")
    return reading.read(settings, task)


def refusal(path: Path | str, task: Any = "regression", **data: Any) -> str:
    """Why it is not read."""
    with pytest.raises(InputError) as refused:
        read(path, task, **data)
    return str(refused.value)


def changed(line: int, text: str) -> str:
    """The good CSV with another line; the first is 1."""
    lines = GOOD.splitlines()
    lines[line - 1] = text
    return "\n".join(lines) + "\n"
