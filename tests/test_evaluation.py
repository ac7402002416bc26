import numpy as np
import pandas as pd
import pytest
from dense import REGRESSION, dense, network
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from secateur.arrays.tables import Rows
from secateur.core.errors import InputError
from secateur.evaluate import predictions


def test_scores_are_scikit_learns(friedman_rows: Rows) -> None:
    predicted = np.sin(np.arange(90, dtype=np.float32))[:, None] * 5
    assert predictions.scores(REGRESSION, predicted, friedman_rows) == pytest.approx({
        "mse": mean_squared_error(friedman_rows.y, predicted),
        "mae": mean_absolute_error(friedman_rows.y, predicted),
        "r2": r2_score(friedman_rows.y, predicted),
    })  # fmt: skip


def test_scores_refuse_predictions_that_would_broadcast(friedman_rows: Rows) -> None:
    with pytest.raises(InputError, match=r"\(1, 1\) do not fit targets \(90, 1\)"):
        predictions.scores(REGRESSION, friedman_rows.y[:1], friedman_rows)


def test_one_compiled_function_predicts_with_each_models_own_weights(
    friedman_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "ROWS_AT_ONCE", 40)  # so that there are several chunks
    models = [network(dense(7), 6, seed) for seed in (0, 1)]
    predict = predictions.predictor()
    for model in (models[0], models[1], models[0]):
        got = predict(model, friedman_rows.x)
        np.testing.assert_allclose(got, model(friedman_rows.x).numpy(), rtol=1e-5, atol=1e-6)
    assert not np.array_equal(models[0].get_weights()[0], models[1].get_weights()[0])


@pytest.mark.parametrize(
    ("r2", "expected"), [(0.9, False), (1e-9, False), (0.0, True), (-2.0, True), (np.nan, True)]
)
def test_collapsed_is_no_better_than_the_mean(r2: float, expected: bool) -> None:
    assert predictions.collapsed(r2) is expected


def test_the_report_counts_and_names_collapsed_runs_and_keeps_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    by_seed = {
        3: {"mse": 0.1, "r2": 0.9, "sparsity": {"kernels": 0.5}},
        8: {"mse": 228.8, "r2": -0.1, "sparsity": {"kernels": 0.5}},
    }
    curves = pd.DataFrame({"seed": [3, 3, 8], "epoch": [1, 2, 1]})
    report = predictions.report(REGRESSION, "m", {"stripped": by_seed}, {"a": 0.5}, curves)
    assert report["collapsed"] == 1
    assert report["target"] == {"a": 0.5}
    assert report["epochs"]["seeds"] == {"3": 2, "8": 1}
    assert report["stripped"]["mse"]["mean"] == pytest.approx(114.45)
    assert report["stripped"]["mse"]["max"] == 228.8
    assert report["stripped"]["sparsity"]["kernels"]["median"] == 0.5
    assert "warning: m: 1 of 2 runs collapsed" in (out := capsys.readouterr().out)
    assert out.endswith("seed 8\n")
    first, _ = predictions.plot_rows(REGRESSION, "m", by_seed)
    assert first == {"model": "m", "seed": 3, "error": 0.1, "r2": 0.9, "sparsity": 0.5}
