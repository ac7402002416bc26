"""Clusterings are kept by seed, run in processes, and go on from checkpoints."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.compress import clustering
from secateur.compress.clusterings import Clusterings
from secateur.core.seeds import seed_file
from secateur.core.tasks import TASKS
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.recipes.clustering import Clustering
from secateur.recipes.training import Training
from secateur.train import checkpoint, cores, kept, seeds_apart
from secateur.train.checkpoint import Checkpoint
from seed_trainings import enter_project, rows

L = keras.layers
CLUSTERING = Clustering(number_of_clusters=4, epochs=3)
TRAINING = Training(optimizer="Adam", learning_rate=0.01, batch_size=8)
SEEDS = {0: 3, 1: 2, 5: 3}  # each with so many filters, as compaction leaves them


def network(seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    layers = [
        L.Input((6, 6, 1), name="i"), L.Conv2D(SEEDS[seed], 3, name="c"),
        L.BatchNormalization(name="b"), L.Flatten(name="f"), L.Dropout(0.2, name="r"),
        L.Dense(3, "softmax", name="d"),
    ]  # fmt: skip
    model = keras.Sequential(layers, name="net")
    kernel = model.get_layer("d").kernel
    kernel.assign(np.where(np.abs(kernel) > 0.1, kernel, 0))
    if seed == 5:
        kernel.assign(np.full(kernel.shape, np.nan))  # its training diverged
    return model


def runs(**more: Any) -> Clusterings:
    starts = {seed: seed_file(Path(), seed) for seed in SEEDS}
    given = Clusterings(
        TASKS["multiclass"], "small", CLUSTERING, TRAINING, starts, dict.fromkeys(SEEDS), True, rows
    )
    return given._replace(**more)


def content(given: Clusterings) -> dict[int, tuple[bytes, str]]:
    found = seeds_apart.files_of(given, [])
    return {seed: (path.read_bytes(), repr(curves)) for seed, path, curves in found}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    enter_project(tmp_path, monkeypatch)
    for seed in SEEDS:
        h5_files.save(seed_file(tmp_path, seed), network(seed))
    return tmp_path


def test_the_bytes_are_those_of_one_undisturbed_process(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Interrupted, then in processes; a seed that cannot be clustered is kept as it came."""
    models = {seed: network(seed) for seed in SEEDS}
    direct = clustering.train(
        TASKS["multiclass"], "small", CLUSTERING, TRAINING, models, dict.fromkeys(SEEDS), *rows()
    )
    expected = {seed: h5_files.content(model) for seed, model, _ in direct}
    monkeypatch.setattr(checkpoint, "EVERY", 0)
    real = Checkpoint.on_epoch_end

    def interrupt(self: Checkpoint, epoch: int, logs: Any) -> None:
        real(self, epoch, logs)
        if (self.title, epoch) == ("small, clustered, seed 1", 1):
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "on_epoch_end", interrupt)
    with pytest.raises(KeyboardInterrupt):
        content(runs())
    last = capfd.readouterr().out.splitlines()[-1]
    assert last.startswith("small, clustered: interrupted; kept")
    assert last.endswith("seed 0 and checkpoints of seed 1 of 3")
    monkeypatch.setattr(Checkpoint, "on_epoch_end", real)
    monkeypatch.setattr(seeds_apart, "WORTH", -1)
    monkeypatch.setenv(cores.WORKERS, "2")
    found = content(runs())
    said = capfd.readouterr().out
    assert "small, clustered, seed 1: goes on after epoch 2" in said
    assert "small, seed 5: not clustered" in said
    assert {seed: model for seed, (model, _) in found.items()} == expected
    assert found[5] == (seed_file(project, 5).read_bytes(), "[]")
    for file in (project / kept.FOLDER).iterdir():
        file.unlink()
    monkeypatch.setenv(cores.WORKERS, "1")
    assert content(runs()) == found


def test_a_seed_is_trained_again_where_its_own_inputs_are_others(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def fake(*given: Any, **more: Any) -> Any:
        models: dict[int, keras.Model] = given[4]
        seen.extend(models)
        return (clustering.Trained(seed, model, []) for seed, model in models.items())

    monkeypatch.setattr(clustering, "train", fake)
    content(runs())
    assert seen == [0, 1, 5]
    content(runs(inputs={0: None, 1: [0, 2], 5: None}))
    assert seen[3:] == [1]
    content(runs(clustering=CLUSTERING.model_copy(update={"epochs": 4})))
    assert seen[4:] == [0, 1, 5]
