"""Models predict with one compiled function, and collapsed runs are named and kept."""

import math

import numpy as np
import pandas as pd
import pytest

from secateur.arrays import rows
from secateur.arrays.rows import Rows
from secateur.evaluate import predictions
from small_networks import REGRESSION, dense, network


def test_one_compiled_function_predicts_with_each_models_own_weights(
    friedman_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "ROWS_AT_ONCE", 40)  # so that there are several chunks
    compiled = []
    compile_it = predictions._compile
    monkeypatch.setattr(
        predictions, "_compile", lambda model: compiled.append(model) or compile_it(model)
    )
    models = [network(dense(7), 6, seed) for seed in (0, 1)]
    predict = predictions.predictor()
    for model in (models[0], models[1], models[0]):
        got = predict(model, friedman_rows.x)
        np.testing.assert_allclose(got, model(friedman_rows.x).numpy(), rtol=1e-5, atol=1e-6)
    assert not np.array_equal(models[0].get_weights()[0], models[1].get_weights()[0])
    assert compiled == models[:1]


def test_the_report_counts_and_names_collapsed_runs_and_keeps_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    by_seed = {
        3: {"mse": 0.1, "r2": 0.9, "sparsity": {"a": 0.5, "kernels": 0.5}},
        8: {"mse": 228.8, "r2": -0.1, "sparsity": {"a": 0.5, "kernels": 0.5}},
    }
    curves = pd.DataFrame({"seed": [3, 3, 8], "epoch": [1, 2, 1]})
    report = predictions.report(REGRESSION, "m", {"stripped": by_seed}, {"a": 0.5}, curves)
    assert report["collapsed"] == 1
    assert report["target"] == {"a": 0.5}
    assert report["epochs"]["seeds"] == {"3": 2, "8": 1}
    assert report["stripped"]["mse"]["median"] == pytest.approx(114.45)
    assert report["stripped"]["mse"]["seeds"] == {"3": 0.1, "8": 228.8}
    assert report["stripped"]["sparsity"]["kernels"]["median"] == 0.5
    out = capsys.readouterr().out
    for word in ("warning: m: 1 of 2 runs collapsed", "seed 8\n"):
        assert word in out
    assert "target" not in out


def test_a_diverged_run_is_told_from_one_that_guesses(capsys: pytest.CaptureFixture[str]) -> None:
    by_seed = {
        seed: {"mse": mse, "r2": 1 - mse, "sparsity": {}}
        for seed, mse in ((0, math.nan), (1, 1.5), (2, math.inf))
    }
    curves = pd.DataFrame({"seed": [0, 1, 2], "epoch": [1, 1, 1]})
    report = predictions.report(REGRESSION, "m", {"stripped": by_seed}, {}, curves)
    assert (report["collapsed"], report["diverged"]) == (3, 2)
    diverged, guesses = capsys.readouterr().out.splitlines()
    assert "diverged" in diverged
    assert diverged.endswith("seed 0, 2")
    assert guesses.endswith("seed 1")


def test_a_missed_target_is_told_with_its_layer(capsys: pytest.CaptureFixture[str]) -> None:
    sparsity = {"a": 0.406, "b": 0.5, "brought": 0.5, "kernels": 0.45}
    by_seed = {0: {"mse": 0.1, "r2": 0.9, "sparsity": sparsity}}
    curves = pd.DataFrame({"seed": [0], "epoch": [1]})
    targets = {"a": 0.5, "b": 0.5, "brought": 0.0, "kernels": 0.5}
    predictions.report(REGRESSION, "m", {"stripped": by_seed}, targets, curves)
    (line,) = capsys.readouterr().out.splitlines()
    assert "m: another sparsity than its target: a 40.6% in place of 50.0%;" in line


def test_a_missed_target_of_all_kernels_is_told_where_they_have_none_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    by_seed = {0: {"mse": 0.1, "r2": 0.9, "sparsity": {"a": 0.3, "b": 0.6, "kernels": 0.45}}}
    curves = pd.DataFrame({"seed": [0], "epoch": [1]})
    for targets in ({"kernels": 0.45}, {"a": 0.0, "kernels": 0.45}):
        predictions.report(REGRESSION, "m", {"stripped": by_seed}, targets, curves)
        assert not capsys.readouterr().out
    predictions.report(REGRESSION, "m", {"stripped": by_seed}, {"b": 0.0, "kernels": 0.5}, curves)
    assert "target: kernels 45.0% in place of 50.0%;" in capsys.readouterr().out


def test_a_models_scores_have_its_sparsity_beside_them(friedman_rows: Rows) -> None:
    model = network(dense(3), 6)
    found = predictions.evaluate(REGRESSION, model, friedman_rows.y, friedman_rows)
    assert found == {
        "mse": 0.0, "mae": 0.0, "r2": 1.0,
        "sparsity": {"hidden_1": 0, "output": 0, "kernels": 0, "model": pytest.approx(4 / 25)},
    }  # fmt: skip


def test_rows_to_plot_call_the_tasks_figure_error() -> None:
    by_seed = {3: {"mse": 0.1, "r2": 0.9, "sparsity": {"kernels": 0.5}}}
    (row,) = predictions.plot_rows(REGRESSION, "m", by_seed)
    assert row == {"model": "m", "seed": 3, "error": 0.1, "r2": 0.9, "sparsity": 0.5}
