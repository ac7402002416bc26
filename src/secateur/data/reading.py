"""Reads a user's own data: chooses file and columns, and checks them."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from secateur.arrays import mapped
from secateur.arrays.encoding import Classes
from secateur.core.errors import InputError, one_line
from secateur.core.tasks import TaskName
from secateur.data import (
    anomalies,
    columns,
    csv_files,
    gathered,
    headers,
    identifiers,
    image_folder,
    image_table,
    missing,
    npz_files,
    sources,
    spelling,
    split_by,
    targets,
    units_line,
)
from secateur.data.columns import Column
from secateur.data.parameters import COLUMN_LISTS, Data
from secateur.data.spelled import Table
from secateur.data.split_by import SplitBy
from secateur.data.splitting import Split
from secateur.data.target_names import INPUTS

LEFT_OUT = "read as numbers, without their unit {!r}"
INDEX = re.compile(r"__index_level_\d+__")  # pandas's row numbers in a Parquet file


class Raw(NamedTuple):
    """A file's content, checked: inputs by column, or one array (n, *shape); targets (n,).

    Targets are float64: numbers, (n, k) of several columns, (n, 0) of an autoencoder, or indices of
    classes. Only inputs may
    have missing cells, and only with `missing: impute`.
    """

    where: str
    inputs: dict[str, Column] | np.ndarray
    target: np.ndarray
    classes: Classes | None
    left_out: int  # rows dropped for missing cells
    notes: Sequence[str] = ()  # what a user may want to know
    split_by: SplitBy | None = None  # of these rows; None: they are drawn
    names: Sequence[str] = ("y",)  # of the targets, one for each column
    anomalous: np.ndarray | None = None  # (n,) whether a row is; None: it is not known of any
    pictures: bool = False  # whether the rows were pictures

    def rows(self, keep: np.ndarray) -> "Raw":
        """Select rows by number."""
        inputs: dict[str, Column] | np.ndarray
        if isinstance(self.inputs, np.ndarray):
            inputs = gathered.rows_of(self.inputs, keep)
        else:
            inputs = {name: column.rows(keep) for name, column in self.inputs.items()}
        return self._replace(
            inputs=inputs,
            target=self.target[keep],
            split_by=self.split_by and self.split_by.rows(keep),
            anomalous=None if self.anomalous is None else self.anomalous[keep],
        )


def read(data: Data, task: TaskName, how: Split | None = None) -> Raw:
    """Read and check the table or the arrays that `data` names; `how` may name a column, too.

    Raises:
        InputError: a file or column is missing or unusable; the message names the file, the
            column, the row and the remedy.
    """
    data.check_task(task)
    where = data.source
    kind = sources.kind(where)
    if image_folder.is_one(where):
        found_pictures = image_folder.read(data, task, how)
        return Raw(where, *found_pictures, data.targets[:1], pictures=True)
    try:
        found = sources.fetch(where) if sources.is_url(where) else sources.local(where)
        if isinstance(found, dict):
            if data.image:
                raise InputError(f"{where}: data.image: .npz files hold no pictures; leave it out")
            return _arrays(data, task, how, found)
        if kind == ".npz":
            return _arrays(data, task, how, {where: found})
        if kind == ".parquet":
            table = image_table.opened(where, found)
            features = _features(data, how, table.schema_arrow.names)
            if pictures := image_table.column(data, table, features):
                found_pictures = image_table.read(data, task, how, table, pictures)
                return Raw(where, *found_pictures, data.targets, pictures=True)
            return _parquet(data, task, how, sources.parquet(where, found))
        if kind not in sources.TABLES:
            raise sources.unknown(where)
        content = sources.content(where, found, packed=kind.endswith(".gz"))
    except OSError as error:
        raise InputError(f"{where}: cannot be read: {one_line(error)}") from None
    return _csv(data, task, how, csv_files.opened(content, where, data))


def _csv(data: Data, task: TaskName, how: Split | None, file: csv_files.CsvFile) -> Raw:
    headers.check_first_lines(file)
    cells = csv_files.read(file)
    headers.check_not_a_row(file, cells)
    names = [*_features(data, how, cells.schema.names), *data.no_inputs]
    spelled = csv_files.spelled(file, [*names, *split_by.names(how)])
    text = {name: spelled.column(name) for name in names}
    place = partial(csv_files.place, file)
    if file.names is None:
        units_line.check(file, cells, text, place)
    by_name = {name: cells.column(name) for name in names}
    by = split_by.read(data, how, cells, spelled, place)
    return _table(task, Table(data, by_name, text, place, True), by)


def _parquet(data: Data, task: TaskName, how: Split | None, cells: pa.Table) -> Raw:
    names = [*_features(data, how, cells.schema.names), *data.no_inputs]
    by_name = {name: cells.column(name) for name in names}
    text = {name: column for name, column in by_name.items() if columns.is_text(column.type)}
    by = split_by.read(data, how, cells, None, columns.row_place)
    return _table(task, Table(data, by_name, text, columns.row_place, False), by)


def _table(task: TaskName, table: Table, by: SplitBy | None) -> Raw:
    """Check the columns; the last of the table are the targets, and what marks anomalies."""
    data, inputs, notes = table.data, {}, []
    for name in [*table.cells][: len(table.cells) - len(table.data.no_inputs)]:
        at = f"{data.source}: column {name!r}"
        identifiers.check(at, name, table.cells[name], data)
        taken = spelling.take(table, name, at)
        column = columns.convert(at, taken.cells, taken.categorical, table.place)
        columns.check(at, column)
        inputs[name] = column._replace(unit=taken.unit)
        if taken.unit:
            notes.append(f"{at}: {LEFT_OUT.format(taken.unit)}")
    cells: dict[str, Any] = {}
    for name in data.targets:
        at = f"{data.source}: target {name!r}"
        found = spelling.take(table, name, at, classes=task != "regression")
        cells[name] = found.cells
        if found.unit:
            notes.append(f"{at}: {LEFT_OUT.format(found.unit)}")
    labels = _converted(data.source, cells, task, table.place)
    marks = _marks(data, table)
    needed = {**labels, **marks, **_cells(by)}
    drop = missing.rows_to_drop(data, inputs, needed, table.place)
    kept = {name: column.rows(~drop) for name, column in inputs.items()}
    y, classes = _encoded(data.source, cells, labels, ~drop, task)
    if classes is None and y.ndim == 1 and len(np.unique(y)) == 2:
        notes.append(f"{at}: only two different numbers; such a target fits task: binary")
    return Raw(
        data.source, kept, y, classes, int(drop.sum()), notes, by and by.rows(~drop), data.targets,
        _anomalous(data, marks, ~drop),
    )  # fmt: skip


def _marks(data: Data, table: Table) -> dict[str, Column]:
    """Return the column that marks anomalies, as categories, by its name; or none."""
    if data.anomaly is None:
        return {}
    at = f"{data.source}: data.anomaly {data.anomaly!r}"
    cells = spelling.take(table, data.anomaly, at).cells
    return {data.anomaly: columns.convert(at, cells, categorical=True, place=table.place)}


def _anomalous(data: Data, marks: dict[str, Column], keep: np.ndarray) -> np.ndarray | None:
    if data.anomaly is None:
        return None
    at = f"{data.source}: data.anomaly {data.anomaly!r}"
    return anomalies.marked(at, marks[data.anomaly].rows(keep))


def _converted(
    where: str, cells: dict[str, Any], task: TaskName, place: columns.Place
) -> dict[str, Column]:
    """Convert the columns of the targets, by their names."""
    if task == "regression":
        return targets.each(where, cells, place)
    return {
        name: targets.convert(f"{where}: target {name!r}", own, task, place)
        for name, own in cells.items()
    }


def _encoded(
    where: str, cells: dict[str, Any], labels: dict[str, Column], keep: np.ndarray, task: TaskName
) -> tuple[np.ndarray, Classes | None]:
    """Return the targets (n,), or (n, k) of several columns, and the classes that they index."""
    found = [
        targets.encode(f"{where}: target {name!r}", labels[name].rows(keep), task, own.type)
        for name, own in cells.items()
    ]
    if not found:
        return np.zeros((int(keep.sum()), 0)), None
    return found[0] if len(found) == 1 else (np.stack([y for y, _ in found], axis=1), None)


def _cells(by: SplitBy | None) -> dict[str, Column]:
    return {} if by is None else {by.name: Column(by.numbers, [])}


def _features(data: Data, how: Split | None, names: list[str]) -> list[str]:
    """Return the input columns, in the order of the file or of `data.features`."""
    where = data.source
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(f"{where}: two columns are named {repeated[0]!r}; rename one")
    if data.autoencoder and INPUTS in names:
        raise InputError(
            f"{where}: data.target: {INPUTS}: means an autoencoder, and a column has this name, "
            f"too; write target: [{INPUTS}] to predict that column, or rename it"
        )
    special = {"target": data.targets, "anomaly": data.no_inputs}
    for key in (*special, *COLUMN_LISTS):
        listed: list[str] = special[key] if key in special else getattr(data, key) or []
        for name in listed:
            columns.check_known(f"{where}: data.{key}", name, names)
    split_by.check(how, data)
    split_by.check_known(how, where, names)
    no_input = {*data.no_inputs, *data.drop, *split_by.names(how)}
    others = [n for n in names if n not in no_input and not INDEX.fullmatch(n)]
    features = data.features or others
    if not features:
        raise InputError(f"{where}: no input column remains beside data.target and data.drop")
    if "" in features:
        raise InputError(
            f"{where}: column {names.index('') + 1} has no name, like row numbers from pandas; "
            "name it, or put '' in data.drop"
        )
    return features


def _arrays(data: Data, task: TaskName, how: Split | None, files: dict[str, Any]) -> Raw:
    where = data.source
    for key in COLUMN_LISTS:
        if getattr(data, key):
            raise InputError(f"{where}: data.{key}: an .npz file has no columns; leave it out")
    split_by.check(how, data)
    if len(data.targets) > 1:
        raise InputError(
            f"{where}: data.target: {data.target}: an .npz file has one array of targets; save "
            "them as one, of shape (rows, k), and name it"
        )
    name = data.targets[0] if data.targets else None
    marking = [] if data.anomaly is None else [data.anomaly]
    x, given, parts, more = npz_files.read(files, name, [*split_by.names(how), *marking])
    more, marks = dict(more), {}
    for key in marking:
        at = f"{where}: data.anomaly {key!r}"
        marks[key] = columns.convert(at, pa.array(more[key]), categorical=True)
    if given.ndim > 1 and task != "regression":
        raise InputError(
            f"{where}: {name} has shape {list(given.shape)}; task {task} takes (rows,), a "
            "class for each row; set task: regression if these are numbers to predict, or write "
            "one-hot columns as classes: numpy.argmax(…, axis=1)"
        )
    by = split_by.read(
        data, how, {n: pa.chunked_array([a]) for n, a in more.items()}, None, columns.row_place
    )
    if parts is not None:
        by = SplitBy(f"{where}: its own parts", "parts", "the part", parts)
    names = data.targets
    if given.ndim > 1:
        names = [f"{name}_{i}" for i in range(given.shape[1])]
    own = given.reshape(len(given), -1).T
    cells = {name: pa.array(column) for name, column in zip(names, own, strict=True)}
    labels = _converted(where, cells, task, columns.row_place)
    has_nan = _check_cells(f"{where}: x", x)
    # One column for the array: a cell is missing if any number of its row is.
    rows = Column(np.where(has_nan, np.nan, 0.0))
    if data.missing == "impute" and has_nan.any():
        raise InputError(
            f"{where}: x: {has_nan.sum()} rows hold NaN, the first is "
            f"{columns.row_place(int(has_nan.argmax()))}; impute works for tables only; fill "
            "them yourself, or set data.missing: drop"
        )
    needed = {**labels, **marks, **_cells(by)}
    drop = missing.rows_to_drop(data, {"x": rows}, needed, columns.row_place)
    kept = gathered.rows_of(x, np.flatnonzero(~drop)) if drop.any() else x
    y, classes = _encoded(where, cells, labels, ~drop, task)
    return Raw(
        where, kept, y, classes, int(drop.sum()), [], by and by.rows(~drop), names,
        _anomalous(data, marks, ~drop),
    )  # fmt: skip


def _check_cells(where: str, x: np.ndarray) -> np.ndarray:
    """Return the mask (n,) of the rows that hold NaN; raises InputError for an infinite number."""
    has_nan = np.zeros(len(x), dtype=bool)
    if x.dtype.kind != "f":
        return has_nan
    start = 0
    for block in mapped.blocks(x):
        has_nan[start : start + len(block)] = np.isnan(block.reshape(len(block), -1)).any(axis=1)
        place = partial(_place_from, start)
        columns.check_finite(where, block, place)
        start += len(block)
    return has_nan


def _place_from(start: int, row: int) -> str:
    return columns.row_place(start + row)
