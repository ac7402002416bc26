"""What `.npz` files hold: the array of inputs, and the targets."""

import math
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import pyarrow as pa

from secateur.core.errors import InputError, one_line
from secateur.data import columns as user_columns
from secateur.data import counted, npz_files, npz_parts
from secateur.data.columns import listed
from secateur.data.found import Column, Doubt, Findings, Kind, Role
from secateur.data.parameters import Data

MOST = 1 << 22  # bytes of inputs that are looked at, in all files
LARGEST = 1 << 26  # bytes of an array in Fortran's order, of which no first rows can be read
FIRST_LETTERS = "buif"  # NumPy's kinds of numbers and true/false


class Start(NamedTuple):
    """An array's shape and type, and its first rows."""

    shape: tuple[int, ...]
    type: np.dtype
    rows: np.ndarray


def find(data: Data, files: Mapping[str, Path | IO[bytes]], has_target: bool) -> Findings:
    """Read targets, and some of the inputs of each file.

    Raises:
        InputError: a file is damaged, or lacks an array.
    """
    starts, labels, more = list[Start](), list[np.ndarray](), dict[str, Start]()
    for where, file in files.items():
        target = data.targets[0] if has_target and data.targets else None
        for name, start in _arrays(where, file, target, MOST // len(files)):
            if name == "x":
                starts.append(start)
            elif name == "y" and has_target:
                labels.append(start.rows.reshape(-1) if start.rows.ndim == 2 else start.rows)
            else:
                more.setdefault(name, start)
    rows = sum(start.shape[0] for start in starts)
    seen = [start.rows for start in starts]
    said = [*_doubts(data, seen)]
    found = [_inputs(starts[0], seen)]
    if has_target and labels:
        found.append(_column(data.target_name, "target", np.concatenate(labels)))
    found += [
        _column(name, "left out", start.rows) for name, start in more.items()
        if start.rows.ndim == 1
    ]  # fmt: skip
    return Findings(
        data.source,
        rows,
        sum(map(len, seen)),
        data.target_name if has_target else None,
        tuple(found),
        tuple(said),
    )


def _arrays(
    where: str, file: Path | IO[bytes], target: str | None, most: int
) -> Iterator[tuple[str, Start]]:
    """Yield arrays: inputs as `x`, targets as `y`, others by their own names."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            given = target
            if target is None:
                others = [n.removesuffix("_train") for n in names if n.endswith("_train")]
                target = next((name for name in others if name != "x"), "y")
            pairs = npz_parts.pairs(where, target, names)
            known = {pair.x: "x" for pair in pairs} | {pair.y: "y" for pair in pairs}
            known = known or {"x": "x", target: "y"}
            if "x" not in [known.get(name) for name in names]:
                raise InputError(f"{where}: has no array 'x'; found: {listed(names) or 'none'}")
            if given is not None and "y" not in [known.get(name) for name in names]:
                raise InputError(
                    f"{where}: has no array {target!r}; found: {listed(names)}; data.target names "
                    "the other array"
                )
            for name in names:
                role = known.get(name, name)
                cut = most // max(1, len(pairs)) if role == "x" else None
                yield role, _start(archive, name, cut)
    except InputError:
        raise
    except npz_files.UNREADABLE as error:
        raise InputError(f"{where}: damaged or not an .npz file: {one_line(error)}") from None


def _start(archive: zipfile.ZipFile, name: str, most: int | None) -> Start:
    """Read an array's header and its first rows, `most` bytes; None: all of a small one."""
    with archive.open(f"{name}.npy") as member:
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            np.lib.format.read_magic(member), np.lib.format.read_array_header_2_0
        )
        shape, by_column, kind = read(member)
        width = math.prod(shape[1:]) * kind.itemsize
        large = by_column and width * shape[0] > LARGEST
        if kind.hasobject or large or not shape or not width:
            return Start(shape, kind, np.empty((0, *shape[1:])))
        count = min(shape[0], max(1, (MOST if most is None else most) // width))
        read_rows = shape[0] if by_column else count  # of Fortran's order, all or none
        content = member.read(read_rows * width)
    if len(content) < read_rows * width:
        raise ValueError(f"{name} is cut off")
    rows = np.frombuffer(content, kind).reshape(
        (read_rows, *shape[1:]), order="F" if by_column else "C"
    )
    return Start(shape, kind, rows[:count])


def _inputs(first: Start, seen: list[np.ndarray]) -> Column:
    numbers = None
    if first.type.kind in FIRST_LETTERS:
        cells = np.concatenate([rows.reshape(-1) for rows in seen])
        if np.isfinite(cells).any():
            numbers = counted.describe(cells)
    return Column("x", "input", "array", str(first.type), tuple(first.shape[1:]), "",
                  _nan_rows(seen), (), None, None, (), numbers)  # fmt: skip


def _nan_rows(seen: list[np.ndarray]) -> int:
    return sum(
        int(np.isnan(rows.reshape(len(rows), -1)).any(axis=1).sum())
        for rows in seen if rows.dtype.kind == "f" and rows.size
    )  # fmt: skip


def _column(name: str, role: Role, values: np.ndarray) -> Column:
    """Describe an array with a number or text for each row."""
    column = None
    if values.ndim == 1 and values.size and values.dtype.kind in "buifU":
        column = user_columns.convert(name, pa.array(values))
    if column is None:
        return Column(name, role, "array", str(values.dtype), tuple(values.shape[1:]), "", 0, (),
                      None, None, (), None)  # fmt: skip
    levels, distinct = counted.levels(column)
    kind: Kind = "number" if column.levels is None else "category"
    kind = "empty" if not distinct else "constant" if distinct == 1 else kind
    numbers = counted.describe(column.values) if column.levels is None and distinct else None
    return Column(name, role, kind, str(values.dtype), (), "", int(column.missing.sum()), (), None,
                  distinct, tuple(levels), numbers)  # fmt: skip


def _doubts(data: Data, seen: list[np.ndarray]) -> Iterator[Doubt]:
    missing = _nan_rows(seen)
    if missing and data.missing == "refuse":
        yield Doubt("x", "missing", f"{missing} rows hold NaN", {"missing": "drop"})
    if all(rows.size and rows.min() == rows.max() == seen[0].min() for rows in seen):
        yield Doubt("x", "constant", f"every number is {seen[0].min():g}", {})
