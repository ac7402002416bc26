"""How long a network may have trained in all, with those that it starts from.

A control that begins with new weights trains for as long.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from secateur.core.errors import InputError
from secateur.core.seeds import ABOUT


class Epochs(NamedTuple):
    """Epochs at most, and the longest patience; None: never stops early."""

    epochs: int
    patience: int | None


def none() -> dict[str, Any]:
    """Return what is known of a network that came trained: no epoch of its own."""
    return Epochs(0, 0)._asdict()


def after(start: Path, epochs: int, patience: int | None) -> dict[str, Any]:
    """Return what `h5_files.save_seeds` takes of a training that goes on from a folder's networks.

    Raises:
        InputError: as `read` does.
    """
    before = read(start)
    known = [own for own in (before.patience, patience) if own is not None]
    return Epochs(before.epochs + epochs, max(known) if len(known) == 2 else None)._asdict()


def read(folder: Path) -> Epochs:
    """Return how long the networks in a folder have trained; a folder without notes: not at all.

    Raises:
        InputError: the notes are damaged.
    """
    path = folder / ABOUT
    if not path.exists():
        return Epochs(0, 0)
    try:
        return Epochs(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: {error!r}; `dvc repro` writes it") from None
