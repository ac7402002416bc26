"""A training that was killed goes on from its checkpoint, and ends with the same bytes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from secateur.arrays.rows import Rows
from secateur.compress import pruning
from secateur.core import under_way
from secateur.core.tasks import TASKS
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras, tf
from secateur.keras_io.by_step import runs_by_step
from secateur.recipes.recipe import Recipe
from secateur.recipes.training import Training
from secateur.train import checkpoint, kept
from secateur.train.training import train_seeds
from seed_trainings import content, trainings, write_starts

EPOCHS = 6
L = keras.layers


class Killed(BaseException):
    """What a test raises where a process would be killed."""


@pytest.fixture(autouse=True)
def after_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "EVERY", 0)


def convolutional(seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            L.Input((6, 6, 1), name="i"), L.Conv2D(4, 3, name="c"), L.BatchNormalization(name="b"),
            L.SpatialDropout2D(0.2, name="s"), L.Flatten(name="f"), L.Dropout(0.2, name="r"),
            L.Dense(3, "softmax", name="d"),
        ],
        name="net",
    )  # fmt: skip


def recurrent(seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            L.Input((6, 6, 1), name="i"), L.Reshape((6, 6), name="p"),
            L.GRU(4, dropout=0.2, recurrent_dropout=0.2, name="g"), L.Dense(3, "softmax", name="d"),
        ],
        name="net",
    )  # fmt: skip


def compiled(seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            L.Input((6, 6, 1), name="i"), L.Flatten(name="f"), L.Dense(8, "relu", name="h"),
            L.GaussianNoise(0.1, name="n"), L.Dense(3, "softmax", name="d"),
        ],
        name="net",
    )  # fmt: skip
    kernel = model.get_layer("h").kernel
    kernel.assign(tf.where(tf.abs(kernel) > 0.1, kernel, 0))  # zeros that are to stay
    return model


GROWING = Recipe(
    start="initial", scope="whole", block_size=[1, 1], epochs=EPOCHS, patience=None,
    schedule={"type": "PolynomialDecay", "initial_sparsity": 0.1, "final_sparsity": 0.8,
              "begin_step": 2, "end_step": 26, "frequency": 2},
)  # fmt: skip
PRESERVING = Recipe(
    start="sparse", scope=["d"], block_size=[1, 1], epochs=EPOCHS, patience=None,
    preserve_sparsity=True,
    schedule={"type": "ConstantSparsity", "target_sparsity": 0.5, "begin_step": 3, "frequency": 7},
)  # fmt: skip
ADAM = {"optimizer": "Adam", "learning_rate": 0.01, "batch_size": 8}
COSINE = {**ADAM, "optimizer": "AdamW", "learning_rate_schedule": "CosineDecay"}
MOMENTUM = {**ADAM, "optimizer": "RMSprop", "warmup_epochs": 1.5}
CASES = {
    "growing zeros, a cosine": (convolutional, GROWING, COSINE, {}),
    "the best epoch": (recurrent, None, ADAM,
                       {"restore_best": True, "patience": 2, "monitor": "val_accuracy"}),
    "a product of momenta": (convolutional, None, {**ADAM, "optimizer": "Nadam"}, {}),
    "zeros that stay, one program": (compiled, PRESERVING, MOMENTUM,
                                     {"restore_best": True, "stop_from": 2}),
}  # fmt: skip


def rows() -> Rows:
    draws = np.random.default_rng(0)
    x = draws.normal(size=(40, 6, 6, 1)).astype(np.float32)
    return Rows(x, draws.integers(0, 3, (40, 1)).astype(np.float32))


class Epochs(keras.callbacks.Callback):
    """Counts epochs that begin, and ends the training at one of them."""

    def __init__(self, end: int | None) -> None:
        super().__init__()
        self.end, self.begun = end, list[int]()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.end:
            raise Killed
        self.begun.append(epoch)


Result = tuple[bytes, str]


def train(
    case: tuple[Callable[[int], keras.Model], Recipe | None, dict[str, Any], dict[str, Any]],
    seeds: list[int],
    folder: Path | None = None,
    end: int | None = None,
    **options: Any,
) -> tuple[list[Result], list[int]]:
    """What each seed's file and curves are, and the epochs that were trained."""
    build, recipe, settings, more = case
    epochs, all_rows = Epochs(end), rows()
    found: list[Result] = []
    made = train_seeds(
        TASKS["multiclass"], "net", [(seed, build(seed)) for seed in seeds], all_rows,
        Rows(all_rows.x[:15], all_rows.y[:15]), Training(**settings), epochs=EPOCHS,
        wrap=lambda model: pruning.wrap(model, recipe) if recipe else model,
        callbacks=[epochs, *(pruning.callbacks(recipe) if recipe else [])],
        checkpoints=[folder / f"{seed}.checkpoint" for seed in seeds] if folder else (),
        **{"patience": None, **more, **options},
    )  # fmt: skip
    try:
        for _, model, curves in made:
            # A sparsity may be NumPy's number, which `kept` would make Python's.
            numbers = [{key: float(value) for key, value in row.items()} for row in curves]
            found.append((h5_files.content(model), repr(numbers)))
    except Killed:
        assert end is not None
    return found, epochs.begun


@pytest.mark.parametrize("name", CASES)
def test_a_training_that_ended_at_some_epochs_gives_the_bytes_of_one_that_did_not(
    name: str, tmp_path: Path
) -> None:
    case = CASES[name]
    undisturbed, every = train(case, [3])
    last = len(every)
    assert last > 3
    assert (last < EPOCHS) == (name == "the best epoch")  # which early stopping ends
    assert runs_by_step(case[0](0)) == ("program" not in name)
    for end, begun in ((1, [0]), (3, [1, 2])):
        assert train(case, [3], tmp_path, end) == ([], begun)
    found, begun = train(case, [3], tmp_path)
    assert begun == list(range(3, last))
    assert found == undisturbed
    assert train(case, [3], tmp_path) == (undisturbed, [])  # nothing was left to train


def test_of_several_seeds_each_goes_on_from_its_own(tmp_path: Path) -> None:
    case = CASES["growing zeros, a cosine"]
    undisturbed, _ = train(case, [3, 4])
    assert train(case, [4], tmp_path, 2)[1] == [0, 1]
    assert train(case, [3], tmp_path, 4)[1] == [0, 1, 2, 3]
    found, begun = train(case, [3, 4], tmp_path)
    assert begun == [4, 5, 2, 3, 4, 5]
    assert found == undisturbed


# The log of the first training stays open, as a killed process leaves it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_training_that_goes_on_has_a_log_of_all_its_epochs(tmp_path: Path) -> None:
    case = CASES["zeros that stay, one program"]
    for end in (2, None):
        train(case, [3], tmp_path, end, logs_folder=tmp_path / "logs")
    events = EventAccumulator(str(tmp_path / "logs/seed_3")).Reload()
    assert {"val_loss", "sparsity"} <= set(events.Tags()["scalars"])
    for name in ("val_loss", "sparsity"):
        steps = [event.step for event in events.Scalars(name)]
        assert steps == list(range(1, EPOCHS + 1)), name


def test_a_checkpoint_is_written_only_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "EVERY", 3600)
    train(CASES["zeros that stay, one program"], [3], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_checkpoint_or_one_of_another_network_counts_as_none(tmp_path: Path) -> None:
    path, variables = tmp_path / "a", [tf.Variable([1.0, 2.0]), tf.Variable(7, dtype=tf.int64)]
    logs = [{"loss": 0.1, "val_loss": float("nan"), "d/sparsity": 1 / 3}]
    content = checkpoint._Content(
        [np.array(v.numpy()) for v in variables], logs, [np.ones(3), np.zeros(1)]
    )
    whole = checkpoint._bytes(content)

    def read(written: bytes) -> Any:
        path.write_bytes(written)
        return checkpoint._read(path, variables)

    found = read(whole)
    assert repr(found) == repr(content)
    assert checkpoint._read(tmp_path / "b", variables) is None
    for size in (0, 10, 32, 33, len(whole) // 2, len(whole) - 1):
        assert read(whole[:size]) is None, size
    for place in range(0, len(whole), 97):
        assert read(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]) is None, place
    assert read(whole + b"x") is None
    for other in ([tf.Variable([1.0]), variables[1]], [variables[0], tf.Variable(7)],
                  [*variables, variables[0]]):  # fmt: skip
        variables[:] = other
        assert read(whole) is None


KILLED = """
import os, signal, sys
from pathlib import Path
from secateur.train import checkpoint, seeds_apart
import seed_trainings

checkpoint.EVERY = 0
writes = 0
def replace(self, target, real=Path.replace):
    global writes
    writes += target.suffix == ".checkpoint"
    if writes == 2 and sys.argv[1:]:  # all is written, and the file is not in its place
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, target)
Path.replace = replace
seed_trainings.content(seed_trainings.trainings([0], epochs=4))
"""


def test_a_process_killed_while_it_writes_loses_no_more_than_one_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    monkeypatch.delenv(under_way.PROJECT, raising=False)
    write_starts(tmp_path)
    undisturbed = content(trainings([0], epochs=4))  # nothing is kept: it is no project
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    command = [sys.executable, "-c", KILLED]
    for _ in range(2):
        process = subprocess.run([*command, "kill"], check=False)
        assert process.returncode == -signal.SIGKILL
    capfd.readouterr()
    subprocess.run(command, check=True)
    assert "net, seed 0: goes on after epoch 2" in capfd.readouterr().out
    files = sorted((tmp_path / kept.FOLDER).iterdir())
    assert [file.suffix for file in files] == [".h5", ".json"]  # and nothing half-written
    found = kept.find(tmp_path / kept.FOLDER, files[0].stem)
    assert found is not None
    assert (found.model.read_bytes(), repr(found.curves)) == undisturbed[0]


def test_a_checkpoint_that_cannot_be_written_does_not_end_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no_folder").write_text("")
    case = CASES["zeros that stay, one program"]
    assert train(case, [3], tmp_path / "no_folder") == train(case, [3])
    said = "warning: net, seed 3: no checkpoint could be written: File exists; training goes on"
    assert said in capsys.readouterr().out
