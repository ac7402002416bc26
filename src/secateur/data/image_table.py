"""Parquet with a column of encoded pictures, as Hugging Face writes it: `{bytes, path}`."""

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from secateur.core.errors import InputError, one_line
from secateur.core.tasks import TaskName
from secateur.data import columns, image_rows, missing, split_by, targets
from secateur.data.columns import Column
from secateur.data.image_rows import Rows, Source
from secateur.data.parameters import Data, Pictures
from secateur.data.split_by import SplitBy
from secateur.data.splitting import Split

ROWS_AT_ONCE = 64  # each a file's content
# How a picture begins: PNG, JPEG, BMP; and those that are refused, GIF, WebP, TIFF.
BEGINNINGS = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"GIF8", b"RIFF", b"II*\0", b"MM\0*")
NO_LABEL = -1  # what Hugging Face writes into rows whose class is secret


def opened(where: str, file: Path | io.BytesIO) -> pq.ParquetFile:
    """Open a Parquet file; raises InputError if it is damaged."""
    try:
        return pq.ParquetFile(file)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{where}: damaged or not a Parquet file: {one_line(error)}") from None


def column(data: Data, table: pq.ParquetFile, inputs: Sequence[str]) -> str | None:
    """Return the column of pictures if it is the input; None if the inputs are numbers and text.

    Raises:
        InputError: there is another input beside it, or `data.image` and no picture.
    """
    found = [name for name in inputs if _is_picture(data, table, name)]
    if not found and data.image:
        raise InputError(
            f"{data.source}: data.image: no input column holds pictures, {{bytes, path}} or "
            "binary; leave image out"
        )
    if found and len(inputs) > 1:
        others = [name for name in inputs if name != found[0]]
        raise InputError(
            f"{data.source}: column {found[0]!r} holds pictures, and {columns.listed(others)} "
            f"would be inputs, too; for pictures alone set data.features: [{found[0]}], for the "
            f"others put {found[0]!r} in data.drop"
        )
    return found[0] if found else None


def read(
    data: Data, task: TaskName, how: Split | None, table: pq.ParquetFile, pictures: str
) -> Rows:
    """Decode the column `pictures`, some rows at a time.

    Class labels that have names in Hugging Face's metadata become these names.

    Raises:
        InputError: a picture or another column is unusable; the message names the row.
    """
    where, place = data.source, columns.row_place
    if not isinstance(data.target, str) or data.autoencoder:
        raise InputError(
            f"{where}: data.target: {data.target}: pictures have one target here; name one, or "
            "write an .npz file with the array x and, of shape (rows, k), y"
        )
    if not table.metadata.num_rows:
        raise InputError(f"{where}: has no rows; must have at least 1")
    try:
        cells = table.read(columns=[data.target, *split_by.names(how)])
        cells.validate(full=True)
        labels = _named(where, data.target, cells.column(data.target), table.schema_arrow)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where}: damaged: {one_line(error)}") from None
    by = split_by.read(data, how, cells, None, place)
    at = f"{where}: target {data.target!r}"
    target = targets.convert(at, labels, task, place)
    needed = {data.target: target}
    if by is not None:
        needed[by.name] = Column(by.numbers, [])
    keep = ~missing.rows_to_drop(data, {}, needed, place)
    targets.encode(at, target.rows(keep), task, labels.type)  # before any picture is decoded
    count = int(keep.sum())
    sources = _sources(data, table, pictures, keep)
    x, notes = image_rows.gather(where, sources, count, data.image or Pictures())
    y, classes = targets.encode(at, target.rows(keep), task, labels.type)
    return Rows(x, y, classes, int((~keep).sum()), notes, _kept(by, keep))


def _kept(by: SplitBy | None, keep: np.ndarray) -> SplitBy | None:
    return by and by.rows(keep)


def _is_picture(data: Data, table: pq.ParquetFile, name: str) -> bool:
    """Whether a column holds pictures: by its type, or of plain bytes by some of the first rows."""
    kind = table.schema_arrow.field(name).type
    if pa.types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0 and _is_binary(kind.field("bytes").type)
    if not _is_binary(kind) or data.image:
        return _is_binary(kind)
    try:
        cells = next(table.iter_batches(ROWS_AT_ONCE, columns=[name])).column(0).to_pylist()
    except (pa.ArrowException, OSError, StopIteration):
        return False  # reading the table says what is wrong
    return any(cell is not None and cell.startswith(BEGINNINGS) for cell in cells)


def _is_binary(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or kind == pa.binary_view()


def _sources(data: Data, table: pq.ParquetFile, name: str, keep: np.ndarray) -> Iterator[Source]:
    """Give the content of each picture to keep; clear `keep` where there is none."""
    where, row = f"{data.source}: column {name!r}", -1
    try:
        for batch in table.iter_batches(ROWS_AT_ONCE, columns=[name]):
            for cell in batch.column(0):
                row += 1
                if not keep[row]:
                    continue
                value = cell.as_py()
                path = value.get("path") if isinstance(value, dict) else None
                content = value.get("bytes") if isinstance(value, dict) else value
                at = f"{where}, {columns.row_place(row)}" + (f", {path!r}" if path else "")
                if content is not None:
                    yield at, content
                    continue
                if path:
                    raise InputError(
                        f"{at}: has a path but no bytes; write the table again with the pictures "
                        "in it"
                    )
                if data.missing != "drop":
                    raise InputError(
                        f"{at}: has no picture; set data.missing: drop to leave such rows out"
                    )
                keep[row] = False
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{where}: damaged: {one_line(error)}") from None
    if not keep.any():
        raise InputError(f"{where}: has no picture in any row")


def _named(where: str, target: str, labels: Any, schema: pa.Schema) -> Any:
    """Replace the numbers of a Hugging Face `ClassLabel` by its names, and -1 by a missing cell."""
    names = _class_names(schema, target)
    if names is None or not pa.types.is_integer(labels.type):
        return labels
    numbers = labels.cast(pa.int64()).to_pylist()
    for row, number in enumerate(numbers):
        if number is not None and not NO_LABEL <= number < len(names):
            raise InputError(
                f"{where}: target {target!r}, {columns.row_place(row)}: class {number}, but the "
                f"file names {len(names)} classes: {columns.listed(names)}; correct it"
            )
    return pa.chunked_array(
        [[None if n is None or n == NO_LABEL else names[n] for n in numbers]], pa.string()
    )


def _class_names(schema: pa.Schema, target: str) -> list[str] | None:
    """Return the names of a column's classes from Hugging Face's metadata, if it has some."""
    try:
        content = json.loads((schema.metadata or {})[b"huggingface"])
        names = content["info"]["features"][target]["names"]
    except (KeyError, TypeError, ValueError):
        return None
    plain = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return names if plain and len({*names}) == len(names) else None
