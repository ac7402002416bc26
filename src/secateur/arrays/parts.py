"""Parts of the data on disk: train, validation and test, each a folder of two NumPy arrays.

`x.npy` holds the inputs and `y.npy` the targets (n, outputs), as `encode` says that they are
stored. A part is mapped into memory and not read: only the rows that are asked for are. An
autoencoder has no `y.npy`: its targets are its inputs. Where rows may be anomalous, the test part
says in `anomalous.npy` (n,) which are.
"""

import math
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from secateur.arrays import encode, mapped
from secateur.arrays.encoding import Encoding
from secateur.arrays.encoding import read as read_encoding
from secateur.arrays.rows import Rows
from secateur.core.errors import InputError, must_exist, one_line
from secateur.core.files import replacing

ANOMALOUS = "anomalous.npy"
IN_MEMORY = 1 << 27  # bytes of encoded inputs; more are read when they are needed
# What NumPy raises for a file that is no array, or is cut off.
UNREADABLE = (ValueError, OSError, EOFError, TypeError, OverflowError, tokenize.TokenError)


@dataclass(frozen=True)
class Part:
    """A part that is open: values as stored, and how they become inputs and targets."""

    folder: Path
    encoding: Encoding
    x: np.ndarray
    y: np.ndarray | None  # None: the inputs are the targets
    anomalous: np.ndarray | None = None  # (n,) whether a row is; None: it is not known of any

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, rows: np.ndarray | slice) -> Rows:
        """Read and encode some rows, by number or slice, as float32.

        Raises:
            InputError: a cell does not fit the encoding, or is not finite.
        """
        x = self.inputs(rows)
        return Rows(x, x if self.y is None else self.targets(rows))

    def rows(self, lazily: bool = False) -> Rows:
        """Read and encode all rows; if they are large, or `lazily`, when they are needed.

        Raises:
            InputError: as `batch` does.
        """
        if not lazily and math.prod(self.encoding.shape) * len(self) * 4 <= IN_MEMORY:
            return self.batch(slice(None))
        x = Inputs(self)
        return Rows(x, x if self.y is None else self.targets())

    def inputs(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Read and encode the inputs alone; raises InputError as `batch` does."""
        stored = mapped.take(self.x, rows)
        return encode.inputs(self.encoding, stored, str(self.folder / "x.npy"))

    def targets(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Read and encode the targets (n, outputs) alone; raises InputError as `batch` does.

        Those of an autoencoder are the inputs (n, *shape).
        """
        if self.y is None:
            return self.inputs(rows)
        return encode.targets(self.encoding, self.y[rows], str(self.folder / "y.npy"))


@dataclass(frozen=True)
class Inputs:
    """A part's inputs (n, *shape), read and encoded when they are asked for, as float32."""

    part: Part
    columns: tuple[int, ...] | None = None  # numbers of those that are kept; None: all

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (n, *shape)."""
        own = self.part.encoding.shape
        return len(self.part), *(own if self.columns is None else [len(self.columns), *own[1:]])

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, key: Any) -> Any:
        """Give rows (k, *shape), by slice or number; `[:, inputs]` keeps some of the inputs."""
        if isinstance(key, tuple):
            before = range(self.shape[1]) if self.columns is None else self.columns
            return Inputs(self.part, tuple(before[number] for number in key[1]))
        found = self.part.inputs(key)
        return found if self.columns is None else found[:, self.columns]


def read(folder: Path, encoding: Encoding) -> Part:
    """Open a part.

    Raises:
        InputError: a file is missing or damaged, or does not fit the encoding.
    """
    x, y, anomalous = _mapped(folder / "x.npy"), None, None
    _check_shape(folder / "x.npy", x, [len(x), *encode.stored_shape(encoding)])
    if not encoding.target.inputs:
        y = _mapped(folder / "y.npy")
        _check_shape(folder / "y.npy", y, [len(x), len(encoding.target.names)])
    if (folder / ANOMALOUS).exists():
        anomalous = np.array(_mapped(folder / ANOMALOUS), dtype=bool)
        _check_shape(folder / ANOMALOUS, anomalous, [len(x)])
    return Part(folder, encoding, x, y, anomalous)


def train_and_validation(split: Path, how: Path, lazily: bool = False) -> tuple[Rows, Rows]:
    """Read the rows that train, if `lazily` when they are needed, and those that validate.

    `split` is the folder of the parts, `how` the file of their encoding.

    Raises:
        InputError: as `read` and `Part.rows` do.
    """
    learned = read_encoding(how)
    train, validation = (read(split / name, learned) for name in ("train", "validation"))
    return train.rows(lazily), validation.rows()


def count_rows(folder: Path) -> int:
    """Return how many rows a part has; raises InputError if it is missing or damaged."""
    return len(_mapped(folder / "x.npy"))


def write(
    folder: Path,
    x: np.ndarray,
    y: np.ndarray | None,
    rows: np.ndarray,
    anomalous: np.ndarray | None = None,
) -> None:
    """Write the rows with these numbers: inputs (N, …) and targets (N, outputs), as stored.

    An autoencoder has no targets. `anomalous` (N,) marks rows.

    The bytes are the same on every machine: little-endian, in C order, without a time.
    """
    with replacing(folder) as partial:
        partial.mkdir()
        _write(partial / "x.npy", x, rows)
        for name, values in (("y.npy", y), (ANOMALOUS, anomalous)):
            if values is not None:
                _write(partial / name, values, rows)


def _write(path: Path, values: np.ndarray, rows: np.ndarray) -> None:
    """Write some rows, a block at a time: a whole part may not fit into memory."""
    # A long double has other bytes on every kind of machine, and is encoded in float64.
    kind = np.dtype(np.float64) if values.dtype.itemsize > 8 else values.dtype
    dtype = kind.newbyteorder("<")
    step = max(1, mapped.BYTES_AT_ONCE // (values[:1].nbytes or 1))
    with path.open("wb") as file:
        header = {
            "descr": np.lib.format.dtype_to_descr(dtype),
            "fortran_order": False,
            "shape": (len(rows), *values.shape[1:]),
        }
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, len(rows), step):
            block = mapped.take(values, rows[start : start + step])
            file.write(np.ascontiguousarray(block, dtype).data)


def _mapped(path: Path) -> np.ndarray:
    must_exist(path)
    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except UNREADABLE as error:
        raise InputError(
            f"{path}: damaged or not an .npy file: {one_line(error)}; `dvc repro` writes it"
        ) from None
    if array.dtype.kind not in "buif":
        raise InputError(f"{path}: {array.dtype}; must be numbers")
    return array.view(np.ndarray)


def _check_shape(path: Path, array: np.ndarray, expected: list[int]) -> None:
    if not array.size or list(array.shape) != expected:
        raise InputError(
            f"{path}: has shape {list(array.shape)}; must be {expected} with at least 1 row, as "
            "models/encoding.json says; `dvc repro` writes both"
        )
