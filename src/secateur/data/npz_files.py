"""Reading arrays, such as images, from .npz files."""

import itertools
import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from secateur.arrays import mapped
from secateur.core.errors import InputError, one_line
from secateur.data import npz_parts
from secateur.data.columns import listed
from secateur.data.gathered import IN_MEMORY, Gathered
from secateur.data.sources import check_memory
from secateur.data.target_names import INPUTS

# What NumPy raises for a file that it cannot read. It loads no pickles: they can run code.
UNREADABLE = (
    *(ValueError, OSError, EOFError, RuntimeError, MemoryError, OverflowError, SyntaxError),
    *(TypeError, KeyError, zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError),
)


class Arrays(NamedTuple):
    """Inputs (n, *shape), targets (n,) or (n, k), and what may decide a row's part."""

    x: np.ndarray
    y: np.ndarray
    parts: np.ndarray | None  # (n,) numbers in `part_names.PARTS`, of x_train, x_test and so on
    more: dict[str, np.ndarray]  # (n,) each


def read(
    files: dict[str, Path | IO[bytes]], target: str | None, more: Sequence[str] = ()
) -> Arrays:
    """Join the arrays `x` (n, *shape), `target` (n,), (n, 1) or (n, k) and `more` of all files.

    Without a target, targets are (n, 0). In place of `x` and a target `y`, a file may hold
    `x_train`, `y_train`, `x_test` and `y_test`, and perhaps `x_val` and `y_val`, as those of
    Keras's data sets do.

    Raises:
        InputError: a file is damaged or lacks an array, or lengths, types or shapes differ.
    """
    return _joined(_each(files, target, more))


def _each(
    files: dict[str, Path | IO[bytes]], target: str | None, more: Sequence[str]
) -> Iterator[Arrays]:
    """Read one file after the other; all of them may be more than fits into memory."""
    arrays = None
    for name, file in files.items():
        other = _one(name, file, target, more)
        if arrays is None:
            first, arrays = name, other._replace(x=other.x[:0])
        if (other.x.shape[1:], other.x.dtype) != (arrays.x.shape[1:], arrays.x.dtype):
            raise InputError(
                f"{name}: x is {other.x.dtype} with rows of shape {list(other.x.shape[1:])}, but "
                f"in {first} {arrays.x.dtype} with {list(arrays.x.shape[1:])}; all files must have "
                "the same"
            )
        if other.y.dtype.kind != arrays.y.dtype.kind:
            raise InputError(
                f"{name}: {target} is {other.y.dtype}, but in {first} {arrays.y.dtype}"
            )
        if other.y.shape[1:] != arrays.y.shape[1:]:
            raise InputError(
                f"{name}: {target} has shape {list(other.y.shape)}, but in {first} "
                f"{list(arrays.y.shape)}; all files must have as many columns"
            )
        if (other.parts is None) != (arrays.parts is None):
            raise InputError(
                f"{name}: either this file or {first} holds parts, such as x_train; all files "
                "must, or none"
            )
        yield other


def _joined(found: Iterator[Arrays]) -> Arrays:
    first, second = next(found), next(found, None)
    if second is None:
        return first
    x, rest = Gathered(), list[Arrays]()
    for arrays in itertools.chain([first, second], found):
        for block in mapped.blocks(arrays.x):
            x.append(block)
        rest.append(arrays._replace(x=arrays.x[:0]))
    del first, second
    parts = [arrays.parts for arrays in rest if arrays.parts is not None]
    return Arrays(
        x.array(),
        np.concatenate([arrays.y for arrays in rest]),
        np.concatenate(parts) if parts else None,
        {name: np.concatenate([arrays.more[name] for arrays in rest]) for name in rest[0].more},
    )


def _one(where: str, file: Path | IO[bytes], target: str | None, more: Sequence[str]) -> Arrays:
    def choose(known: list[str]) -> Iterable[str]:
        if target is None and INPUTS in known:
            raise InputError(
                f"{where}: data.target: {INPUTS}: means an autoencoder, and an array has this "
                f"name, too; write target: [{INPUTS}] to predict that array, or rename it"
            )
        pairs = npz_parts.pairs(where, target, known)
        if pairs and more:
            raise InputError(
                f"{where}: split.column, group and time, and data.anomaly, need the arrays x and "
                f"{target or more[0]} of all rows, but this file holds parts, such as "
                f"{pairs[0].x}; leave the key out"
            )
        if absent := [name for name in more if name not in known]:
            raise InputError(
                f"{where}: has no array {absent[0]!r}, which data.anomaly or split names; found: "
                f"{listed(known)}"
            )
        found = [name for pair in pairs for name in pair[1:] if name is not None]
        return found or ["x", *([] if target is None else [target]), *more]

    arrays = _load(where, file, choose)
    if "x" in arrays:
        x, y = _checked(where, "x", target, arrays)
        for name in more:
            _check_one_each(where, name, arrays[name], len(x))
        return Arrays(x, y, None, {name: arrays[name].reshape(len(x)) for name in more})
    parts = []
    for part, inputs, targets in npz_parts.pairs(where, target, [*arrays]):
        x, y = _checked(where, inputs, targets, arrays)
        parts.append(Arrays(x, y, np.full(len(x), part), {}))
        _check_same(where, inputs, x, "x_train", parts[0].x)
        if targets is not None:
            _check_same(where, targets, y, f"{target}_train", parts[0].y)
    return _joined(iter(parts))


def _check_same(where: str, name: str, array: np.ndarray, first: str, other: np.ndarray) -> None:
    """Raise InputError for rows of another type or shape, such as pixels in 0…255 and in 0…1."""
    text = array.dtype.kind == other.dtype.kind == "U"  # of any length
    if array.shape[1:] != other.shape[1:] or (array.dtype != other.dtype and not text):
        raise InputError(
            f"{where}: {name} is {array.dtype} of shape {list(array.shape)}, but {first} is "
            f"{other.dtype} of shape {list(other.shape)}; type and shape of a row must be the same"
        )


def _checked(
    where: str, inputs: str, target: str | None, arrays: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    x = arrays[inputs]
    y = np.zeros((len(x) if x.ndim else 0, 0)) if target is None else arrays[target]
    if x.dtype.kind not in "buif":
        raise InputError(f"{where}: {inputs} is {x.dtype}; must be numbers")
    if y.dtype.kind not in "buifU":
        raise InputError(f"{where}: {target} is {y.dtype}; must be numbers, true/false or text")
    if x.ndim < 2 or 0 in x.shape:
        raise InputError(
            f"{where}: {inputs} has shape {list(x.shape)}; must be (rows, …) without a 0"
        )
    if target is None:
        return x, y
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim not in (1, 2) or 0 in y.shape:
        raise InputError(
            f"{where}: {target} has shape {list(y.shape)}; must be (rows,), or (rows, k) for a "
            "regression with k outputs"
        )
    if y.ndim == 2 and y.dtype.kind not in "iuf":
        raise InputError(
            f"{where}: {target} is {y.dtype} of shape {list(y.shape)}; several outputs must be "
            "numbers"
        )
    if len(x) != len(y):
        raise InputError(
            f"{where}: {inputs} has {len(x)} rows, {target} {len(y)}; must be the same"
        )
    return x, y


def _check_one_each(where: str, name: str, array: np.ndarray, rows: int) -> None:
    """Raise InputError unless an array has one value for each row."""
    if array.shape not in ((rows,), (rows, 1)) or array.dtype.kind not in "buifUM":
        raise InputError(
            f"{where}: {name} is {array.dtype} of shape {list(array.shape)}; must be a number, a "
            f"text or a time for each of {rows} rows"
        )


def load(where: str, file: Path | IO[bytes], names: Sequence[str]) -> list[np.ndarray]:
    """Load the arrays of these names.

    Raises:
        InputError: the file is damaged, lacks one, or holds Python objects in one.
    """
    return [*_load(where, file, lambda known: names).values()]


def _load(
    where: str, file: Path | IO[bytes], choose: Callable[[list[str]], Iterable[str]]
) -> dict[str, np.ndarray]:
    """Load the arrays that `choose` takes from the names of all."""
    known = name = ""
    loaded = {}
    try:
        # Opened here: NumPy would not close a file that it cannot read.
        opened = file.open("rb") if isinstance(file, Path) else file
        with opened:
            arrays = np.load(opened, allow_pickle=False)
            if not isinstance(arrays, np.lib.npyio.NpzFile) or arrays.zip is None:
                raise ValueError("one array without a name; write it with numpy.savez")
            known = listed(list(arrays)) or "none"
            for name in choose(list(arrays)):
                if name not in arrays:
                    break
                read = _rows(arrays.zip, f"{name}.npy")
                loaded[name] = np.asarray(arrays[name]) if read is None else read
            else:
                return loaded
    except InputError:
        raise
    except UNREADABLE as error:
        if "allow_pickle" in str(error) and known:
            raise InputError(
                f"{where}: {name}: holds Python objects, and loading them can run code; save "
                "numbers or text"
            ) from None
        raise InputError(f"{where}: damaged or not an .npz file: {one_line(error)}") from None
    hint = "; data.target names the other array" if name != "x" else ""
    raise InputError(f"{where}: has no array {name!r}; found: {known}{hint}")


def _rows(file: zipfile.ZipFile, name: str) -> np.ndarray | None:
    """Read the rows of a large array some at a time; None for one that NumPy can load.

    Raises:
        ValueError: a member holds something else than its header claims; NumPy allocates first.
    """
    if name not in file.namelist():
        return None  # stored by another name, or no array
    size = file.getinfo(name).file_size
    with file.open(name) as member:
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            np.lib.format.read_magic(member), np.lib.format.read_array_header_2_0
        )
        shape, by_column, dtype = read(member)
        claimed, held = math.prod(shape) * dtype.itemsize, size - member.tell()
        if not dtype.hasobject and claimed != held:
            raise ValueError(f"{name} claims {claimed:,} bytes but holds {held:,}")
        if by_column or dtype.hasobject or claimed <= IN_MEMORY:
            check_memory(name, claimed)
            return None
        found, width = Gathered(), claimed // shape[0]
        step = max(1, mapped.BYTES_AT_ONCE // width)
        for start in range(0, shape[0], step):
            rows = min(step, shape[0] - start)
            block = member.read(rows * width)
            found.append(np.frombuffer(block, dtype).reshape(rows, *shape[1:]))
        return found.array()
