"""Reading the rows that `secateur predict` is given, as the training rows were read."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from secateur.arrays.encoding import Array, Category, Encoding, Number
from secateur.command import pictures
from secateur.core import params
from secateur.core.errors import InputError
from secateur.data import columns, csv_files, npz_files, numerals, sources, spelled
from secateur.data.encoding import of_frame
from secateur.data.parameters import Data

SEPARATORS = (",", ";", "\t", "|")


def check(path: Path) -> None:
    """Raise InputError unless there is such a file, or a folder, of a kind that `read` reads."""
    if path.is_dir():
        return
    kinds = (*sources.TABLES, ".parquet", ".npz")
    if sources.kind(str(path)) not in kinds and not pictures.are(path):
        raise InputError(
            f"{path}: must end in {', '.join(kinds[:-1])} or .npz, or be a picture or a folder of "
            "pictures"
        )
    if not path.is_file():
        raise InputError(f"{path}: not found")


def read(path: Path, encoding: Encoding) -> np.ndarray:
    """Read a CSV, TSV, Parquet or .npz file, or pictures; encode the rows as float32 (n, *shape).

    Raises:
        InputError: the file cannot be used; names it, and the column or array.
    """
    kind, array = sources.kind(str(path)), isinstance(encoding.columns[0], Array)
    if pictures.are(path):
        return of_frame(encoding, pictures.read(path, encoding))
    if array != (kind == ".npz"):
        wanted = "columns of a .csv or .parquet file"
        if array:
            wanted = "the array `x` of an .npz file, or pictures if they were trained on some"
        raise InputError(f"{path}: the models need {wanted}")
    frame: Any
    if kind == ".npz":
        (frame,) = npz_files.load(str(path), path, ["x"])
        if not len(frame):
            raise InputError(f"{path}: holds no row; needs at least 1")
    else:
        data: Data = params.read().section("data", Data)
        is_text = kind in sources.TABLES
        table = _csv(path, encoding, data) if is_text else sources.parquet(str(path), path)
        frame = _by_name(path, table, encoding)
        for item in encoding.columns:
            if isinstance(item, Number) and item.name in frame:
                at = f"{path}: column {item.name!r}"
                frame[item.name] = _numbers(at, frame[item.name], item, data)
    try:
        return of_frame(encoding, frame)
    except InputError as error:
        raise InputError(f"{path}{str(error).removeprefix('inputs')}") from None


def _csv(path: Path, encoding: Encoding, data: Data) -> pa.Table:
    """Read with the keys of `data` that say how the training rows are written."""
    content = sources.content(str(path), path, packed=sources.kind(str(path)).endswith(".gz"))
    if not content:
        raise InputError(f"{path}: empty")
    separator = sources.separator(str(path))
    if separator != sources.separator(data.source):  # what `data` says is of the other kind
        data = data.model_copy(update={"separator": separator})
    file = _laid_out(csv_files.opened(content, str(path), _plain(data)), content, encoding, data)
    # A category `01` must not become the number 1 because no row at hand holds a letter.
    categories = [
        item
        for item in encoding.columns
        if isinstance(item, Category) and not all(_is_number(level) for level in item.levels)
    ]
    table = csv_files.read(file, [item.name for item in categories])
    if not table.num_rows:
        raise InputError(f"{path}: has column names but no rows; must have at least 1")
    known = [item for item in categories if table.schema.names.count(item.name) == 1]
    text = csv_files.spelled(file, [item.name for item in known])
    for item in known:
        # Among words, NA is one more: new to the models unless data.missing_values lists it.
        codes = all(re.fullmatch(r"\s*[+-]?\d+", level) for level in item.levels)
        cells = text.column(item.name)
        if item.name not in data.verbatim:
            cells = spelled.without(cells, data, words=codes)
        table = table.set_column(table.schema.names.index(item.name), item.name, cells)
    return table


def _plain(data: Data) -> Data:
    return data.model_copy(update={"skip_lines": 0, "header": True})


def _laid_out(
    file: csv_files.CsvFile, content: bytes, encoding: Encoding, data: Data
) -> csv_files.CsvFile:
    """Leave out a header and lines above it only where the file at hand has them, too."""
    needed = {item.name for item in encoding.columns}
    if needed <= set(csv_files.first(file)):
        return file
    _check_separator(file, needed)
    header, skipped = data.header, csv_files.opened(content, file.where, data)
    if isinstance(header, list):
        cells = csv_files.first(skipped)
        if needed <= set(cells):
            header = True
        elif len(cells) == len(header) - len(data.no_inputs):  # they are what is to be predicted
            header = [name for name in header if name not in data.no_inputs]
    return skipped._replace(data=data.model_copy(update={"header": header}))


def _check_separator(file: csv_files.CsvFile, needed: set[str]) -> None:
    """Raise InputError if the first line names the columns when it is cut at another character."""
    own = file.data.separator
    for other in SEPARATORS:
        cells = csv_files.first(
            file._replace(data=file.data.model_copy(update={"separator": other}))
        )
        if needed <= set(cells) and len(cells) > 1:
            raise InputError(
                f"{file.where}: its cells are separated by {other!r}, but those of the training "
                f"rows by {own!r} (data.separator); write it with {own!r}"
            )


def _numbers(at: str, cells: Any, item: Number, data: Data) -> Any:
    """Read text as numbers, as `data` says; raises InputError for another unit than learned."""
    if not columns.is_text(cells.type):
        taken = spelled.Taken(cells)
    else:
        present = spelled.without(cells.cast(pa.string()), data, words=True)
        found = spelled.read_numbers(present, data)
        if found is None:
            levels = spelled.levels_of(present)[0]
            read = [numerals.read(levels, style) for style in spelled.styles(data)]
            wrong = [i for i in range(len(levels)) if not any(amounts[i] for amounts in read)]
            what = repr(levels[wrong[0]]) if wrong else "several units"
            raise InputError(f"{at}: text; must be numbers; holds {what}; correct it")
        taken = found
    if taken.unit != item.unit and (taken.unit or taken.cells.null_count < len(taken.cells)):
        raise InputError(
            f"{at}: its numbers have {_unit(taken.unit)}, but those of the training rows have "
            f"{_unit(item.unit)}; write it as those are"
        )
    return taken.cells


def _unit(unit: str) -> str:
    return f"the unit {unit!r}" if unit else "no unit"


def _is_number(level: str) -> bool:
    """Whether the level is written as that of a column of numbers: `3`, and not `3.0` or `03`."""
    try:
        number = float(level)
    except ValueError:
        return False
    if number.is_integer():
        return level == str(int(level)) and -(2**63) <= int(level) < 2**63
    return level == repr(number)


def _by_name(path: Path, table: pa.Table, encoding: Encoding) -> dict[str, Any]:
    names = table.schema.names
    for item in encoding.columns:
        if names.count(item.name) > 1:
            raise InputError(f"{path}: two columns are named {item.name!r}; rename one")
    return {name: table.column(names.index(name)) for name in names}
