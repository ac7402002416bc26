"""What a clone must hold besides the files that Git tracks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dvc_internals as internals


@dataclass
class CloneContents:
    """All paths are relative to the project's top; Git may track some of the files."""

    required: set[str] = field(default_factory=set)  # files that stages cannot do without
    optional: set[str] = field(default_factory=set)  # other files in folders that stages read
    # Of each folder that holds outputs: whether it exists, as Git does not track an empty folder,
    # and its .gitignore, which DVC writes and which changes the folder's hash.
    folders: dict[str, tuple[bool, str | None]] = field(default_factory=dict)


def collect(
    repo: Any, stages: Iterable[internals.Stage], files: set[str], outs: set[str]
) -> CloneContents:
    """What these stages need, except for outputs, which come from the cache.

    `files` define stages; `outs` are the outputs of these stages and of those before them.
    """
    top = internals.root_dir(repo)
    outputs = {
        relative(out.fs_path, top)
        for stage in internals.stages(repo)
        for out in stage.outs
        if out.protocol == "local"
    }
    deps = {
        Path(dep.fs_path)
        for stage in stages
        for dep in stage.deps
        if dep.protocol == "local" and dep.fs_path and dep.is_in_repo
    }
    read = {relative(path, top) for path in deps if path.is_file()}
    found = {
        relative(path, top)
        for folder in deps
        if folder.is_dir()
        for path in internals.find_files(repo, folder)
    }
    dvc = {name for name in (".dvcignore", ".dvc/config") if (top / name).exists()}
    return CloneContents(
        required=files | dvc | {name for name in read if not _is_output(name, outputs)},
        optional={name for name in found if not _is_output(name, outputs)},
        folders={folder: _folder(top / folder) for folder in {str(Path(o).parent) for o in outs}},
    )


def _folder(path: Path) -> tuple[bool, str | None]:
    ignored = path / ".gitignore"
    return path.is_dir(), ignored.read_text(encoding="utf-8") if ignored.exists() else None


def _is_output(name: str, outputs: set[str]) -> bool:
    """Whether a file is an output, or lies in a folder that is one."""
    parts = name.split("/")
    return any("/".join(parts[:end]) in outputs for end in range(1, len(parts) + 1))


def relative(path: str | Path, top: Path) -> str:
    """Relative to the project's top where the path lies there, else as it is."""
    path = Path(path)
    return (path.relative_to(top) if path.is_relative_to(top) else path).as_posix()
