"""A folder of pictures with a folder for each class, as Keras's `image_dataset_from_directory`."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from secateur.arrays.encoding import Classes
from secateur.core.errors import InputError, one_line
from secateur.core.tasks import TaskName
from secateur.data import columns, image_rows, targets
from secateur.data.columns import listed
from secateur.data.image_rows import Rows
from secateur.data.parameters import COLUMN_LISTS, Data, Pictures
from secateur.data.part_names import PARTS, WORDS
from secateur.data.split_by import SplitBy
from secateur.data.splitting import Split

EXTENSIONS = (".png", ".jpg", ".jpeg", ".bmp")
KINDS = "PNG, JPEG or BMP"
# Pictures that a user would miss, unlike a text or a thumbnail's data base.
OTHER_PICTURES = (
    *(".gif", ".webp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jfif", ".jpe", ".jp2", ".jxl"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".svg", ".dib", ".psd", ".ico", ".dcm", ".dng"),
)


class Found(NamedTuple):
    """Paths of pictures, in Keras's order, part after part; and what stands in no class."""

    paths: list[str]
    labels: np.ndarray  # (n,) indices of `classes`
    classes: list[str]
    parts: np.ndarray | None  # (n,) numbers in `part_names.PARTS`
    notes: list[str]


class Folder(NamedTuple):
    """What lies in a folder, sorted by name, without hidden files."""

    folders: list[str]
    pictures: list[str]
    others: list[str]


def is_one(source: str) -> bool:
    """Whether a source is a folder, and not one of .npz files."""
    path = Path(source)
    if "\0" in source or not path.is_dir():
        return False
    try:
        return not any(name.lower().endswith(".npz") for name in os.listdir(path))  # noqa: PTH208
    except OSError:
        return True  # `find` says why it cannot be read


def read(data: Data, task: TaskName, how: Split | None) -> Rows:
    """Decode every picture; the classes are the names of the folders.

    Folders `train`, `validation` and `test` that hold folders of classes decide the parts.

    Raises:
        InputError: a folder or a picture is unusable; the message names its path.
    """
    found, y, classes = _labelled(data, task, how)
    sources = ((path, Path(path)) for path in found.paths)
    x, notes = image_rows.gather(data.source, sources, len(found.paths), data.image or Pictures())
    by = None
    if found.parts is not None:
        by = SplitBy(f"{data.source}: its own parts", "parts", "the part", found.parts)
    return Rows(x, y, classes, 0, [*found.notes, *notes], by)


def check(data: Data, task: TaskName, how: Split | None) -> None:
    """Check the folders and the first picture, as `read` does; decode no other."""
    from secateur.data.image_files import decode  # it imports Pillow

    first = _labelled(data, task, how)[0].paths[0]
    decode(first, Path(first), data.image or Pictures())


def _labelled(
    data: Data, task: TaskName, how: Split | None
) -> tuple[Found, np.ndarray, Classes | None]:
    """Return the pictures, their targets (n,) and the classes that these index."""
    if data.autoencoder:
        raise InputError(
            f"{data.source}: data.target: {data.target}: a folder of pictures has classes; for an "
            "autoencoder write the pictures to an .npz file, as the array x"
        )
    where = data.source
    for key in COLUMN_LISTS:
        if getattr(data, key):
            raise InputError(f"{where}: data.{key}: pictures have no columns; leave it out")
    if how is not None and how.by is not None:
        raise InputError(
            f"{where}: split.{how.by[0]}: pictures of a folder have no columns; leave it out; "
            "folders train, validation and test, each with folders of classes, decide the parts"
        )
    found = find(where)
    at = f"{where}: its folders"
    cells = pa.DictionaryArray.from_arrays(found.labels, pa.array(found.classes, pa.string()))
    target = targets.convert(at, cells, task, columns.row_place)
    y, classes = targets.encode(at, target, task, pa.string())
    return found, y, classes


def find(source: str) -> Found:
    """List the pictures of each class.

    Raises:
        InputError: there are no classes, one of them has too few pictures, a folder cannot be read
            or is a link, or a file is a picture of another kind.
    """
    top = _folder(source)
    parts = _parts(source, top.folders)
    roots = {number: f"{source.rstrip('/')}/{name}" for number, name in parts.items()}
    by_part = {number: _classes(root) for number, root in (roots or {0: source}).items()}
    first = next(iter(by_part.values()))
    classes = [*first.paths]
    for number, own in by_part.items():
        for name in {*own.paths} ^ {*classes}:
            has, lacks = (number, 0) if name in own.paths else (0, number)
            raise InputError(
                f"{roots[lacks]}: has no folder {name!r}, but {roots[has]} has; each part needs "
                "every class; add the folder with pictures, or delete the other"
            )
    _check_counts(source, by_part)
    paths, labels, numbers = [], [], []
    for number, own in by_part.items():
        for label, name in enumerate(classes):
            paths += own.paths[name]
            labels += [label] * len(own.paths[name])
            numbers += [number] * len(own.paths[name])
    loose, others = (
        [path for own in by_part.values() for path in getattr(own, key)]
        for key in ("loose", "others")
    )
    if roots:
        loose += [f"{source.rstrip('/')}/{name}" for name in top.pictures]
        others += [f"{source.rstrip('/')}/{name}" for name in top.others]
    notes = []
    for what, left_out in (("pictures lie in no folder of a class", loose),
                           ("files are no pictures", others)):  # fmt: skip
        if left_out:
            notes.append(
                f"{source}: {len(left_out)} {what} and are left out; the first: "
                f"{listed(left_out[:1])}"
            )
    part_numbers = np.array(numbers) if roots else None
    return Found(paths, np.array(labels), classes, part_numbers, notes)


class _Classes(NamedTuple):
    paths: dict[str, list[str]]  # by class
    loose: list[str]  # pictures beside the classes' folders
    others: list[str]


def _parts(source: str, names: list[str]) -> dict[int, str]:
    """Return the folders of the parts by their numbers; none if the folders are classes.

    A single `train` beside others is a class: trains stand beside buses.
    """
    parts = sorted((WORDS[name.casefold()], name) for name in names if name.casefold() in WORDS)
    others = [name for name in names if name.casefold() not in WORDS]
    if not parts or (len(parts) == 1 and others):
        return {}
    if others:
        raise InputError(
            f"{source}: {parts[0][1]!r} and {parts[1][1]!r} name parts, and {others[0]!r} does "
            f"not; keep only the parts {', '.join(PARTS)} here, or only folders of classes"
        )
    for one, other in itertools.pairwise(parts):
        if one[0] == other[0]:
            raise InputError(
                f"{source}: {one[1]!r} and {other[1]!r} are both of the part {PARTS[one[0]]}; join "
                "them in one folder"
            )
    if parts[0][0]:
        raise InputError(f"{source}: has a folder {parts[0][1]!r} but no folder 'train'; add it")
    return dict(parts)


def _classes(root: str) -> _Classes:
    """List the folders of classes in one folder."""
    here = _folder(root)
    root = root.rstrip("/")
    if not here.folders:
        found = "pictures that lie in no folder" if here.pictures else "no folders"
        also = f" (found: {listed(here.others)})" if here.others else ""
        raise InputError(
            f"{root}: holds {found}{also}; data.source must be a file, a folder of .npz files, or "
            f"a folder with a folder of pictures for each class, such as {root}/cat/1.png"
        )
    paths, others = {}, [f"{root}/{name}" for name in here.others]
    for name in here.folders:
        if not name.isprintable():
            raise InputError(f"{root}: folder {name!r}: its name cannot be printed; rename it")
        paths[name], left_out = _pictures(f"{root}/{name}")
        others += left_out
        if not paths[name]:
            raise InputError(
                f"{root}/{name}: a folder without a picture ({', '.join(EXTENSIONS)}); add the "
                "pictures of this class, or delete the folder"
            )
    return _Classes(paths, [f"{root}/{name}" for name in here.pictures], others)


def _check_counts(source: str, by_part: dict[int, _Classes]) -> None:
    classes = [*by_part[0].paths]
    if len(classes) == 1:
        raise InputError(
            f"{source}: has one class only, the folder {classes[0]!r}; needs at least 2; add a "
            "folder of pictures for each other class"
        )
    for name in classes:
        count = sum(len(own.paths[name]) for own in by_part.values())
        if count < targets.FEWEST_ROWS:
            first = by_part[0].paths[name][0]
            raise InputError(
                f"{Path(first).parent}: class {name!r} has {count} pictures; needs at least "
                f"{targets.FEWEST_ROWS}, one each to train, validate and test; add some, or move "
                "the folder away"
            )


def _pictures(folder: str) -> tuple[list[str], list[str]]:
    """Return the pictures at any depth and the other files, folder by folder, as Keras sorts."""
    found = sorted(_walk(folder), key=lambda pair: pair[0])
    paths = [f"{root}/{name}" for root, here in found for name in here.pictures]
    return paths, [f"{root}/{name}" for root, here in found for name in here.others]


def _walk(folder: str) -> Iterator[tuple[str, Folder]]:
    pending = [folder]
    while pending:
        root = pending.pop()
        here = _folder(root)
        yield root, here
        pending += [f"{root}/{name}" for name in here.folders]


def pictures(folder: str) -> list[str]:
    """Return the paths of all pictures in a folder, at any depth, as Keras sorts them."""
    return _pictures(folder.rstrip("/"))[0]


def _folder(path: str) -> Folder:
    """List a folder; raises InputError if it cannot be read, or holds what cannot be a row."""
    found = Folder([], [], [])
    try:
        with os.scandir(path) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if not entry.name.startswith("."):
                    _sort_in(found, entry)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {one_line(error)}; correct its permissions, or delete what "
            "cannot be read"
        ) from None
    return found


def _sort_in(found: Folder, entry: "os.DirEntry[str]") -> None:
    lower = entry.name.lower()
    if entry.is_dir():
        if entry.is_symlink():
            raise InputError(
                f"{entry.path}: a link to a folder, which DVC does not follow; copy the folder "
                "there, or delete the link"
            )
        found.folders.append(entry.name)
    elif lower.endswith(OTHER_PICTURES):
        raise InputError(
            f"{entry.path}: a {Path(lower).suffix} file; pictures must be {KINDS}; convert it, or "
            "delete it"
        )
    elif not lower.endswith(EXTENSIONS):
        found.others.append(entry.name)
    elif entry.is_file():
        found.pictures.append(entry.name)
    else:
        what = "a link to nothing" if entry.is_symlink() else "no regular file"
        raise InputError(f"{entry.path}: {what}; put the picture there, or delete it")
