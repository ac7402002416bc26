"""A user's own classes in a network: later stages import the code that her function came from.

A saved network names that code and has its hash. So DVC runs a stage again when the code changes,
although no later stage depends on the code's folder.
"""

import hashlib
import importlib
import inspect
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from secateur.core.errors import InputError

FOLDER = "network"  # holds a user's own files; DVC watches it
ATTRIBUTE = "own_code"  # of an `.h5` file


def needed() -> str:
    """Describe the user's modules that this process has imported, and all files in their folder."""
    modules = {
        name: _root(name, file)
        for name, module in sorted(sys.modules.items())
        if (file := _file(module)) and file.is_relative_to(Path(FOLDER).resolve())
    }
    return json.dumps({"modules": modules, "sha256": _hash()}, sort_keys=True)


def objects(path: Path, described: str) -> dict[str, Any]:
    """Import what `needed` described; return its classes and functions by name.

    Raises:
        InputError: the code is gone, was changed since, or cannot be imported.
    """
    found: dict[str, Any] = {}
    try:
        content = json.loads(described)
        if content["sha256"] != _hash():
            raise InputError(
                f"{path}: a file in {FOLDER}/ has changed since it was made; run `dvc repro`"
            )
        for name, root in content["modules"].items():
            if not Path(root).resolve().is_relative_to(Path(FOLDER).resolve()):
                raise ImportError(f"{root} lies outside of {FOLDER}/")
            with import_path(Path(root)):
                module = importlib.import_module(name)
            found |= {
                key: value
                for key, value in vars(module).items()
                if (inspect.isclass(value) or inspect.isfunction(value))
                and value.__module__ == name
            }
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # the user's code may raise anything
        raise InputError(
            f"{path}: the code in {FOLDER}/ that it needs cannot be imported: "
            f"{type(error).__name__}: {error}"
        ) from None
    return found


@contextmanager
def import_path(parent: Path) -> Iterator[None]:
    """Import from the user's folders, but write no bytecode, which DVC would see as a change."""
    folders = [str(parent.absolute()), str(Path(FOLDER).absolute())]
    setting = sys.dont_write_bytecode
    sys.path[:0] = folders
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        for folder in folders:
            sys.path.remove(folder)
        sys.dont_write_bytecode = setting


def _file(module: Any) -> Path | None:
    file = getattr(module, "__file__", None)
    return Path(file).resolve() if file else None


def _root(name: str, file: Path) -> str:
    """Return the folder that a module is imported from, relative to the current one."""
    up = name.count(".") + (file.name == "__init__.py")
    return file.parents[up].relative_to(Path.cwd().resolve()).as_posix()


def _hash() -> str:
    """Return a hash of the names and contents of what is in the user's folder.

    Code may read any file there: a table that a layer looks up, or weights.
    """
    found = hashlib.sha256()
    for path in sorted(filter(_counts, Path(FOLDER).rglob("*"))):
        found.update(path.as_posix().encode("utf-8") + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _counts(path: Path) -> bool:
    """Whether code may depend on a file: not on bytecode, nor on Git's and DVC's own files."""
    own = path.suffix == ".dvc" or path.name.startswith(".") or "__pycache__" in path.parts
    return path.is_file() and not own
