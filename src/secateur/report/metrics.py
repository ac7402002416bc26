"""Read and check the earlier stages' figures, as far as the report relies on them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import pandas as pd

from secateur.core.errors import InputError, must_exist, one_line

PRECISION = ("precision", "largest_error_ratio", "kept", "int8", "mixed")
PRECISION_COST = (
    "part", "precision", "error_ratio", "lowest", "highest", "gzip_bytes", "chosen",
)  # fmt: skip


def read_json(path: Path, models: Sequence[str]) -> dict[str, Any]:
    """Read these models' entries of a metrics file, in the models' order.

    Raises:
        InputError: the file is missing, damaged, or lacks a model.
    """
    must_exist(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {model: data[model] for model in models}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: damaged or stale: {error!r}; must hold {models}") from None


def read_costs(path: Path, models: Sequence[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read what these models' files cost, and what counted it, by device.

    A model none of whose files could be counted has no entry.

    Raises:
        InputError: the file is missing or damaged.
    """
    must_exist(path)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        costs = {model: dict(data["models"].get(model, {})) for model in models}
        return costs, dict(data["devices"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: damaged or stale: {error!r}; must hold `devices` and `models`"
        ) from None


def read_precision(folders: Mapping[str, Path]) -> dict[str, Any]:
    """Read the precision of each layer, with a list `costs` of what others cost, by recipe.

    Raises:
        InputError: a file is missing or damaged.
    """
    found = {}
    for name, folder in folders.items():
        own = read_json(folder / "precision.json", PRECISION)
        path = folder / "costs.csv"
        must_exist(path)
        try:
            # A layer may be called `nan`.
            empty = {figure: [""] for figure in PRECISION_COST[2:6]}
            table = pd.read_csv(path, keep_default_na=False, na_values=empty).astype(object)
            own["costs"] = table.where(table.notna(), None)[[*PRECISION_COST]].to_dict("records")
        except (ValueError, KeyError) as error:
            raise InputError(f"{path}: damaged or stale: {one_line(error)}") from None
        found[name] = own
    return found


def output_activation(path: Path) -> str:
    """Read the last layer's activation from a Keras `.h5` file; "" if it has none.

    Raises:
        InputError: the file is missing or damaged.
    """
    must_exist(path)
    try:
        with h5py.File(path, "r") as file:
            last = json.loads(file.attrs["model_config"])["config"]["layers"][-1]["config"]
    except (OSError, KeyError, ValueError, TypeError, IndexError) as error:
        raise InputError(f"{path}: damaged or not a Keras model: {one_line(error)}") from None
    return str(last.get("activation", ""))


def read_csv(path: Path, columns: Mapping[str, type]) -> pd.DataFrame:
    """Read a table's columns as these types; a float may be NaN or infinite.

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
