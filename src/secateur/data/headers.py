"""Whether a CSV's first line names the columns: it may be a row, a title, or a comment."""

import csv
import itertools
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from secateur.core.errors import InputError, one_line
from secateur.data import csv_files, numerals
from secateur.data.columns import listed
from secateur.data.csv_files import WORDS, CsvFile
from secateur.data.dates import are_dates
from secateur.data.numerals import Style

SEPARATORS = ",;\t|"
MOST_ABOVE = 100  # lines above a header that are looked for


def check_first_lines(file: CsvFile) -> None:
    """Raise InputError unless there are a header and a row, cut by the right separator."""
    try:
        start = [*itertools.islice(csv_files.records(file, file.data.separator), MOST_ABOVE + 20)]
        if not start or not "".join(start[0][1]).strip():
            _check_above(file, file.data.separator)
            raise InputError(f"{file.where}: empty; must have a line of column names, then rows")
        if file.names is None:
            _check_separator(file, start[0][1])
            _check_above(file, file.data.separator)
            if len(start) == 1:
                raise InputError(
                    f"{file.where}: has column names but no rows; must have at least 1"
                )
    except csv.Error as error:
        raise InputError(f"{file.where}: not a CSV: {one_line(error)}") from None


def _check_separator(file: CsvFile, header: list[str]) -> None:
    if len(header) > 1:
        return
    separator = file.data.separator
    for other in SEPARATORS.replace(separator, ""):
        if _width(file, other) > 1 and other in header[0]:
            raise InputError(
                f"{file.where}: the whole first line {header[0][:60]!r} is one column; the "
                f"separator is not {separator!r}: set data.separator: {_quoted(other)}"
            )
    _check_above(file, separator)
    for other in SEPARATORS.replace(separator, ""):
        _check_above(file, other)
    other = max(SEPARATORS, key=header[0].count)
    if other in header[0] and other != separator:
        raise InputError(
            f"{file.where}: the whole first line {header[0][:60]!r} is one column; the separator "
            f"is not {separator!r}; with {other!r}{csv_files.uneven(file, other)}"
        )


def _check_above(file: CsvFile, separator: str) -> None:
    """Raise InputError for lines above the header, if all below them are rows of one width."""
    lines = [*itertools.islice(csv_files.records(file, separator), MOST_ABOVE + 20)]
    width, at = len(lines[-1][1]) if lines else 0, len(lines) - 1
    while at > 0 and len(lines[at - 1][1]) == width:
        at -= 1
    while at < len(lines) - 1 and _is_title(lines[at][1]):  # filled up with empty cells
        at += 1
    if not 0 < at < min(MOST_ABOVE, len(lines) - 1) or width < 2 or not _are_names(lines[at][1]):
        return
    (above, before), (line, header) = lines[at - 1 : at + 1]
    number_below = any(numerals.read(lines[at + 1][1], Style()))
    if 2 * len(before) > width and _are_names(before) and not number_below:
        return  # rather rows of text with one cell more than the header
    below = csv_files.below(file.content, above - file.data.skip_lines) or b""
    if _width(file._replace(content=below), separator) == width:
        also = f" and data.separator: {_quoted(separator)}"
        raise InputError(
            f"{file.where}: the names of the columns seem to stand in line {line} "
            f"({listed(header)}), below other lines such as {separator.join(lines[0][1])[:60]!r}; "
            f"set data.skip_lines: {above}{'' if separator == file.data.separator else also}"
        )


def _is_title(cells: list[str]) -> bool:
    filled = [bool(cell.strip()) for cell in cells]
    return len(cells) > 1 and sum(filled) <= filled[0]


def _are_names(cells: list[str]) -> bool:
    """Whether cells can name columns: none is empty, a number, a date, or there twice."""
    numbers = numerals.read(cells, Style())
    return (
        all(cell.strip() for cell in cells)
        and len(set(cells)) == len(cells)
        and not any(numbers)
        and not any(are_dates(cells))
    )


def _width(file: CsvFile, separator: str) -> int:
    """Return the number of cells of every record; 0 if they differ, or are fewer than two."""
    try:
        widths = {len(cells) for _, cells in csv_files.records(file, separator)}
    except csv.Error:
        return 0
    return widths.pop() if len(widths) == 1 else 0


def _quoted(separator: str) -> str:
    """Quote a separator for YAML."""
    return '"\\t"' if separator == "\t" else f'"{separator}"'


def check_not_a_row(file: CsvFile, table: pa.Table) -> None:
    """Raise InputError if the column names look like one more row; `data.header` settles it."""
    if file.data.header is not None or not _is_row(table, Style(file.data.decimal)):
        return
    names = table.schema.names
    cells = ", ".join(map(repr, names[:4])) + (", …" if len(names) > 4 else "")
    raise InputError(
        f"{file.where}: the first line ({cells}) looks like a row, not like names; if it is one, "
        f"name the {len(names)} columns in data.header: [a, b, …]; if these are names, set "
        "data.header: true"
    )


def _is_row(table: pa.Table, style: Style) -> bool:
    numbers, levels, neutral = [], 0, 0
    for name, cells in zip(table.schema.names, table.columns, strict=True):
        kind = cells.type
        (amount,) = numerals.read([name], style)
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            if amount and not amount.unit:
                numbers.append((amount.number, cells))
            elif name not in WORDS and name != "":
                return False
        elif pa.types.is_string(kind):
            some = cells.slice(0, 1000).drop_null().to_pylist()
            amounts = [found for found in numerals.read(some, style) if found]
            if 2 * len(amounts) > len(some) and not amount:
                return False  # a word above numbers
            same = pc.any(pc.equal(cells, name)).as_py()
            levels, neutral = levels + bool(same), neutral + (not same)
        elif pa.types.is_boolean(kind):
            if name.lower() not in ("true", "false", "0", "1"):
                return False
            levels += 1
        elif not pa.types.is_null(kind):
            if not are_dates([name])[0]:
                return False
            levels += 1
    if not numbers:
        return levels > 1 and not neutral
    return bool(levels) or not _may_be_names(numbers)


def _may_be_names(numbers: Sequence[tuple[float, pa.ChunkedArray]]) -> bool:
    """Whether numbers can name their columns: 0, 1, …; years; wavelengths and other steps."""
    values = [number for number, _ in numbers]
    steps = {round(b - a, 9) for a, b in itertools.pairwise(values)}
    if values[0] in (0, 1) and steps <= {1}:
        return len(values) > 1
    if all(1900 <= value <= 2100 and value.is_integer() for value in values):
        low = min(pc.min(cells).as_py() or 0 for _, cells in numbers)
        high = max(pc.max(cells).as_py() or 0 for _, cells in numbers)
        return len(set(values)) == len(values) and not (low >= 1900 and high <= 2100)
    rising = all(step > 0 for step in steps)
    return rising and len(values) >= (3 if len(steps) == 1 else 5)
