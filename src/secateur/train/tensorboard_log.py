"""Logs that TensorBoard can show while a model trains."""

import os
import socket
import time
from collections.abc import Iterable
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from secateur.keras_io.backend import keras


class TensorBoardLog(keras.callbacks.Callback):
    """Write each figure of an epoch's logs under its own name.

    Keras's `TensorBoard` and tfmot's `PruningSummaries` use TensorFlow's eager operations, which
    take half as long as a whole compiled epoch. TensorBoard's own writer has a thread, which dies
    with a traceback where the disk is full.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Open a new event file, under a name as TensorBoard looks for; raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{time.time_ns()}.{socket.gethostname()}.{os.getpid()}"
        self.writer = RecordWriter((self.folder / name).open("wb"))
        self._write(Event(wall_time=time.time(), file_version="brain.Event:2"))

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Write the figures; epochs count from 1. Raises OSError."""
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in logs.items()]
        self._write(Event(step=epoch + 1, summary=Summary(value=values)))

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Close the file."""
        self.writer.close()

    def _write(self, event: Event) -> None:
        self.writer.write(event.SerializeToString())
        self.writer.flush()


def forget(folders: Iterable[Path]) -> None:
    """Delete an earlier training's logs, whose curves TensorBoard would mix with a new one's."""
    for folder in folders:
        for events in folder.glob("events.out.tfevents.*"):
            events.unlink(missing_ok=True)
