"""Findings as text: a few lines, or all there is."""

from collections import Counter
from collections.abc import Iterator, Sequence

from secateur.data.found import Column, Doubt, Findings, Level

PLURALS = {"category": "categories", "identifier": "identifiers", "empty": "empty columns"}
MOST = 5  # doubts, columns and levels in a line or in the short version


def short(found: Findings) -> list[str]:
    """Return what a run prints: rows, columns by kind, parts, missing cells and doubts."""
    lines = [f"{found.source}: {_rows(found)}; {_inputs(found)}"]
    if found.parts:
        lines.append(f"{found.source}: {_parts(found)}")
    filled = [column for column in found.columns if column.missing and column.role == "input"]
    lines += [f"{found.source}: {_missing(column)}" for column in filled[:MOST]]
    if found.in_two_parts:
        lines.append(_two_parts(found))
    lines += [f"{found.source}: {_doubt(doubt)}" for doubt in found.doubts[:MOST]]
    more = max(0, len(filled) - MOST) + max(0, len(found.doubts) - MOST)
    return [*lines, f"{found.source}: {more} more; `secateur data` shows all"] if more else lines


def full(found: Findings) -> str:
    """Return everything, in sections."""
    sections = [[f"{found.source}: {_rows(found)}; {_inputs(found)}", *found.notes]]
    if found.left_out:
        sections[0].append(f"{found.left_out:,} rows are left out")
    sections.append(["Columns", *_table(_columns(found))])
    texts = [_missing(column) for column in found.columns if column.missing]
    sections.append(["Missing cells", *texts] if texts else [])
    if found.parts:
        sections.append(["Parts", *_table(_part_table(found))])
        if found.in_two_parts:
            sections[-1].append(_two_parts(found))
    if found.samples:
        sections.append(["Training rows, before and after encoding", *_samples(found)])
    said = [_doubt(doubt) for doubt in found.doubts]
    sections.append(
        ["Doubts, and the line of params.yaml that settles each", *said] if said else []
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _rows(found: Findings) -> str:
    rows = f"{found.rows:,} rows"
    if found.looked_at < found.rows:
        rows += f", of which {found.looked_at:,} were looked at"
    return rows


def _inputs(found: Findings) -> str:
    own = [column for column in found.columns if column.role == "input"]
    kinds = Counter(column.kind for column in own)
    counted = ", ".join(
        f"{count} {kind if count == 1 else PLURALS.get(kind, kind + 's')}"
        for kind, count in kinds.items()
    )
    target = "" if found.target is None else f"; target {found.target!r}"
    shape = own[0].shape if len(own) == 1 else ()
    size = f" of {'×'.join(map(str, shape))} {own[0].type}" if shape else ""
    return f"inputs: {counted or 'none'}{size}{target}"


def _parts(found: Findings) -> str:
    verbs = {"train": "train", "validation": "validate", "test": "test"}
    return ", ".join(f"{part.rows:,} {verbs[part.name]}" for part in found.parts)


def _missing(column: Column) -> str:
    texts = [f"{_cell(level.name)} ({level.count})" for level in column.counted_as_missing[:MOST]]
    read = f": {', '.join(texts)}" if texts else ""
    fill = "" if column.filled_with is None else f"; filled in with {_value(column.filled_with)}"
    return f"column {column.name!r}: {column.missing:,} cells are missing{read}{fill}"


def _two_parts(found: Findings) -> str:
    return (
        f"{found.source}: {found.in_two_parts:,} validation and test rows equal a row of an "
        "earlier part; to keep equal rows in one: split: {duplicates: together}"
    )


def _doubt(doubt: Doubt) -> str:
    line = f"; settled by {doubt.line}" if doubt.line else ""
    return f"column {doubt.column!r} ({doubt.kind}): {doubt.sentence}{line}"


def _columns(found: Findings) -> Iterator[Sequence[str]]:
    yield "name", "role", "kind", "type", "missing", "different", "values"
    for column in found.columns:
        distinct = "" if column.distinct is None else f"{column.distinct:,}"
        yield (
            _printable(column.name), column.role, column.kind, column.type, f"{column.missing:,}",
            distinct, _values(column),
        )  # fmt: skip


def _values(column: Column) -> str:
    if column.levels:
        return _levels(column.levels, column.distinct or 0)
    if column.numbers:
        own, unit = column.numbers, f" {column.unit}" if column.unit else ""
        return f"{own.least:.12g} to {own.greatest:.12g}, median {own.median:.12g}{unit}"
    return "×".join(map(str, column.shape))


def _levels(levels: Sequence[Level], distinct: int) -> str:
    shown = [f"{_printable(level.name)} {level.count:,}" for level in levels[:MOST]]
    return ", ".join(shown) + (", …" if distinct > MOST else "")


def _part_table(found: Findings) -> Iterator[Sequence[str]]:
    classes = [_printable(level.name) for level in found.parts[0].classes]
    numbered = any(part.target for part in found.parts)
    yield "part", "rows", *(classes or ["least target", "median", "greatest"] * numbered)
    for part in found.parts:
        own = part.target
        numbers = (
            [f"{value:.12g}" for value in (own.least, own.median, own.greatest)] if own else []
        )
        yield part.name, f"{part.rows:,}", *(f"{level.count:,}" for level in part.classes), *numbers


def _samples(found: Findings) -> Iterator[str]:
    for sample in found.samples:
        target = "" if sample.target == "" else f"; {found.target}: {_value(sample.target)}"
        yield f"{_row(found.inputs, sample.before)}{target}"
        yield f"  -> {_row(found.encoded, sample.after)}"


def _row(names: Sequence[str], cells: Sequence[float | str | None]) -> str:
    named = [f"{_printable(name)}: " for name in names] or [""] * len(cells)
    pairs = zip(named, cells, strict=False)
    return ", ".join(
        f"{name}{'(missing)' if cell is None else _value(cell)}" for name, cell in pairs
    )


def _table(rows: Iterator[Sequence[str]]) -> list[str]:
    cells = [*rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def _value(value: float | str) -> str:
    return _printable(value) if isinstance(value, str) else f"{value:.12g}"


def _cell(text: str) -> str:
    return repr(text) if text else "empty"


def _printable(name: str) -> str:
    short = name if len(name) <= 40 else f"{name[:39]}…"
    return short if short.isprintable() and short else repr(short)
