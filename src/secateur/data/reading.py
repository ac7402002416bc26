"""A user's own data: which file, which columns, and whether they can be used."""

import re
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from secateur.core.errors import InputError, one_line
from secateur.core.params import Params
from secateur.core.tasks import TaskName
from secateur.data import columns, csv_files, npz_files, sources, targets
from secateur.data.columns import Column

INDEX = re.compile(r"__index_level_\d+__")  # pandas's row numbers, in a Parquet file


class Data(Params):
    """Parameters of `data`."""

    source: Annotated[
        str,
        Field(
            min_length=1,
            description="A `.csv`, `.parquet` or `.npz` file, a folder of `.npz` files, or the "
            "http or https address of a file; DVC watches it",
        ),
    ]
    target: Annotated[str, Field(description="The column to predict; of an `.npz`, its array")] = (
        "y"
    )
    features: Annotated[
        Annotated[list[str], Field(min_length=1)] | None,
        Field(description="The columns to use as inputs, in this order; `null`: all others"),
    ] = None
    drop: Annotated[list[str], Field(description="Columns that are not inputs")] = Field(
        default_factory=list
    )
    categorical: Annotated[
        list[str],
        Field(description="Columns of numbers that are names of categories; text always is"),
    ] = Field(default_factory=list)
    separator: Annotated[
        str, Field(min_length=1, max_length=1, description="Of a CSV: between two cells")
    ] = ","
    decimal: Annotated[
        Literal[".", ","], Field(description="Of a CSV: before a number's fraction")
    ] = "."
    missing_values: Annotated[
        list[str],
        Field(description="Of a CSV: cells that count as missing, such as `?`, beside empty ones"),
    ] = Field(default_factory=list)
    missing: Annotated[
        Literal["refuse", "drop", "impute"],
        Field(
            description="What happens to missing cells: an error, the row is left out, or the "
            "training rows' median or most frequent category"
        ),
    ] = "refuse"
    unseen: Annotated[
        Literal["refuse", "zeros"],
        Field(
            description="What happens to a category that no training row has: an error, or zeros "
            "in all its columns"
        ),
    ] = "refuse"
    standardize: Annotated[
        bool,
        Field(
            description="Scale the inputs, and the target of a regression, by the training rows' "
            "mean and standard deviation"
        ),
    ] = True

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if re.match(r"\w[\w+.-]*://", self.source) and not sources.is_url(self.source):
            raise ValueError(
                f"source: {self.source!r}: allowed are a path and http or https; for anything "
                f"else run `dvc import-url {self.source} data/` and name the file that it makes"
            )
        if self.separator in '"\r\n' or self.separator == self.decimal or ord(self.separator) > 127:
            raise ValueError(
                f"separator: {self.separator!r}: must be one ASCII character, but no quote, no "
                f"line end and not the decimal {self.decimal!r}"
            )
        for key in ("features", "drop", "categorical"):
            names = getattr(self, key) or []
            if len(set(names)) < len(names):
                raise ValueError(f"{key}: {names}: a column is repeated; each may stand once")
            if key != "categorical" and self.target in names:
                raise ValueError(f"{key}: {self.target!r}: is data.target; remove it from one")
        both = sorted({*(self.features or [])} & {*self.drop})
        if both:
            raise ValueError(f"drop: {both[0]!r}: is in data.features too; remove it from one")
        return self


class Raw(NamedTuple):
    """What a file holds, checked: inputs by column, or one array (n, *shape); targets (n,).

    Targets are numbers, or the indices of classes, as float64; no cell is missing but of inputs,
    and of these only if they are to be imputed.
    """

    where: str
    inputs: dict[str, Column] | np.ndarray
    target: np.ndarray
    classes: targets.Classes | None
    left_out: int  # rows, because of missing cells


class _Table(NamedTuple):
    """A table as it was read; of a CSV, `decimal` is set."""

    cells: pa.Table
    place: columns.Place
    decimal: str | None


def read(data: Data, task: TaskName) -> Raw:
    """Read and check the table or the arrays that `data` names.

    Raises:
        InputError: there is no such file or column, or what is in it cannot be used; names the
            file, the column, the row and what to do.
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
    out = _left_out(data, {**inputs, data.target: target}, table.place)
    kept = {name: column.rows(~out) for name, column in inputs.items()}
    y, classes = targets.encode(at, target.rows(~out), task, cells.type)
    return Raw(where, kept, y, classes, int(out.sum()))


def _features(data: Data, names: list[str]) -> list[str]:
    """The columns that are inputs, in the order of the file or of `data.features`."""
    where = data.source
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{where}: two columns are named {twice[0]!r}; rename one")
    for key in ("target", "features", "drop", "categorical"):
        given: list[str] = [data.target] if key == "target" else getattr(data, key) or []
        for name in given:
            columns.check_known(f"{where}: data.{key}", name, names)
    others = [n for n in names if n not in (data.target, *data.drop) and not INDEX.fullmatch(n)]
    features = data.features or others
    if not features:
        raise InputError(f"{where}: no column is left as input beside data.target and data.drop")
    if "" in features:
        raise InputError(
            f"{where}: column {names.index('') + 1} has no name, as row numbers have that pandas "
            "wrote; name it, or put '' in data.drop"
        )
    return features


def _left_out(data: Data, table: dict[str, Column], place: columns.Place) -> np.ndarray:
    """Which rows (n,) are not used because a cell is missing."""
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
    out = np.zeros(len(table[data.target].values), dtype=bool)
    for name, cells in missing.items():
        if data.missing == "drop" or name == data.target:
            out |= cells
    if out.all():
        raise InputError(
            f"{data.source}: every row has a missing cell; set data.missing: impute, or put the "
            "emptiest columns in data.drop"
        )
    return out


def _arrays(data: Data, task: TaskName, files: dict[str, Any]) -> Raw:
    where = data.source
    for key in ("features", "drop", "categorical"):
        if getattr(data, key):
            raise InputError(f"{where}: data.{key}: is for tables; an .npz file has no columns")
    x, labels = npz_files.read(files, data.target)
    at, cells = f"{where}: target {data.target!r}", pa.array(labels)
    target = targets.convert(at, cells, task, columns.row_place)
    unknown = np.isnan(x.reshape(len(x), -1)).any(axis=1)
    columns.check_finite(f"{where}: x", x, columns.row_place)
    # As a column whose cells are missing where any of a row's numbers is.
    whole = Column(np.where(unknown, np.nan, 0.0))
    if data.missing == "impute" and unknown.any():
        raise InputError(
            f"{where}: x: {unknown.sum()} rows hold NaN, the first is "
            f"{columns.row_place(int(unknown.argmax()))}; impute is for tables; fill them before, "
            "or set data.missing: drop"
        )
    out = _left_out(data, {"x": whole, data.target: target}, columns.row_place)
    kept = x[~out] if out.any() else x
    y, classes = targets.encode(at, target.rows(~out), task, cells.type)
    return Raw(where, kept, y, classes, int(out.sum()))
