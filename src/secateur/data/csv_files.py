"""Strict CSV reading with pyarrow; errors name the line."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator

import pyarrow as pa
from pyarrow import csv as arrow_csv

from secateur.core.errors import InputError, one_line

SEPARATORS = ",;\t|"
BLOCK = 1 << 24  # bytes; the longest line that can be read


def read(
    content: bytes,
    where: str,
    separator: str,
    decimal: str,
    missing_values: list[str],
    text: Iterable[str] = (),
) -> pa.Table:
    """Read UTF-8, with or without a byte order mark; the first line names the columns.

    Arrow infers the type of each column, but for those in `text`.

    Raises:
        InputError: the file is empty, not UTF-8 or ragged, or has another separator.
    """
    _check_encoding(content, where)
    _check_header(content, where, separator)
    # pandas reads the other two as missing, too.
    missing = [*arrow_csv.ConvertOptions().null_values, "None", "<NA>", *missing_values]
    try:
        return arrow_csv.read_csv(
            pa.BufferReader(content),
            read_options=arrow_csv.ReadOptions(block_size=BLOCK),
            parse_options=arrow_csv.ParseOptions(delimiter=separator, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                decimal_point=decimal,
                null_values=missing,
                strings_can_be_null=True,
                column_types=dict.fromkeys(text, pa.string()),
            ),
        )
    except (pa.ArrowException, UnicodeDecodeError) as error:
        ragged = _ragged(content, separator)
        raise InputError(f"{where}{ragged or f': not a CSV: {one_line(error)}'}") from None


def place(content: bytes, separator: str, row: int) -> str:
    """Return the line of a data row (counted from 0), as editors count: `line 17`.

    Only an error needs it, so it reads the file again instead of keeping line numbers.
    """
    try:
        for i, (line, _) in enumerate(_records(content, separator), start=-1):
            if i == row:
                return f"line {line}"
    except csv.Error:
        pass
    return f"row {row} (counted from 0)"


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


def _check_header(content: bytes, where: str, separator: str) -> None:
    try:
        records = _records(content, separator)
        header = next(records, (0, []))[1]
        if not "".join(header).strip():
            raise InputError(f"{where}: empty; must have a line of column names, then rows")
        other = max(SEPARATORS, key=header[0].count)
        if len(header) == 1 and other in header[0]:
            raise InputError(
                f"{where}: the whole first line {header[0][:60]!r} is one column; the separator "
                f"is not {separator!r}: set data.separator: {_quoted(other)}"
            )
        if next(records, None) is None:
            raise InputError(f"{where}: has column names but no rows; must have at least 1")
    except csv.Error as error:
        raise InputError(f"{where}: not a CSV: {one_line(error)}") from None


def _quoted(separator: str) -> str:
    """Quote a separator for YAML."""
    return '"\\t"' if separator == "\t" else f'"{separator}"'


def _ragged(content: bytes, separator: str) -> str:
    """End a message with the first line that has another number of cells, if any."""
    try:
        records = _records(content, separator)
        width = len(next(records)[1])
        for line, cells in records:
            if len(cells) != width:
                return (
                    f", line {line}: {len(cells)} cells, but the first line names {width} "
                    f"columns; a cell that holds {separator!r} must be in quotes"
                )
    except (csv.Error, StopIteration):
        pass
    return ""


def _records(content: bytes, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with its last line's number; skip empty lines, as Arrow does."""
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")
    reader = csv.reader(text, delimiter=separator)
    for cells in reader:
        if cells:
            yield reader.line_num, cells
