"""The files that `params.yaml` names: they exist, inside of the project, and are a user's own."""

import os
from pathlib import Path, PurePosixPath

from secateur.core.errors import InputError
from secateur.data.friedman1 import MADE
from secateur.data.parameters import Data
from secateur.data.sources import is_url
from secateur.network.model import Model

# What stages and tools write; nothing of a user's own may lie there, or hold one of these.
WRITTEN = ("data/generated", "data/split", "models", "metrics", "logs", ".dvc", ".git")


def check(data: Data, model: Model) -> None:
    """Raise InputError if a user's file is missing; DVC would say so later, without a hint."""
    build = model.build
    sources = {
        "data.source": data.source,
        "model.build": build.partition(":")[0] if build else None,
        "model.file": model.file,
    }
    for key, source in sources.items():
        if source in (None, MADE) or is_url(source):
            continue
        if "\0" in source or any(len(part.encode()) > 255 for part in Path(source).parts):
            raise InputError(f"{key}: {source[:60]!r}: cannot be the name of a file")
        if not Path(source).resolve().is_relative_to(Path.cwd()) or Path(source).is_absolute():
            raise InputError(
                f"{key}: {source!r}: must be a path inside of the project, relative to its top "
                "folder: a clone has nothing else; copy the file to data/ and write data/"
                f"{Path(source).name}"
            )
        _check_not_written(key, source)
        if Path(source).exists() or _comes_later(source):
            continue
        near = [path.as_posix() for path in Path().glob(f"*/{Path(source).name}")]
        near += [MADE] * (Path(source).name == Path(MADE).name)
        raise InputError(
            f"{key}: {source!r}: not found from the repository's top folder"
            + (f" (did you mean {near[0]!r}?)" if near else "")
            + "; copy it there, or `dvc pull` what DVC tracks"
        )


def _comes_later(source: str) -> bool:
    """Whether `dvc_parallel` brings a source that DVC keeps: a clone has it when `split` runs."""
    tracked = any(Path(f"{place}.dvc").exists() for place in (Path(source), *Path(source).parents))
    return tracked and "DVC_PARALLEL_CLONE" in os.environ


def _check_not_written(key: str, source: str) -> None:
    """Raise InputError for a path that DVC would call both a dependency and an output."""
    path = PurePosixPath(os.path.normpath(source))
    for folder in map(PurePosixPath, WRITTEN):
        if path.is_relative_to(folder):
            raise InputError(
                f"{key}: {source!r}: lies in {folder}/, which the pipeline writes itself; copy it "
                f"to data/ and write data/{path.name}"
            )
        if folder.is_relative_to(path):
            raise InputError(
                f"{key}: {source!r}: this folder holds {folder}/, which the pipeline writes "
                "itself; give a file, or a folder that holds only your own files"
            )
