"""A line of units below a CSV's header, such as `m,kg,s`: one makes text of every column."""

import re

import pyarrow as pa

from secateur.core.errors import InputError
from secateur.data import numerals
from secateur.data.columns import Place, listed
from secateur.data.csv_files import WORDS, CsvFile
from secateur.data.numerals import Style

NUMERIC_SHARE = 0.8  # of a column's cells, below a line of units


def check(
    file: CsvFile,
    table: pa.Table,
    text: dict[str, pa.ChunkedArray],
    place: Place,
) -> None:
    """Raise InputError if the first row holds the units of columns of numbers, and no number."""
    style = Style(file.data.decimal, file.data.thousands)
    units: list[str | None] = []
    for name, cells in text.items():
        if not pa.types.is_string(table.column(name).type):
            if table.column(name)[0].is_valid:
                return
            units.append(None)
            continue
        first, *others = cells.slice(0, 1000).to_pylist()
        present = [cell for cell in others if cell is not None and cell not in WORDS]
        amounts = numerals.read(present, style)
        if len(present) > 1 and sum(map(bool, amounts)) >= NUMERIC_SHARE * len(present):
            if first is not None and any(numerals.read([first], style)):
                return
            units.append(first)
    shown = [unit for unit in units if unit is not None and unit not in WORDS]
    if len(shown) < 2 or set(shown) & {*file.data.missing_values}:
        return
    line = place(0).removeprefix("line ")
    names = [
        name if re.fullmatch(r"\w[\w .-]*", name) else repr(name) for name in table.schema.names
    ]
    if line.isdigit():
        raise InputError(
            f"{file.where}, line {line}: holds no number in any of {len(units)} columns of numbers "
            f"({listed(shown)}), like a line of units; set data.skip_lines: {line} and "
            f"data.header: [{', '.join(names)}]"
        )
