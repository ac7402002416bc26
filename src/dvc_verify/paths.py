"""Paths relative to a project's folder, as text with forward slashes."""

import posixpath
from pathlib import PurePosixPath


def normal(folder: str, path: str) -> str:
    """A path that is relative to `folder`, relative to the project instead."""
    return posixpath.normpath(posixpath.join(folder, path))


def overlap(one: str, other: str) -> bool:
    """Whether two paths are equal, or one lies inside the other."""
    a, b = PurePosixPath(one), PurePosixPath(other)
    return a == b or a in b.parents or b in a.parents
