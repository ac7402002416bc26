"""What became of a source's rows: their parts, what fills in cells, rows as a network gets them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from secateur.arrays import encode
from secateur.arrays.encoding import Array, Category, Encoding, Number, feature_names
from secateur.core.tasks import TaskName
from secateur.data import counted, duplicates, encoding, findings
from secateur.data.columns import Column
from secateur.data.dividing import Divided
from secateur.data.found import Findings, Level, Part, Sample
from secateur.data.parameters import Data
from secateur.data.part_names import PARTS
from secateur.data.reading import Raw
from secateur.data.splitting import Parts, Split

MOST_CELLS = 12  # of a row that are shown
MOST_ROWS = 3
SETTLED = {"refused", "date", "empty", "missing"}  # in rows that were read, there are none


def find(
    data: Data, task: TaskName, how: Split, raw: Raw, divided: Divided, learned: Encoding
) -> Findings:
    """Describe a source whose rows were read, divided and encoded."""
    # That the first line names the columns was settled by all rows; some may look different.
    known = data.model_copy(update={"header": True}) if data.header is None else data
    before = findings.find(known, task, how)
    fills = {item.name: _fill(item) for item in learned.columns}
    parts = divided.parts
    inputs, encoded, samples = _samples(raw, parts, learned)
    return replace(
        before,
        columns=tuple(
            replace(column, filled_with=fills.get(column.name)) if column.missing else column
            for column in before.columns
        ),
        doubts=tuple(doubt for doubt in before.doubts if doubt.kind not in SETTLED),
        left_out=before.rows - sum(map(len, parts)),
        parts=tuple(_part(name, rows, raw) for name, rows in zip(PARTS, parts, strict=True)),
        in_two_parts=_in_two_parts(raw, parts, how),
        inputs=inputs,
        encoded=encoded,
        samples=samples,
        notes=(*raw.notes, *divided.notes),
    )


def _fill(item: Number | Category | Array) -> float | str | None:
    if isinstance(item, Number):
        return item.median
    return item.most_frequent if isinstance(item, Category) else None


def _part(name: str, rows: np.ndarray, raw: Raw) -> Part:
    target = raw.target[rows]
    if raw.classes is None:
        one = target.ndim == 1  # of several numbers, and of none, there is no one median
        return Part(name, len(rows), (), counted.describe(target) if one else None)
    counts = np.bincount(target.astype(np.int64), minlength=len(raw.classes)).tolist()
    pairs = zip(raw.classes, counts, strict=True)
    return Part(name, len(rows), tuple(Level(str(own), count) for own, count in pairs), None)


def _in_two_parts(raw: Raw, parts: Parts, how: Split) -> int:
    """Count the rows that equal one of an earlier part; `together` leaves none."""
    if how.duplicates == "together":
        return 0
    groups = duplicates.repeats(raw.inputs, raw.target).groups
    known = np.zeros(groups.max() + 1, dtype=bool)
    count = 0
    for rows in parts:
        count += int(known[groups[rows]].sum())
        known[groups[rows]] = True
    return count


def _samples(
    raw: Raw, parts: Parts, learned: Encoding
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Sample, ...]]:
    """Return the names of inputs, before and after, and the first training rows of both."""
    rows = parts[0][:MOST_ROWS]
    some = Raw(raw.where, _rows(raw, rows), raw.target[rows], raw.classes, 0, names=raw.names)
    x, _ = encoding.stored(learned, some, {})
    after = encode.inputs(learned, x, raw.where).reshape(len(rows), -1)[:, :MOST_CELLS]
    names = [] if isinstance(some.inputs, np.ndarray) else [*some.inputs][:MOST_CELLS]
    samples = [
        Sample("train", tuple(_before(some, i)), _target(some, i), tuple(map(_short, after[i])))
        for i in range(len(rows))
    ]
    return tuple(names), tuple(feature_names(learned)[:MOST_CELLS]), tuple(samples)


def _rows(raw: Raw, rows: np.ndarray) -> dict[str, Column] | np.ndarray:
    if isinstance(raw.inputs, np.ndarray):
        return raw.inputs[rows]
    return {name: column.rows(rows) for name, column in raw.inputs.items()}


def _before(some: Raw, row: int) -> Sequence[float | str | None]:
    """Return the first cells of a row as they were read; None where missing."""
    if isinstance(some.inputs, np.ndarray):
        return [float(cell) for cell in some.inputs[row].reshape(-1)[:MOST_CELLS]]
    cells = list[float | str | None]()
    for column in [*some.inputs.values()][:MOST_CELLS]:
        value = column.values[row]
        if column.missing[row]:
            cells.append(None)
        else:
            cells.append(float(value) if column.levels is None else column.levels[int(value)])
    return cells


def _target(some: Raw, row: int) -> float | str:
    if some.target.ndim > 1:
        return ", ".join(f"{value:.6g}" for value in some.target[row])
    value = float(some.target[row])
    return value if some.classes is None else str(some.classes[int(value)])


def _short(value: float) -> float:
    return float(f"{value:.6g}")
