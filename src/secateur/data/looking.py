"""A look at a table, however large: all rows, or some that fit into little memory."""

import io
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv

from secateur.core.errors import InputError, one_line
from secateur.data import columns, csv_files, headers, image_table, sources, units_line
from secateur.data.csv_files import CsvFile
from secateur.data.parameters import Data
from secateur.data.spelled import Table

MOST = 1 << 25  # bytes of a table that are looked at
ROWS_AT_ONCE = 1 << 13


class Look(NamedTuple):
    """Some rows of a table, how many it has, and the type of columns that were not read."""

    table: Table
    rows: int
    looked_at: int
    unread: dict[str, pa.DataType]  # pictures and the like
    names: list[str]  # of all columns, in the file's order
    start: CsvFile | None = None  # whose rows these are

    def read_with(self, data: Data, name: str) -> Any:
        """Return a column's cells as they are read by other keys of `data`."""
        if self.start is None:
            return self.table.cells[name]
        return csv_files.read(self.start._replace(data=data)).column(name)


def at_csv(data: Data, file: Path | io.BytesIO) -> Look:
    """Read the first `MOST` bytes of a CSV; raises InputError if it is none."""
    packed = sources.kind(data.source).endswith(".gz")
    content = sources.beginning(data.source, file, packed, MOST + 1)
    whole = len(content) <= MOST
    content = content if whole else _whole_records(content)
    start = csv_files.opened(content, data.source, data)
    headers.check_first_lines(start)
    cells = csv_files.read(start)
    headers.check_not_a_row(start, cells)
    names = cells.schema.names
    _check_once(data, names)
    spelled = csv_files.spelled(start, names)
    text = {name: spelled.column(name) for name in names}
    place = partial(csv_files.place, start)
    if start.names is None:
        units_line.check(start, cells, text, place)
    table = Table(data, {name: cells.column(name) for name in names}, text, place, True)
    rows = len(cells) if whole else _count(start, file, packed)
    return Look(table, rows, len(cells), {}, names, start)


def at_parquet(data: Data, file: Path | io.BytesIO) -> Look:
    """Read the first rows of each row group, `MOST` bytes in all; raises InputError if damaged."""
    opened = image_table.opened(data.source, file)
    schema, rows = opened.schema_arrow, opened.metadata.num_rows
    if not rows:
        raise InputError(f"{data.source}: has no rows; must have at least 1")
    _check_once(data, schema.names)
    unread = {field.name: field.type for field in schema if _is_large(field.type)}
    names = [name for name in schema.names if name not in unread]
    try:
        some = pa.Table.from_batches(
            _some(opened, names), schema=pa.schema(map(schema.field, names))
        )
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"{data.source}: damaged or not a Parquet file: {one_line(error)}"
        ) from None
    cells = {name: some.column(name) for name in names}
    text = {name: column for name, column in cells.items() if columns.is_text(column.type)}
    table = Table(data, cells, text, columns.row_place, False)
    return Look(table, rows, some.num_rows if names else rows, unread, schema.names)


def _some(file: pq.ParquetFile, names: list[str]) -> list[pa.RecordBatch]:
    """Return rows of every group, for a file may be sorted."""
    groups = file.metadata.num_row_groups if names else 0
    found = []
    for group in range(groups):
        size = 0
        for batch in file.iter_batches(ROWS_AT_ONCE, row_groups=[group], columns=names):
            found.append(batch)
            size += batch.nbytes
            if size > MOST / groups:
                break
    return found


def _is_large(kind: pa.DataType) -> bool:
    binary = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or kind == pa.binary_view()
    return binary or pa.types.is_nested(kind) or pa.types.is_fixed_size_binary(kind)


def _check_once(data: Data, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InputError(f"{data.source}: two columns are named {repeated[0]!r}; rename one")


def _whole_records(content: bytes) -> bytes:
    """Cut off the last record, which may not be whole; a line in quotes is no record's end."""
    end = len(content)
    while (end := content.rfind(b"\n", 0, end)) > 0:
        if content.count(b'"', 0, end) % 2 == 0:
            return content[: end + 1]
    return content


def _count(start: CsvFile, file: Path | io.BytesIO, packed: bool) -> int:
    """Count the rows of a file of which the start was read, some at a time."""
    name = csv_files.first(start)[0] if start.names is None else start.names[0]
    source = file if isinstance(file, Path) else pa.BufferReader(file.getvalue())
    reader = arrow_csv.open_csv(
        pa.input_stream(source, compression="gzip" if packed else None),
        read_options=arrow_csv.ReadOptions(
            block_size=csv_files.BLOCK, column_names=start.names, skip_rows=start.data.skip_lines
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=start.data.separator, newlines_in_values=True
        ),
        convert_options=arrow_csv.ConvertOptions(
            include_columns=[name], column_types={name: pa.string()}
        ),
    )
    try:
        return sum(len(batch) for batch in reader)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{start.where}: not a CSV: {one_line(error)}") from None
