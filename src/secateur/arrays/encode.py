"""Applies an encoding to stored values: fills in, scales, and turns categories into inputs.

Stored are the values of the source, so that an encoding can be applied to some rows at a time: an
array (n, *shape) in its own type, or a table's columns as float64 (n, columns). There, a category
is the index of its level in the encoding. NaN is a missing cell, and `NEW` is a level that is in
no training row.
"""

import numpy as np

from secateur.arrays import mapped
from secateur.arrays.encoding import Array, Category, Encoding, Number
from secateur.core.errors import InputError

NEW = -1
CELLS_AT_ONCE = 1 << 21  # all images of a set as float64 may not fit into memory


def stored_shape(encoding: Encoding) -> list[int]:
    """Return the shape of one row as it is stored."""
    return encoding.shape if _is_array(encoding) else [len(encoding.columns)]


def inputs(encoding: Encoding, stored: np.ndarray, where: str) -> np.ndarray:
    """Return stored rows as float32 (n, *shape).

    Raises:
        InputError: a cell is missing and nothing fills it in, a category has no such level, or a
            number is not finite after scaling; `where` begins the message.
    """
    item = encoding.columns[0]
    if isinstance(item, Array):
        return _array(item, stored, where)
    x = np.zeros((len(stored), *encoding.shape), dtype=np.float32)
    start = 0
    for item, values in zip(encoding.columns, stored.T, strict=True):
        at = f"{where}: column {item.name!r}"
        if isinstance(item, Category):
            levels = _levels(at, item, values)
            seen = np.flatnonzero(levels != NEW)
            x[seen, start + levels[seen]] = 1
            start += len(item.levels)
        elif isinstance(item, Number):
            x[:, start] = _scaled(at, _filled(at, values, item.median), item.mean, item.std)
            start += 1
    return x


def targets(encoding: Encoding, stored: np.ndarray, where: str) -> np.ndarray:
    """Return stored targets (n, outputs), numbers or indices of classes, as float32.

    Raises:
        InputError: a number is not finite after scaling, or there is no such class.
    """
    at, target = f"{where}: target {encoding.target.name!r}", encoding.target
    if target.classes is None:
        return _scaled(at, stored.astype(np.float64), np.array(target.mean), np.array(target.std))
    if len(stored) and not 0 <= stored.min() <= stored.max() < len(target.classes):
        raise InputError(f"{at}: holds other numbers than 0 to {len(target.classes) - 1}")
    return stored.astype(np.float32)


def check(encoding: Encoding, stored: np.ndarray, where: str) -> None:
    """Raise InputError if `inputs` would of these rows; looks at the extremes of the numbers.

    Scaling keeps the order of numbers, so all are finite if the least and the greatest are.
    """
    if _is_array(encoding):
        found = [(block.min(), block.max()) for block in mapped.blocks(stored)]
        extremes = np.array([min(low for low, _ in found), max(high for _, high in found)])
    else:  # of a column that is missing, NaN
        extremes = np.stack([np.fmin.reduce(stored), np.fmax.reduce(stored)])
    inputs(encoding, extremes, where)


def _is_array(encoding: Encoding) -> bool:
    return isinstance(encoding.columns[0], Array)


def _array(item: Array, stored: np.ndarray, where: str) -> np.ndarray:
    """Scale a whole array, some rows at a time."""
    x = np.empty(stored.shape, dtype=np.float32)
    step = max(1, CELLS_AT_ONCE // (stored[:1].size or 1))
    for start in range(0, len(stored), step):
        part = stored[start : start + step].astype(np.float64)
        x[start : start + step] = _scaled(f"{where}: {item.name}", part, item.mean, item.std)
    return x


def _scaled(
    where: str, values: np.ndarray, mean: float | np.ndarray, std: float | np.ndarray
) -> np.ndarray:
    """Scale in float64, return float32; raises InputError if a result is not finite."""
    with np.errstate(over="ignore"):
        scaled = ((values - mean) / std).astype(np.float32)
    if not np.isfinite(scaled).all():
        raise InputError(
            f"{where}: a cell is not finite in float32 after scaling; check the extremes"
        )
    return scaled


def _filled(where: str, values: np.ndarray, fill: float | None) -> np.ndarray:
    """Fill in missing cells."""
    missing = np.isnan(values)
    if fill is None and missing.any():
        raise InputError(
            f"{where}: {missing.sum()} cells are missing, the first in row {missing.argmax()} "
            "(counted from 0); fill them, or train with data.missing: impute"
        )
    return values if fill is None else np.where(missing, fill, values)


def _levels(where: str, item: Category, values: np.ndarray) -> np.ndarray:
    """Return the index (n,) of each row's level, or `NEW`."""
    fill = None if item.most_frequent is None else item.levels.index(item.most_frequent)
    filled = _filled(where, values, fill)
    levels = filled.astype(np.int64)
    if not ((levels == filled) & (levels >= NEW) & (levels < len(item.levels))).all():
        raise InputError(f"{where}: holds other numbers than {NEW} to {len(item.levels) - 1}")
    return levels
