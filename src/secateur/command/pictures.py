"""The pictures that `secateur predict` is given: one file, or all of a folder."""

from pathlib import Path

import numpy as np

from secateur.arrays.encoding import Array, Encoding
from secateur.core.errors import InputError
from secateur.data import image_folder, image_rows
from secateur.data.image_folder import EXTENSIONS
from secateur.data.parameters import Pictures


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
    item = encoding.columns[0]
    if not isinstance(item, Array) or item.image is None:
        wanted = "the array `x` of an .npz file" if isinstance(item, Array) else "a table"
        raise InputError(f"{path}: the models were trained on no pictures, and need {wanted}")
    found = find(path)
    fitting = Pictures(**item.image.model_dump(), size=encoding.shape[:2])
    sources = ((name, Path(name)) for name in found)
    return image_rows.gather(str(path), sources, len(found), fitting)[0]
