"""What a folder of pictures holds: how many a class, and the size of the first."""

from collections import Counter
from pathlib import Path

from secateur.data import counted, image_folder
from secateur.data.found import Column, Findings, Level
from secateur.data.parameters import Data, Pictures


def in_folder(data: Data) -> Findings:
    """List the folders, and decode the first picture.

    Raises:
        InputError: the folders are no classes, or the first picture is unusable.
    """
    from secateur.data import image_files  # it imports Pillow, which tables do not need

    found = image_folder.find(data.source)
    first = image_files.decode(found.paths[0], Path(found.paths[0]), data.image or Pictures())
    counts = Counter(found.labels.tolist())
    levels = [Level(name, counts[i]) for i, name in enumerate(found.classes)]
    pictures = Column(
        "pictures", "input", "picture", "uint8", tuple(first.pixels.shape), "", 0, (), None, None,
        (), None,
    )  # fmt: skip
    classes = Column(
        data.target_name, "target", "category", "folder", (), "", 0, (), None, len(levels),
        tuple(counted.ranked(levels)), None,
    )  # fmt: skip
    rows = len(found.paths)
    columns = (pictures, classes)
    return Findings(
        data.source, rows, rows, data.target_name, columns, (), notes=tuple(found.notes)
    )
