"""TensorBoard can read what is written while a model trains."""

from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer.record_writer import RecordWriter

from secateur.train.tensorboard_log import TensorBoardLog


def test_every_figure_of_an_epoch_is_a_scalar_under_its_name(tmp_path: Path) -> None:
    log = TensorBoardLog(tmp_path)
    log.on_train_begin()
    for epoch, loss in enumerate((0.5, 0.25)):
        log.on_epoch_end(epoch, {"val_loss": loss, "hidden_1/sparsity": 0.75})
    log.on_train_end()
    events = EventAccumulator(str(tmp_path)).Reload()
    assert set(events.Tags()["scalars"]) == {"val_loss", "hidden_1/sparsity"}
    points = [(event.step, event.value) for event in events.Scalars("val_loss")]
    assert points == [(1, 0.5), (2, 0.25)]
    assert events.Scalars("hidden_1/sparsity")[0].value == pytest.approx(0.75)


def test_a_full_disk_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    log = TensorBoardLog(tmp_path / "log")
    log.on_train_begin()
    log.on_train_end()
    with Path("/dev/full").open("wb", buffering=0) as full:
        log.writer = RecordWriter(full)
        with pytest.raises(OSError, match="No space left"):
            log.on_epoch_end(0, {"loss": 0.5})
    with pytest.raises(OSError, match="Not a directory"):
        TensorBoardLog(Path("/dev/full/log")).on_train_begin()
