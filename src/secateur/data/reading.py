"""Reads a user's own data: chooses file and columns, and checks them."""

import re
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from secateur.core.errors import InputError, one_line
from secateur.core.tasks import TaskName
from secateur.data import columns, csv_files, npz_files, sources, targets
from secateur.data.columns import Column
from secateur.data.parameters import Data

INDEX = re.compile(r"__index_level_\d+__")  # pandas's row numbers in a Parquet file


class Raw(NamedTuple):
    """A file's content, checked: inputs by column, or one array (n, *shape); targets (n,).

    Targets are float64: numbers, or indices of classes. Only inputs may have missing cells, and
    only with `missing: impute`.
    """

    where: str
    inputs: dict[str, Column] | np.ndarray
    target: np.ndarray
    classes: targets.Classes | None
    left_out: int  # rows dropped for missing cells


class _Table(NamedTuple):
    """A table as read; `decimal` is set for a CSV only."""

    cells: pa.Table
    place: columns.Place
    decimal: str | None


def read(data: Data, task: TaskName) -> Raw:
    """Read and check the table or the arrays that `data` names.

    Raises:
        InputError: a file or column is missing or unusable; the message names the file, the
            column, the row and the remedy.
    """
    where = data.source
    path = re.split("[?#]", where)[0] if sources.is_url(where) else where
    kind = Path(path).suffix.lower()
    try:
        found = sources.fetch(where) if sources.is_url(where) else sources.local(where)
        if isinstance(found, dict):
            return _arrays(data, task, found)
        if kind == ".npz":
            return _arrays(data, task, {where: found})
        if kind == ".parquet":
            return _table(
                data, task, _Table(sources.parquet(where, found), columns.row_place, None)
            )
        if kind != ".csv":
            raise InputError(
                f"data.source: {where!r}: must end in .csv, .parquet or .npz, or be a folder of "
                ".npz files; export the table as CSV"
            )
        content = found.read_bytes() if isinstance(found, Path) else found.getvalue()
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {one_line(error)}") from None
    cells = csv_files.read(content, where, data.separator, data.decimal, data.missing_values)
    place = partial(csv_files.place, content, data.separator)
    return _table(data, task, _Table(cells, place, data.decimal))


def _table(data: Data, task: TaskName, table: _Table) -> Raw:
    where, inputs, decimal = data.source, {}, table.decimal
    for name in _features(data, table.cells.schema.names):
        at, named = f"{where}: column {name!r}", name in data.categorical
        column = columns.convert(at, table.cells.column(name), named, table.place)
        columns.check(at, column, table.place, named, decimal)
        inputs[name] = column
    at, cells = f"{where}: target {data.target!r}", table.cells.column(data.target)
    target = targets.convert(at, cells, task, table.place)
    if columns.is_text(cells.type) and data.target not in data.categorical:
        columns.check_numbers_as_text(at, target, table.place, decimal)
    drop = _rows_to_drop(data, {**inputs, data.target: target}, table.place)
    kept = {name: column.rows(~drop) for name, column in inputs.items()}
    y, classes = targets.encode(at, target.rows(~drop), task, cells.type)
    return Raw(where, kept, y, classes, int(drop.sum()))


def _features(data: Data, names: list[str]) -> list[str]:
    """Return the input columns, in the order of the file or of `data.features`."""
    where = data.source
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(f"{where}: two columns are named {repeated[0]!r}; rename one")
    for key in ("target", "features", "drop", "categorical"):
        listed: list[str] = [data.target] if key == "target" else getattr(data, key) or []
        for name in listed:
            columns.check_known(f"{where}: data.{key}", name, names)
    others = [n for n in names if n not in (data.target, *data.drop) and not INDEX.fullmatch(n)]
    features = data.features or others
    if not features:
        raise InputError(f"{where}: no input column remains beside data.target and data.drop")
    if "" in features:
        raise InputError(
            f"{where}: column {names.index('') + 1} has no name, like row numbers from pandas; "
            "name it, or put '' in data.drop"
        )
    return features


def _rows_to_drop(data: Data, table: dict[str, Column], place: columns.Place) -> np.ndarray:
    """Return the mask (n,) of the rows to drop because a cell is missing."""
    missing = {name: column.missing for name, column in table.items() if column.missing.any()}
    if data.missing == "refuse" and missing:
        shown = [
            f"{name!r} ({cells.sum()}, first {place(int(cells.argmax()))})"
            for name, cells in [*missing.items()][:5]
        ]
        more = f" and {len(missing) - 5} more columns" if len(missing) > 5 else ""
        raise InputError(
            f"{data.source}: missing cells in {', '.join(shown)}{more}; set data.missing: drop "
            "(leaves these rows out) or impute (median or most frequent level of training rows)"
        )
    drop = np.zeros(len(table[data.target].values), dtype=bool)
    for name, cells in missing.items():
        if data.missing == "drop" or name == data.target:
            drop |= cells
    if drop.all():
        raise InputError(
            f"{data.source}: every row has a missing cell; set data.missing: impute, or put the "
            "emptiest columns in data.drop"
        )
    return drop


def _arrays(data: Data, task: TaskName, files: dict[str, Any]) -> Raw:
    where = data.source
    for key in ("features", "drop", "categorical"):
        if getattr(data, key):
            raise InputError(f"{where}: data.{key}: an .npz file has no columns; leave it out")
    x, labels = npz_files.read(files, data.target)
    at, cells = f"{where}: target {data.target!r}", pa.array(labels)
    target = targets.convert(at, cells, task, columns.row_place)
    has_nan = np.isnan(x.reshape(len(x), -1)).any(axis=1)
    columns.check_finite(f"{where}: x", x, columns.row_place)
    # One column for the array: a cell is missing if any number of its row is.
    rows = Column(np.where(has_nan, np.nan, 0.0))
    if data.missing == "impute" and has_nan.any():
        raise InputError(
            f"{where}: x: {has_nan.sum()} rows hold NaN, the first is "
            f"{columns.row_place(int(has_nan.argmax()))}; impute works for tables only; fill "
            "them yourself, or set data.missing: drop"
        )
    drop = _rows_to_drop(data, {"x": rows, data.target: target}, columns.row_place)
    kept = x[~drop] if drop.any() else x
    y, classes = targets.encode(at, target.rows(~drop), task, cells.type)
    return Raw(where, kept, y, classes, int(drop.sum()))
