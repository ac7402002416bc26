"""Logs that TensorBoard can show while a model trains."""

from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from secateur.keras_io.backend import keras


class TensorBoardLog(keras.callbacks.Callback):
    """Write each figure of an epoch's logs under its own name.

    Keras's `TensorBoard` and tfmot's `PruningSummaries` use TensorFlow's eager operations, which
    take half as long as a whole compiled epoch.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Open a new event file."""
        self.writer = EventFileWriter(str(self.folder), flush_secs=2)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Write the figures; epochs count from 1."""
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in logs.items()]
        self.writer.add_event(Event(step=epoch + 1, summary=Summary(value=values)))

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Write the remaining events and close the file."""
        self.writer.close()
