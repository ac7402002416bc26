"""What a clone must have besides the files that Git tracks."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Needs:
    """All paths are relative to the project's top; some of the files Git may track."""

    files: set[str] = field(default_factory=set)  # that stages cannot do without
    left_behind: set[str] = field(default_factory=set)  # others in folders that stages read
    # Where outputs lie: whether the folder exists, which Git does not track where it is empty, and
    # its .gitignore, which DVC writes and which makes it hash differently.
    folders: dict[str, tuple[bool, str | None]] = field(default_factory=dict)


def needs_of(repo: Any, stages: Iterable[Any], files: set[str], outs: set[str]) -> Needs:
    """What these stages of DVC's need, but for outputs, which come from the cache.

    `files` are those that define stages, `outs` what is made by these or by those before them.
    """
    top = Path(repo.root_dir)
    made = {inside(repo, out.fs_path) for out in repo.index.outs if out.protocol == "local"}
    deps = {
        Path(dep.fs_path)
        for stage in stages
        for dep in stage.deps
        if dep.protocol == "local" and dep.fs_path and dep.is_in_repo
    }
    read = {inside(repo, path) for path in deps if path.is_file()}
    found = {
        inside(repo, path)
        for folder in deps
        if folder.is_dir()
        for path in repo.dvcignore.find(repo.fs, str(folder))
    }
    dvc = {name for name in (".dvcignore", ".dvc/config") if (top / name).exists()}
    return Needs(
        files=files | dvc | {name for name in read if not _is_output(name, made)},
        left_behind={name for name in found if not _is_output(name, made)},
        folders={folder: _folder(top / folder) for folder in {str(Path(o).parent) for o in outs}},
    )


def _folder(path: Path) -> tuple[bool, str | None]:
    ignored = path / ".gitignore"
    return path.is_dir(), ignored.read_text(encoding="utf-8") if ignored.exists() else None


def _is_output(name: str, outs: set[str]) -> bool:
    parts = name.split("/")
    return any("/".join(parts[:end]) in outs for end in range(1, len(parts) + 1))


def inside(repo: Any, path: str | Path) -> str:
    """Relative to the project's top where it lies there."""
    path = Path(path)
    inside = path.is_relative_to(repo.root_dir)
    return path.relative_to(repo.root_dir).as_posix() if inside else path.as_posix()
