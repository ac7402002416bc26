"""Which files a user's function opens: DVC sees only those in its folder change."""

import os
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import h5py

from secateur.core.errors import InputError
from secateur.keras_io.backend import tf
from secateur.keras_io.own_code import FOLDER

SYSTEM = ("/etc", "/lib", "/lib64", "/opt", "/proc", "/run", "/sys", "/usr", "/var/lib",
          "/Library", "/System")  # fmt: skip
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Who opens files of code: imports, which `builder` checks itself, and a traceback for its lines.
OF_CODE = ("<frozen importlib", os.path.join("", "tokenize.py"), "linecache.py")  # noqa: PTH118


class _Watch:
    """The function that runs now, if one does; an audit hook cannot be taken back."""

    where = ""
    roots: tuple[tuple[str, str], ...] = ()
    refused: InputError | None = None
    installed = False


@contextmanager
def watched(where: str) -> Iterator[None]:
    """Refuse each file that is opened inside, unless DVC or the installation keeps it as it is.

    Read may be files in `network/`, of Python and its packages, of the system, in the folder for
    temporary files and in the home folder's caches, such as `~/.keras`. Written may be files in
    the last two. Watched is Python's own `open`, and what h5py and TensorFlow open for Keras.

    Raises:
        InputError: a file is another, even if the function caught the error; names it.
    """
    if not _Watch.installed:
        sys.addaudithook(_audit)
        _Watch.installed = True
    file_io: Any = tf.io.gfile.GFile.__mro__[1]
    _Watch.where, _Watch.refused, _Watch.roots = where, None, _roots()
    try:
        with (
            mock.patch.object(h5py.h5f, "open", _h5(h5py.h5f.open, h5py.h5f.ACC_RDWR)),
            mock.patch.object(h5py.h5f, "create", _h5(h5py.h5f.create, None)),
            mock.patch.object(file_io, "__init__", _file_io(file_io.__init__)),
        ):
            yield
    except Exception:
        if _Watch.refused is None:
            raise
    finally:
        _Watch.where = ""
    if _Watch.refused is not None:
        raise _Watch.refused from None


def _roots() -> tuple[tuple[str, str], ...]:
    """Return folders and what may be done there; the longest that holds a file counts."""
    here = os.path.realpath(os.curdir)
    own = str(Path(__file__).parents[1])
    packages = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values(), own}
    roots = {"/": "nothing", "/dev": "write", **dict.fromkeys(SYSTEM, "read")}
    roots |= {os.path.realpath(folder): "read" for folder in packages}
    roots[os.path.realpath(tempfile.gettempdir())] = "write"
    for cache in Path(os.path.expanduser("~")).glob(".*"):  # noqa: PTH111  there may be none
        roots[os.path.realpath(cache)] = "write"
    roots |= {here: "nothing", os.path.join(here, FOLDER): "read"}  # noqa: PTH118
    roots |= {os.path.realpath(sys.prefix): "read"}
    return tuple(sorted(roots.items(), key=lambda pair: -len(pair[0])))


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Check what Python opens; any thread may, while the function runs."""
    if event != "open" or not _Watch.where:
        return
    path, mode, flags = arguments
    writes = any(sign in mode for sign in "wax+") if isinstance(mode, str) else flags & WRITES
    caller = sys._getframe(1).f_code.co_filename
    if not isinstance(path, int) and not (
        caller.startswith(OF_CODE[0]) or caller.endswith(OF_CODE[1:])
    ):
        _check(os.fsdecode(path), bool(writes))


def _h5(opened: Callable[..., Any], writing: int | None) -> Callable[..., Any]:
    """Return h5py's function with a check; `writing` is the flag that lets it write, None: any."""

    def checked(name: bytes | str, flags: int = writing or 0, *args: Any, **more: Any) -> Any:
        if not os.fsdecode(name).startswith("<"):  # an open file's name
            _check(os.fsdecode(name), writing is None or bool(flags & writing))
        return opened(name, flags, *args, **more)

    return checked


def _file_io(begin: Callable[..., None]) -> Callable[..., None]:
    def checked(self: Any, name: Any, mode: str, *args: Any, **more: Any) -> None:
        if "://" not in os.fsdecode(name):
            _check(os.fsdecode(name), any(sign in mode for sign in "wa+"))
        begin(self, name, mode, *args, **more)

    return checked


def _check(path: str, writes: bool) -> None:
    """Raise InputError, and keep it, for a file that may not be opened so."""
    # A link in the folder to a file elsewhere is followed by DVC, one to a folder is not.
    folder, name = os.path.split(os.path.abspath(path))  # noqa: PTH100
    place = os.path.join(os.path.realpath(folder), name)  # noqa: PTH118
    allowed = next(may for root, may in _Watch.roots if _is_in(place, root))
    if allowed == "write" or (not writes and (allowed == "read" or not os.path.exists(place))):  # noqa: PTH110
        return
    here = os.path.realpath(os.curdir)
    shown = os.path.relpath(place, here) if _is_in(place, here) else place
    if writes:
        _Watch.refused = InputError(
            f"{_Watch.where}: writes {shown}; a function that builds a network must leave files "
            "as they are; remove the line, or write into the folder that tempfile.gettempdir() "
            "names"
        )
    else:
        _Watch.refused = InputError(
            f"{_Watch.where}: opens {shown}, which lies outside of {FOLDER}/; DVC would not see "
            f"its changes; put the file into {FOLDER}/ and open it there"
        )
    raise _Watch.refused


def _is_in(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)
