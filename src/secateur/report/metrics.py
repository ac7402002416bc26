"""Reading what the stages before have measured, checked as far as the report relies on it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import pandas as pd

from secateur.core.errors import InputError, must_exist, one_line


def read_json(path: Path, models: Sequence[str]) -> dict[str, Any]:
    """A metrics file's entries of these models, in their order.

    Raises:
        InputError: the file is missing or damaged, or has not all of them.
    """
    must_exist(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {model: data[model] for model in models}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: damaged or stale: {error!r}; must hold {models}") from None


def output_activation(path: Path) -> str:
    """Of a Keras `.h5` file's last layer, by Keras's name; "" if it has none.

    Raises:
        InputError: the file is missing or damaged.
    """
    must_exist(path)
    try:
        with h5py.File(path, "r") as file:
            last = json.loads(file.attrs["model_config"])["config"]["layers"][-1]["config"]
    except (OSError, KeyError, ValueError, TypeError, IndexError) as error:
        raise InputError(f"{path}: damaged or no Keras model: {one_line(error)}") from None
    return str(last.get("activation", ""))


def read_csv(path: Path, columns: Mapping[str, type]) -> pd.DataFrame:
    """A table's columns of these types; a float may be NaN or infinite.

    Raises:
        InputError: the file is missing, damaged or empty, or has other columns.
    """
    must_exist(path)
    try:
        table = pd.read_csv(path, usecols=list(columns), dtype=dict(columns))
    except ValueError as error:
        raise InputError(f"{path}: damaged: {one_line(error)}") from None
    if table.empty:
        raise InputError(f"{path}: holds no row; needs at least 1")
    return table
