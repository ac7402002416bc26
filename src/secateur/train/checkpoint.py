"""Checkpoints within a training: one that was killed goes on from the last, with the same bytes.

Keras's BackupAndRestore keeps the model, its optimizer and the epoch. What training follows from
here is more: the random generators of layers, what early stopping has seen, and the curves.
"""

import hashlib
import io
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from secateur.keras_io.backend import keras, tf
from secateur.train import kept

EVERY = 30  # seconds of training from one checkpoint to the next
DIGEST = 32  # bytes of SHA-256, before the content

# Of a process that trains a seed's first part: the part of its epochs, after which it pauses.
first_part: float | None = None

Logs = list[dict[str, float]]  # by epoch


class Paused(Exception):  # noqa: N818  it is no error
    """A training has come to the end of its first part; another process goes on with it."""


class _Content(NamedTuple):
    variables: list[np.ndarray]
    logs: Logs
    best: list[np.ndarray] | None  # the weights that early stopping may restore


class Checkpoint(keras.callbacks.Callback):
    """Keep the state of a training in a file now and then; begin with that of an earlier process.

    It must be the last of the callbacks: it restores what the others set when training begins, and
    keeps the logs that they have completed. When a checkpoint is written depends on the time, but
    no result does.
    """

    def __init__(
        self,
        path: Path,
        title: str,
        variables: Sequence[tf.Variable],
        stop: keras.callbacks.EarlyStopping,
        replayed: Sequence[keras.callbacks.Callback],
        epochs: int,
    ) -> None:
        """Take all that training changes.

        Args:
            path: the file; its folder exists, or the first checkpoint makes it.
            title: the training's name in messages.
            variables: of the model, its optimizer and its layers' generators.
            stop: the early stopping, whose best weights are kept too.
            replayed: the callbacks whose state follows from the logs; they see these once more.
            epochs: of the whole training, if nothing ends it before.
        """
        super().__init__()
        self.path, self.title, self.variables = path, title, variables
        self.stop, self.replayed = stop, replayed
        self.pause = int(first_part * epochs) if first_part else 0  # after so many; 0: never
        self.logs: Logs = []
        self.written = 0.0

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Go on from a checkpoint, if there is a whole one."""
        self.logs, self.written = [], time.monotonic()
        found = _read(self.path, self.variables)
        if found is None:
            return
        for number, row in enumerate(found.logs):
            for callback in self.replayed:
                callback.on_epoch_end(number, dict(row))
        self.stop.best_weights = found.best  # and not those that the replay saw
        for variable, value in zip(self.variables, found.variables, strict=True):
            variable.assign(value)
        self.logs = found.logs
        print(f"{self.title}: goes on after epoch {len(self.logs)}, of a checkpoint", flush=True)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Write a checkpoint if the last is old enough; an error of the disk ends no training.

        Raises:
            Paused: the first part is over.
        """
        self.logs.append(dict(logs))
        pauses = 0 < self.pause <= epoch + 1 and not self.model.stop_training
        if (pauses or time.monotonic() - self.written >= EVERY) and self._write() and pauses:
            raise Paused

    def _write(self) -> bool:
        """Write a checkpoint; return whether that was possible."""
        content = _Content([v.numpy() for v in self.variables], self.logs, self.stop.best_weights)
        self.written = time.monotonic()
        try:
            kept.write(self.path, _bytes(content))
        except OSError as error:
            why = f"{error.strerror}; training goes on"
            print(f"warning: {self.title}: no checkpoint could be written: {why}", flush=True)
            return False
        return True


def _bytes(content: _Content) -> bytes:
    """Return the content as a file that says whether it is whole."""
    names = list(content.logs[0])
    arrays: dict[str, Any] = {
        **{f"variable_{number}": value for number, value in enumerate(content.variables)},
        **{f"best_{number}": value for number, value in enumerate(content.best or ())},
        "logs": np.array([[float(row[name]) for name in names] for row in content.logs]),
        "names": np.array(names),
        "has_best": np.array(content.best is not None),
    }
    data = io.BytesIO()
    np.savez(data, **arrays)
    written = data.getvalue()
    return hashlib.sha256(written).digest() + written


def _read(path: Path, variables: Sequence[tf.Variable]) -> _Content | None:
    """Return a checkpoint of such variables; a missing or damaged one is none."""
    try:
        written = path.read_bytes()
        digest, data = written[:DIGEST], written[DIGEST:]
        if hashlib.sha256(data).digest() != digest:
            return None
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            values = [arrays[f"variable_{number}"] for number in range(len(variables))]
            names, logs = arrays["names"].tolist(), arrays["logs"].tolist()
            best = [arrays[name] for name in arrays.files if name.startswith("best_")]
            has_best = bool(arrays["has_best"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    of_these = all(
        value.shape == tuple(variable.shape) and value.dtype == variable.dtype.as_numpy_dtype
        for variable, value in zip(variables, values, strict=True)
    )
    rows = [dict(zip(names, row, strict=True)) for row in logs]
    return _Content(values, rows, best if has_best else None) if of_these else None
