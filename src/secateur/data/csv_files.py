"""Strict CSV reading with pyarrow; errors name the line."""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa
from pyarrow import csv as arrow_csv

from secateur.core.errors import InputError, one_line
from secateur.data.parameters import Data

BLOCK = 1 << 24  # bytes; the longest line that can be read
# Spelled cells that are missing among numbers; pandas reads the last two so, too.
WORDS = frozenset(arrow_csv.ConvertOptions().null_values) - {""} | {"None", "<NA>"}

Records = Iterator[tuple[int, list[str]]]  # the number of a record's last line, and its cells


class CsvFile(NamedTuple):
    """A file's bytes below `data.skip_lines`, and how `data` says that it is written."""

    content: bytes
    where: str
    data: Data

    @property
    def names(self) -> list[str] | None:
        """The columns' names, if the file has no header."""
        return self.data.header if isinstance(self.data.header, list) else None


def opened(content: bytes, where: str, data: Data) -> CsvFile:
    """Check that it is UTF-8, with or without a byte order mark, and skip lines.

    Raises:
        InputError: it is not UTF-8, or has fewer lines.
    """
    _check_encoding(content, where)
    rest = below(content, data.skip_lines)
    if rest is None:
        raise InputError(f"{where}: has fewer lines than data.skip_lines: {data.skip_lines}")
    return CsvFile(rest, where, data)


def below(content: bytes, lines: int) -> bytes | None:
    """Return the bytes below so many lines; None if there are fewer."""
    if not lines:
        return content
    end = next(itertools.islice(re.finditer(rb"\r\n|\n|\r", content), lines - 1, None), None)
    return None if end is None else content[end.end() :]


def read(file: CsvFile, text: Iterable[str] = ()) -> pa.Table:
    """Read a table; Arrow infers the type of each column, but for those in `text`.

    Empty cells, `WORDS` and `data.missing_values` are missing.

    Raises:
        InputError: the file is no CSV, or ragged.
    """
    words = {"", *WORDS, *file.data.missing_values}
    return _arrow(file, words, column_types=dict.fromkeys(text, pa.string()))


def spelled(file: CsvFile, names: Sequence[str]) -> pa.Table:
    """Read columns as they are spelled; only empty cells are missing."""
    return _arrow(
        file,
        {""},
        column_types=dict.fromkeys(names, pa.string()),
        include_columns=list(names),
    )


def _arrow(file: CsvFile, missing: Iterable[str], **how: object) -> pa.Table:
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(file.content),
            read_options=arrow_csv.ReadOptions(block_size=BLOCK, column_names=file.names),
            parse_options=arrow_csv.ParseOptions(
                delimiter=file.data.separator, newlines_in_values=True
            ),
            convert_options=arrow_csv.ConvertOptions(
                decimal_point=file.data.decimal,
                null_values=sorted(missing),
                strings_can_be_null=True,
                **how,
            ),
        )
    except (pa.ArrowException, UnicodeDecodeError) as error:
        ragged = uneven(file, file.data.separator)
        raise InputError(f"{file.where}{ragged or f': not a CSV: {one_line(error)}'}") from None


def place(file: CsvFile, row: int) -> str:
    """Return the line of a data row (counted from 0), as editors count: `line 17`.

    Only an error needs it, so it reads the file again instead of keeping line numbers.
    """
    try:
        first = -1 if file.names is None else 0
        for i, (line, _) in enumerate(records(file, file.data.separator), start=first):
            if i == row:
                return f"line {line}"
    except csv.Error:
        pass
    return f"row {row} (counted from 0)"


def records(file: CsvFile, separator: str) -> Records:
    """Yield each record with its last line's number; skip empty lines, as Arrow does."""
    text = io.TextIOWrapper(io.BytesIO(file.content), encoding="utf-8-sig", newline="")
    reader = csv.reader(text, delimiter=separator)
    for cells in reader:
        if cells:
            yield reader.line_num + file.data.skip_lines, cells


def uneven(file: CsvFile, separator: str) -> str:
    """End a message with the first line that has another number of cells, if any."""
    try:
        lines = records(file, separator)
        width = len(file.names or next(lines)[1])
        names = "the first line" if file.names is None else "data.header"
        for line, cells in lines:
            if len(cells) != width:
                return (
                    f", line {line}: {len(cells)} cells, but {names} names {width} "
                    f"columns; a cell that holds {separator!r} must be in quotes"
                )
    except (csv.Error, StopIteration):
        pass
    return ""


def _check_encoding(content: bytes, where: str) -> None:
    """Raise InputError unless it is UTF-8; Arrow would read other columns as bytes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), BLOCK):
            decoder.decode(content[start : start + BLOCK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        # The decoder counts from bytes that it kept from the block before.
        at = min(start + error.start, len(content) - 1)
        line = content.count(b"\n", 0, at) + 1
        raise InputError(f"{where}, line {line}: not UTF-8 text; save the file as UTF-8") from None
    if b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise InputError(
            f"{where}, line {line}: holds a NUL byte, as UTF-16 does; save the file as UTF-8"
        )


def first(file: CsvFile) -> list[str]:
    """Return the cells of the first record; raises InputError if there is none."""
    try:
        cells = next(records(file, file.data.separator), (0, []))[1]
    except csv.Error as error:
        raise InputError(f"{file.where}: not a CSV: {one_line(error)}") from None
    if not cells:
        raise InputError(f"{file.where}: empty")
    return cells
