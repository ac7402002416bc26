"""What a project's outputs hold: hashes of those that Git has, and all figures."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from dvc_verify import metric_files
from dvc_verify.pipeline import Pipeline


class Contents(NamedTuple):
    """What is in a project's folder, by path relative to it."""

    hashes: dict[str, str]  # of the outputs that DVC does not cache
    metrics: dict[str, Any]  # of every metrics file
    figures: dict[str, Any]  # of the other JSON files that Git has


def read(project: Path, pipeline: Pipeline) -> Contents:
    """Read the outputs that Git has, and the figures."""
    return Contents(
        {path: digest(project / path) for path in sorted(pipeline.in_git)},
        {path: metric_files.read(project / path) for path in sorted(pipeline.metrics)},
        {path: metric_files.read(project / path) for path in sorted(pipeline.figures)},
    )


def digest(path: Path) -> str:
    """The MD5 of a file, or of the names and contents of all files in a folder."""
    if not path.exists():
        return "none"
    if not path.is_dir():
        return hashlib.md5(path.read_bytes()).hexdigest()
    files = sorted(file for file in path.rglob("*") if file.is_file())
    content = [f.relative_to(path).as_posix().encode() + b"\0" + f.read_bytes() for f in files]
    return hashlib.md5(b"".join(content)).hexdigest()
