"""The pictures that `secateur predict` is given: one file, or all of a folder."""

from pathlib import Path

import numpy as np

from secateur.arrays.encoding import Array, Encoding
from secateur.core import params
from secateur.core.errors import InputError
from secateur.data import image_folder, image_rows
from secateur.data.image_folder import EXTENSIONS
from secateur.data.parameters import Data, Pictures


def are(path: Path) -> bool:
    """Whether the path is that of pictures, by its name."""
    return path.is_dir() or path.suffix.lower() in EXTENSIONS


def find(path: Path) -> list[str]:
    """Return the paths of a folder's pictures at any depth, or that of the one picture.

    Raises:
        InputError: there is none.
    """
    found = image_folder.pictures(str(path)) if path.is_dir() else [str(path)]
    if not found:
        raise InputError(f"{path}: a folder without a picture ({', '.join(EXTENSIONS)})")
    return found


def read(path: Path, encoding: Encoding) -> np.ndarray:
    """Decode pictures (n, height, width, channels) as those of training were.

    Raises:
        InputError: the models were not trained on pictures, or one cannot be used.
    """
    data: Data = params.read().section("data", Data)
    arrays = data.source.lower().endswith(".npz") or _holds_arrays(data.source)
    if not isinstance(encoding.columns[0], Array) or len(encoding.shape) != 3 or arrays:
        wanted = "the array `x` of an .npz file" if arrays else "a .csv or .parquet file"
        raise InputError(
            f"{path}: the models were trained on rows of {data.source}, no pictures, and need "
            f"{wanted}"
        )
    how = data.image or Pictures()
    found = find(path)
    fitting = how.model_copy(update={"size": encoding.shape[:2]})
    sources = ((name, Path(name)) for name in found)
    return image_rows.gather(str(path), sources, len(found), fitting)[0]


def _holds_arrays(source: str) -> bool:
    return Path(source).is_dir() and not image_folder.is_one(source)
