"""Rounds of removal and training until a file of the network costs what it may, seed by seed."""

from pathlib import Path

import pytest

from secateur.compress import channel_controls, channel_rounds
from secateur.compress.channel_removal import Measure
from secateur.core.seeds import seed_file
from secateur.devices import channel_costs
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.recipes.channel_terms import Terms
from secateur.recipes.channels import Channels, Keep
from secateur.train import cores, seeds_apart
from secateur.train.trainings import Trainings
from seed_trainings import enter_project, rows, trainings

WIDTHS = {0: 12, 1: 4}  # channels by seed
BUDGET = 3_000  # bytes: the first is above it, the second below
TERMS = Terms(most=BUDGET)
L = keras.layers


def network(seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return keras.Sequential([
        L.Input((6, 6, 1), name="i"), L.Conv2D(WIDTHS[seed], 3, activation="relu", name="a"),
        L.Conv2D(WIDTHS[seed], 3, activation="relu", name="b"), L.Flatten(name="f"),
        L.Dense(3, "softmax", name="d"),
    ])  # fmt: skip


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trainings:
    enter_project(tmp_path, monkeypatch)
    for seed in WIDTHS:
        h5_files.save(seed_file(tmp_path, seed), network(seed))
    plain = Trainings._field_defaults
    return trainings(WIDTHS, epochs=4)._replace(wrap=plain["wrap"], callbacks=plain["callbacks"])


def recipe(keep: object = "budget", rounds: int = 2) -> Channels:
    given = {"keep": {"file_bytes": keep}, "score": "l2", "rounds": rounds}
    return Channels.model_validate(given)


def measure(versions: dict[str, str] | None = None) -> Measure:
    keep = Keep.model_validate({"file_bytes": "budget"})
    return Measure(channel_costs.cost(keep, TERMS, rows()[0].x[:4]), versions or {})


def test_each_seed_ends_within_the_budget_and_one_that_keeps_it_loses_nothing(
    runs: Trainings, capsys: pytest.CaptureFixture[str]
) -> None:
    models, epochs = {}, []
    for seed, file, curves in channel_rounds.trained(runs, recipe(), [], TERMS, measure()):
        models[seed] = h5_files.load(file)
        epochs.append([row["epoch"] for row in curves])
    bytes_of = {seed: measure().cost(model) for seed, model in models.items()}
    assert 0.9 * BUDGET < bytes_of[0] <= BUDGET < measure().cost(network(0))
    assert models[1].get_layer("a").filters == models[1].get_layer("b").filters == 4
    assert epochs == [[1, 2, 3, 4]] * 2
    said = [line for line in capsys.readouterr().out.splitlines() if "keeps the budget" in line]
    (line,) = said
    assert "seed 1" in line
    assert "file_bytes" in line
    assert "3,000" in line


def test_the_first_round_goes_half_the_way(runs: Trainings) -> None:
    one = channel_rounds._round(runs, recipe(), {0: 8_000.0, 1: 2.0}, 1, TERMS, measure())
    assert one.change is not None
    smaller = one.change(network(0), rows()[0], 0)
    assert 0.85 * (8_000 * BUDGET) ** 0.5 < measure().cost(smaller) <= (8_000 * BUDGET) ** 0.5


def test_seeds_train_side_by_side_with_the_same_bytes_and_other_versions_train_anew(
    runs: Trainings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def content(how: Measure) -> list[bytes]:
        found = channel_rounds.trained(runs, recipe(0.8, 1), [], Terms(), how)
        return [file.read_bytes() for _, file, _ in found]

    alone = content(measure())
    assert "finished before" not in capsys.readouterr().out
    assert content(measure()) == alone
    assert "finished before" in capsys.readouterr().out
    monkeypatch.setattr(seeds_apart, "WORTH", -1)
    monkeypatch.setenv(cores.WORKERS, "2")
    assert content(measure({"compiler": "2"})) == alone  # pickled, in processes of their own
    assert "finished before" not in capsys.readouterr().out


def test_a_control_by_chance_keeps_the_same_budget(runs: Trainings, tmp_path: Path) -> None:
    found = channel_controls.trained("random", runs, recipe(), tmp_path, [], TERMS, measure())
    costs = [measure().cost(h5_files.load(file)) for _, file, _ in found]
    assert max(costs) <= BUDGET
    assert costs[0] > 0.8 * BUDGET
