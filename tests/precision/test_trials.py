"""Files of several precisions, made and measured on validation rows."""

import numpy as np
import pytest

import random_channels
from secateur.arrays.rows import Rows
from secateur.core.tasks import TASKS
from secateur.export.by_layer import Assignment
from secateur.keras_io.backend import keras
from secateur.precision import choosing, tables, trials

L = keras.layers
TASK = TASKS["regression"]
X = np.random.default_rng(0).normal(size=(60, 6)).astype(np.float32)


def network(seed: int) -> keras.Model:
    layers = [L.Dense(40, "relu", name="hidden"), L.Dense(24, use_bias=False, name="wide"),
              L.BatchNormalization(), L.ReLU(), L.Dense(1, name="output")]  # fmt: skip
    model = keras.Sequential([L.Input(6), *layers])
    random_channels.randomize(model, np.random.default_rng(seed))
    return model


@pytest.fixture(scope="module")
def networks() -> dict[int, trials.Network]:
    """Their targets are what they predict, and a little noise: a float file has little error."""
    found = {}
    for seed in (0, 1):
        model = network(seed)
        y = model.predict(X, verbose=0)
        noise = np.random.default_rng(9).normal(size=y.shape) * y.std() / 20
        rows = Rows(X, (y + noise).astype(np.float32))
        found[seed] = trials.Network(model, rows, rows)
    return found


def test_dense_layers_that_are_normalized_have_no_int4(networks: dict[int, trials.Network]) -> None:
    models = [own.model for own in networks.values()]
    assert trials.kernels(models) == {
        "hidden": ["int4", "int8", "float32"], "wide": ["int8", "float32"],
        "output": ["int4", "int8", "float32"],
    }  # fmt: skip


def test_figures_are_of_the_files_of_all_seeds(networks: dict[int, trials.Network]) -> None:
    measure = trials.measure(TASK, networks, 9)
    int8 = measure(Assignment(weights={}))
    small = measure(Assignment(weights={"hidden": "int4"}))
    floats = measure(Assignment(weights=dict.fromkeys(("hidden", "wide", "output"), "float32")))
    assert len(int8.ratios) == 2
    assert floats.ratios == pytest.approx((1.0, 1.0), abs=1e-3)
    assert 1 < int8.ratio < small.ratio
    assert small.gzip_bytes < int8.gzip_bytes < floats.gzip_bytes


def test_a_choice_keeps_its_bound_and_is_the_same_again(
    networks: dict[int, trials.Network], capsys: pytest.CaptureFixture[str]
) -> None:
    kernels = trials.kernels([own.model for own in networks.values()])
    found = []
    for _ in range(2):
        measure = trials.told(trials.measure(TASK, networks, 9), "mine", TASK)
        found.append(choosing.cheapest(kernels, measure, 2.0))
    assert found[0] == found[1]
    assert found[0].within(2.0)
    assert found[0].precision.weights == {"hidden": "int8", "wide": "int8", "output": "int4"}
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("mine: int8 alone: ")
    assert len(lines) == len(set(lines)) * 2  # each file is made and told once


def test_a_seed_that_diverged_is_left_out(networks: dict[int, trials.Network]) -> None:
    bad = network(2)
    bad.set_weights([weights * np.nan for weights in bad.get_weights()])
    lost = networks[0]._replace(model=bad)
    measured = trials.measure(TASK, {0: networks[0], 2: lost}, 9)(Assignment(weights={}))
    assert len(measured.ratios) == 1
    nothing = trials.measure(TASK, {2: lost}, 9)
    found = choosing.cheapest({"hidden": ["int4", "int8", "float32"]}, nothing, 1.1)
    assert found.precision.weights == {"hidden": "int8"}
    assert not found.within(1.1)


def test_a_precision_that_no_interpreter_runs_is_told_and_not_chosen(
    networks: dict[int, trials.Network], capsys: pytest.CaptureFixture[str]
) -> None:
    """int16 has no kernel for what normalizes each row by its length."""
    model = keras.Sequential([L.Input(6), L.Dense(8, name="d"), L.UnitNormalization(), L.Dense(1)])
    random_channels.randomize(model, np.random.default_rng(0))
    own = {0: networks[0]._replace(model=model)}
    found = choosing.cheapest(trials.kernels([model]), trials.measure(TASK, own, 9), 1.0)
    assert "activations int16: no such file: " in capsys.readouterr().out
    assert found.precision.activations == "int8"
    (row,) = [row for row in tables.costs(found) if row["precision"] == "int16"]
    assert (row["error_ratio"], row["highest"], row["gzip_bytes"]) == (None, None, None)
