"""What the source holds, as tables and small pictures of the page."""

from collections.abc import Sequence
from html import escape
from typing import Any

from secateur.data.found import Column, Findings, Level
from secateur.report.formatting import printable, shorten
from secateur.report.style import SERIES
from secateur.report.svg import Picture
from secateur.report.table import Cell, Table

COLUMNS, CLASSES = 40, 30  # that are shown
WIDE, HIGH = 160, 16  # units of a picture in a cell


def section(found: Findings) -> dict[str, Any]:
    """Return tables, sentences and doubts, in the order of the page."""
    classes = found.parts and found.parts[0].classes
    return {
        "rows": found.rows,
        "looked_at": found.looked_at,
        "source": printable(found.source),
        "left_out": found.left_out,
        "in_two_parts": found.in_two_parts,
        "parts": _classes(found) if classes else _targets(found),
        "columns": _columns(found),
        "more_columns": max(0, len(found.columns) - COLUMNS),
        "more_classes": max(0, len(classes) - CLASSES) if classes else 0,
        "before": _cells("data_before", found.inputs, found, after=False),
        "after": _cells("data_after", found.encoded, found, after=True),
        "notes": [printable(note) for note in found.notes],
        "doubts": [(printable(doubt.column), doubt.sentence, doubt.line) for doubt in found.doubts],
    }


def sentence(found: Findings) -> str:
    """Return one line for Markdown."""
    parts = ", ".join(f"{part.rows:,} {part.name}" for part in found.parts)
    doubts = (
        f" {len(found.doubts)} {'doubt' if len(found.doubts) == 1 else 'doubts'}."
        if found.doubts
        else ""
    )
    return f"{found.source}: {found.rows:,} rows ({parts}), {len(found.columns)} columns.{doubts}"


def bars(name: str, counts: Sequence[int], label: str) -> Picture:
    """Draw a bar for each count, the greatest as high as the cell."""
    most, width = max([1, *counts]), WIDE / max(1, len(counts))
    drawn = "".join(
        f'<rect x="{i * width:.2f}" y="{HIGH - HIGH * count / most:.2f}" '
        f'width="{max(width - 1, 0.5):.2f}" height="{HIGH * count / most:.2f}"/>'
        for i, count in enumerate(counts)
        if count
    )
    return _picture(name, label, f'<g fill="{SERIES[0]}">{drawn}</g>')


def shares(name: str, counts: Sequence[int], label: str) -> Picture:
    """Draw counts as parts of one bar, side by side."""
    whole, start, drawn = max(1, sum(counts)), 0.0, ""
    for i, count in enumerate(counts):
        width = WIDE * count / whole
        colour = SERIES[i % len(SERIES)]
        drawn += f'<rect x="{start:.2f}" y="2" width="{width:.2f}" height="12" fill="{colour}"/>'
        start += width
    return _picture(name, label, drawn)


def _picture(name: str, label: str, drawn: str) -> Picture:
    svg = (
        f'<svg role="img" aria-label="{escape(label)}" xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" height="{HIGH}" preserveAspectRatio="none">'
        f"{drawn}</svg>"
    )
    return Picture(name, label, "", svg)


def _classes(found: Findings) -> Table:
    """Return a row for each class: its rows in each part."""
    head = [Cell("class"), *(Cell(part.name) for part in found.parts), Cell("share of all rows")]
    whole = max(1, sum(part.rows for part in found.parts))
    rows = []
    most = max(sum(part.classes[i].count for part in found.parts)
               for i in range(len(found.parts[0].classes)))  # fmt: skip
    for i, level in enumerate(found.parts[0].classes[:CLASSES]):
        counts = [part.classes[i].count for part in found.parts]
        label = f"Class {level.name}: {', '.join(map(str, counts))} rows by part"
        bar = shares(f"data_class_{i}", [*counts, most - sum(counts)], label)
        bar = bar._replace(svg=_without_last(bar.svg))
        cells = [Cell(f"{count:,}", count) for count in counts]
        share = sum(counts) / whole
        rows.append(
            [Cell(shorten(printable(level.name), 40)), *cells, Cell(f"{share:.1%}", share, bar)]
        )
    total = [Cell(f"{part.rows:,}", part.rows) for part in found.parts]
    return Table("data_parts", head, [*rows, [Cell("all"), *total, Cell("100%", 1.0)]])


def _without_last(svg: str) -> str:
    """Leave out the last of the parts of a bar: what is missing to the longest bar."""
    return svg[: svg.rindex("<rect")] + "</svg>"


def _targets(found: Findings) -> Table:
    """Return a row for each part: its rows, and the least to the greatest target."""
    numbers_of = ("least target", "median", "greatest", "distribution")
    numbered = any(part.target for part in found.parts)
    head = [Cell(text) for text in ("part", "rows", *(numbers_of if numbered else ()))]
    rows = []
    for part in found.parts:
        own = part.target
        cells = [Cell(part.name), Cell(f"{part.rows:,}", part.rows)]
        if own:
            label = f"Histogram of the {part.name} rows' target, from least to greatest"
            numbers = (own.least, own.median, own.greatest)
            cells += [Cell(_number(value), value) for value in numbers]
            cells.append(Cell("", "", bars(f"data_part_{part.name}", own.histogram, label)))
        rows.append(cells)
    return Table("data_parts", head, rows)


def _columns(found: Findings) -> Table:
    names = (
        "column",
        "role",
        "kind",
        "missing",
        "filled with",
        "different",
        "values",
        "distribution",
    )
    rows = []
    for i, column in enumerate(found.columns[:COLUMNS]):
        fill = column.filled_with
        filled = "" if fill is None else fill if isinstance(fill, str) else _number(fill)
        texts = f" ({_listed(column.counted_as_missing)})" if column.counted_as_missing else ""
        rows.append([
            Cell(shorten(printable(column.name), 40)), Cell(column.role), Cell(column.kind),
            Cell(f"{column.missing:,}{texts}", column.missing), Cell(printable(filled)),
            Cell("" if column.distinct is None else f"{column.distinct:,}", column.distinct or 0),
            Cell(_values(column)), Cell("", "", _drawn(i, column)),
        ])  # fmt: skip
    return Table("data_columns", [Cell(name) for name in names], rows)


def _values(column: Column) -> str:
    if column.numbers and column.kind != "category":
        unit = f" {column.unit}" if column.unit else ""
        own = column.numbers
        return (
            f"{_number(own.least)} to {_number(own.greatest)}, median {_number(own.median)}{unit}"
        )
    if column.shape:
        return "×".join(map(str, column.shape))
    more = ", …" if (column.distinct or 0) > 3 else ""
    return _listed(column.levels[:3]) + more


def _drawn(i: int, column: Column) -> Picture | None:
    name = printable(column.name)
    if column.numbers:
        return bars(f"data_column_{i}", column.numbers.histogram, f"Histogram of column {name}")
    if column.levels:
        counts = [level.count for level in column.levels]
        return bars(f"data_column_{i}", counts, f"Rows of the most frequent levels of {name}")
    return None


def _listed(levels: Sequence[Level]) -> str:
    return ", ".join(
        f"{shorten(printable(level.name), 16) or 'empty'} {level.count:,}" for level in levels
    )


def _cells(name: str, names: Sequence[str], found: Findings, after: bool) -> Table | None:
    """Return some training rows with their cells, as read or as encoded."""
    if not found.samples:
        return None
    rows = []
    targets = not after and any(sample.target != "" for sample in found.samples)
    for number, sample in enumerate(found.samples, start=1):
        cells = sample.after if after else sample.before
        shown = [_cell(cell) for cell in cells]
        rows.append([Cell(f"row {number}"), *([_cell(sample.target)] if targets else []), *shown])
    width = len(rows[0]) - (2 if targets else 1)
    heads = [shorten(printable(own), 20) for own in names] or [str(i + 1) for i in range(width)]
    own = [] if not targets else [Cell(f"target {shorten(printable(found.target or ''), 20)}")]
    return Table(name, [Cell("row"), *own, *map(Cell, heads)], rows)


def _cell(value: float | str | None) -> Cell:
    if value is None:
        return Cell("missing")
    if isinstance(value, str):
        return Cell(shorten(printable(value), 20))
    return Cell(_number(value), value)


def _number(value: float) -> str:
    """Format a number: a whole one with all its digits, others with six."""
    whole = value == round(value) and abs(value) < 1e15
    return f"{value:.0f}" if whole else f"{value:.6g}"
