"""A user's function that builds a network."""

import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from secateur.core.errors import InputError, did_you_mean, one_line
from secateur.core.params import PARAMS_FILE
from secateur.keras_io.backend import keras
from secateur.keras_io.own_code import FOLDER, import_path
from secateur.network import opened_files
from secateur.network.model import FUNCTION, SOURCES, Model


def where(model: Model) -> str:
    """Return the key and its value, which begin a message."""
    key = next(key for key in SOURCES if getattr(model, key) is not None)
    return f"{PARAMS_FILE}: model.{key}" + (f": {getattr(model, key)!r}" if key != "layers" else "")


def build(
    model: Model,
    inputs: Sequence[int] | dict[str, tuple[int, ...]],
    outputs: int | Sequence[int],
    seed: int,
) -> Any:
    """Call the user's function with an input shape, an output size, and its own params.

    With `model.inputs` it gets the shape of each input by name. An autoencoder of arrays gets the
    shape of its inputs as output size.

    Raises:
        InputError: the function cannot be imported, takes no such params, fails, imports or opens
            a file that DVC does not watch, or writes one.
    """
    path, _, name = str(model.build).partition(":")
    name = name or FUNCTION
    keras.utils.set_random_seed(seed)
    keras.backend.reset_uids()  # otherwise layer names count up from seed to seed
    before = set(sys.modules)
    try:
        with opened_files.watched(where(model)), import_path(Path(path).parent):
            module = _import(Path(path))
            if not hasattr(module, name):
                hint = did_you_mean(name, dir(module))
                raise AttributeError(f"it has no function {name!r}{hint}")
            function = getattr(module, name)
            _check_arguments(model, function)
            size = outputs if isinstance(outputs, int) else tuple(outputs)
            given = inputs if isinstance(inputs, dict) else tuple(inputs)
            result = function(given, size, **model.params)
    except InputError:
        raise
    except (Exception, SystemExit) as error:  # the user's code may raise anything
        raise InputError(
            f"{where(model)}: {_place(error)}{type(error).__name__}: {one_line(error)}"
        ) from None
    _check_watched(model, before)
    return result


def _check_arguments(model: Model, function: Callable[..., Any]) -> None:
    """Raise InputError if the function does not take `model.params`."""
    try:
        known = inspect.signature(function).parameters
    except (TypeError, ValueError):  # not of Python
        return
    named = [p.name for p in known.values() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    if any(p.kind is p.VAR_KEYWORD for p in known.values()):
        return
    for key in model.params:
        if key not in named[2:]:
            allowed = ", ".join(named[2:]) or "none"
            raise InputError(
                f"{where(model)}: model.params.{key}: the function takes no such "
                f"argument{did_you_mean(key, named[2:])}; allowed: {allowed}"
            )


def _import(path: Path) -> ModuleType:
    """Import a file or a package; raises ImportError if another module has its name."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: not found from the repository's top folder")
    module = importlib.import_module(path.stem)
    if not module.__file__:
        raise ImportError(f"{path}: not a package; add an __init__.py")
    file = Path(module.__file__)
    if (file.parent if path.is_dir() else file).resolve() != path.resolve():
        raise ImportError(f"another module is called {path.stem!r}; rename {path}")
    return module


def _place(error: BaseException) -> str:
    """Return the last line of the user's code in an error's traceback."""
    here = Path.cwd()
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(here)
        and Path(frame.filename) != Path(__file__)
        and "site-packages" not in frame.filename
    ]
    if not frames:
        return ""
    return f"{Path(frames[-1].filename).relative_to(here)}, line {frames[-1].lineno}: "


def _check_watched(model: Model, before: set[str]) -> None:
    """Raise InputError if the function imported a user's file that DVC does not watch."""
    here, watched = Path.cwd(), Path(FOLDER).resolve()
    library = Path(__file__).resolve().parents[1]
    for name in sorted(set(sys.modules) - before):
        file = getattr(sys.modules[name], "__file__", None)
        if not file:
            continue
        path = Path(file).resolve()
        # A link in the folder may lead out of it, and DVC does not follow links to folders.
        linked = Path(file).absolute().is_relative_to(here / FOLDER)
        local = path.is_relative_to(here) and "site-packages" not in path.parts
        if (linked or local) and not any(map(path.is_relative_to, (watched, library))):
            raise InputError(
                f"{where(model)}: uses {path.relative_to(here) if local else path}, which lies "
                f"outside of {FOLDER}/; DVC would not see its changes; move it there"
            )
