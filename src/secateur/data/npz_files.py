"""Reading arrays, such as images, from .npz files."""

import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from secateur.core.errors import InputError, one_line
from secateur.data.columns import listed
from secateur.data.sources import check_memory

# What NumPy raises for a file that it cannot read. It loads no pickles: they can run code.
UNREADABLE = (
    *(ValueError, OSError, EOFError, RuntimeError, MemoryError, OverflowError, SyntaxError),
    *(TypeError, KeyError, zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError),
)


def read(files: dict[str, Path | IO[bytes]], target: str) -> tuple[np.ndarray, np.ndarray]:
    """Join the arrays `x` (n, *shape) and `target` (n,) or (n, 1) of all files, in their order.

    Raises:
        InputError: a file is damaged or lacks an array, or lengths, types or shapes differ.
    """
    parts = [_one(name, file, target) for name, file in files.items()]
    (first, (x, y)), *others = zip(files, parts, strict=True)
    for name, (more, labels) in others:
        if more.shape[1:] != x.shape[1:]:
            raise InputError(
                f"{name}: x has rows of shape {list(more.shape[1:])}, but in {first} "
                f"{list(x.shape[1:])}; all files must have the same"
            )
        if labels.dtype.kind != y.dtype.kind:
            raise InputError(f"{name}: {target} is {labels.dtype}, but in {first} {y.dtype}")
    if not others:
        return x, y
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _one(where: str, file: Path | IO[bytes], target: str) -> tuple[np.ndarray, np.ndarray]:
    x, y = load(where, file, ["x", target])
    if x.dtype.kind not in "buif":
        raise InputError(f"{where}: x is {x.dtype}; must be numbers")
    if y.dtype.kind not in "buifU":
        raise InputError(f"{where}: {target} is {y.dtype}; must be numbers, true/false or text")
    if x.ndim < 2 or 0 in x.shape:
        raise InputError(f"{where}: x has shape {list(x.shape)}; must be (rows, …) without a 0")
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise InputError(f"{where}: {target} has shape {list(y.shape)}; must be (rows,)")
    if len(x) != len(y):
        raise InputError(f"{where}: x has {len(x)} rows, {target} {len(y)}; must be the same")
    return x, y


def load(where: str, file: Path | IO[bytes], names: Sequence[str]) -> list[np.ndarray]:
    """Load the arrays of these names.

    Raises:
        InputError: the file is damaged, lacks one, or holds Python objects in one.
    """
    known, name = "", names[0]
    try:
        # Opened here: NumPy would not close a file that it cannot read.
        opened = file.open("rb") if isinstance(file, Path) else file
        with opened:
            arrays = np.load(opened, allow_pickle=False)
            if not isinstance(arrays, np.lib.npyio.NpzFile) or arrays.zip is None:
                raise ValueError("one array without a name; write it with numpy.savez")
            known = listed(list(arrays)) or "none"
            loaded = []
            for name in names:
                if name not in arrays:
                    break
                _check_size(arrays.zip, f"{name}.npy")
                loaded.append(np.asarray(arrays[name]))
            else:
                return loaded
    except UNREADABLE as error:
        if "allow_pickle" in str(error) and known:
            raise InputError(
                f"{where}: {name}: holds Python objects, and loading them can run code; save "
                "numbers or text"
            ) from None
        raise InputError(f"{where}: damaged or not an .npz file: {one_line(error)}") from None
    hint = "; data.target names the other array" if name != "x" else ""
    raise InputError(f"{where}: has no array {name!r}; found: {known}{hint}")


def _check_size(file: zipfile.ZipFile, name: str) -> None:
    """Raise ValueError unless a member holds what its header claims; NumPy allocates first."""
    if name not in file.namelist():
        return  # stored by another name, or no array
    size = file.getinfo(name).file_size
    with file.open(name) as member:
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            np.lib.format.read_magic(member), np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = read(member)
        claimed, held = math.prod(shape) * dtype.itemsize, size - member.tell()
    if not dtype.hasobject and claimed != held:
        raise ValueError(f"{name} claims {claimed:,} bytes but holds {held:,}")
    check_memory(name, claimed)
