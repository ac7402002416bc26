"""Test rows, written as a user would: in a table, an array or pictures."""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from secateur.arrays.encoding import Array, Encoding, Number
from secateur.data import csv_files
from secateur.data.parameters import Data


def spelling(data: Data) -> dict[str, Any]:
    """Return how the cells of a table are written."""
    return {
        "separator": data.separator,
        "decimal": data.decimal,
        "thousands": data.thousands,
        "missing_values": sorted(data.missing_values),
        "missing_words": sorted(csv_files.WORDS),
        "verbatim": sorted(data.verbatim),
    }


def write(folder: Path, learned: Encoding, data: Data, stored: np.ndarray, pictures: bool) -> str:
    """Write rows as a user would, from what `split` has stored; return the file's name."""
    if pictures:
        from PIL import Image

        (folder / "test_rows").mkdir()
        for number, pixels in enumerate(stored):
            image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
            image.save(folder / f"test_rows/{number:02}.png")
        return "test_rows"
    if isinstance(learned.columns[0], Array):
        np.save(folder / "test_rows.npy", np.ascontiguousarray(stored))
        return "test_rows.npy"
    with (folder / "test_rows.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=data.separator, lineterminator="\n")
        writer.writerow([item.name for item in learned.columns])
        writer.writerows(
            [_cell(item, cell, data) for item, cell in zip(learned.columns, row, strict=True)]
            for row in stored.tolist()
        )
    return "test_rows.csv"


def _cell(item: Any, value: float, data: Data) -> str:
    """Return a stored cell as it may be written in a table."""
    if np.isnan(value):
        return ""
    if isinstance(item, Number):
        number = str(int(value)) if value.is_integer() else repr(value)
        return f"{number.replace('.', data.decimal)}{item.unit}"
    level: str = item.levels[int(value)]
    return level
