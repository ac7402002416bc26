"""Scores are scikit-learn's."""

import numpy as np
import pytest
from sklearn import metrics

from secateur.arrays.rows import Rows
from secateur.core.errors import InputError
from secateur.core.tasks import TASKS, guessed
from secateur.evaluate import scoring
from small_networks import REGRESSION


def test_scores_of_numbers_are_scikit_learns(friedman_rows: Rows) -> None:
    predicted = np.sin(np.arange(90, dtype=np.float32))[:, None] * 5
    assert scoring.scores(REGRESSION, predicted, friedman_rows) == pytest.approx({
        "mse": metrics.mean_squared_error(friedman_rows.y, predicted),
        "mae": metrics.mean_absolute_error(friedman_rows.y, predicted),
        "r2": metrics.r2_score(friedman_rows.y, predicted),
    })  # fmt: skip


def rows(classes: list[int]) -> Rows:
    return Rows(np.zeros((len(classes), 1)), np.array(classes, np.float32)[:, None])


def test_scores_of_two_classes_are_scikit_learns() -> None:
    y, given = [0, 1, 1, 0, 1], np.array([0.1, 0.9, 0.4, 0.6, 0.7])
    assert scoring.scores(TASKS["binary"], given[:, None], rows(y)) == pytest.approx({
        "log_loss": metrics.log_loss(y, given), "accuracy": 0.6,
        "d2_log_loss": metrics.d2_log_loss_score(y, given),
        "roc_auc": metrics.roc_auc_score(y, given), "f1": metrics.f1_score(y, given > 0.5),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, given > 0.5),
        "macro_f1": metrics.f1_score(y, given > 0.5, average="macro"),
    })  # fmt: skip


def test_scores_of_several_classes_are_means_over_them() -> None:
    y = [0, 1, 2, 2]
    given = np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.1, 0.1, 0.8], [0.5, 0.1, 0.4]])
    found = scoring.scores(TASKS["multiclass"], given, rows(y))
    assert found["accuracy"] == 0.75
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, given))
    assert found["f1"] == pytest.approx(metrics.f1_score(y, given.argmax(1), average="macro"))
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(y, given, multi_class="ovr"))
    assert found["macro_f1"] == found["f1"]
    assert found["balanced_accuracy"] == metrics.balanced_accuracy_score(y, given.argmax(1)) != 0.75
    few = scoring.beside(TASKS["multiclass"], given, rows(y))
    assert few == {name: found[name] for name in few}
    assert "balanced_accuracy" in few
    assert scoring.beside(REGRESSION, given[:, :1], rows(y)) == {}


def test_probabilities_need_not_quite_add_up_and_none_costs_without_end() -> None:
    found = scoring.scores(TASKS["multiclass"], np.array([[0.0, 0.99], [0.5, 0.49]]), rows([0, 1]))
    assert 8 < found["log_loss"] < 16


def test_a_class_without_a_row_leaves_the_area_undefined() -> None:
    found = scoring.scores(TASKS["binary"], np.array([[0.2], [0.3]]), rows([0, 0]))
    assert np.isnan(found["roc_auc"])
    assert found["accuracy"] == 1


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_predictions_that_are_not_finite_have_scores_that_are_not(task: object) -> None:
    given = np.full((2, 2 if task.name == "multiclass" else 1), np.nan)
    found = scoring.scores(task, given, rows([0, 1]))
    assert not np.isfinite(list(found.values())).any()


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("first", [0.3, np.nan])
def test_the_metric_alone_is_that_of_all_scores(task: object, first: float) -> None:
    given = np.array([[first], [0.9], [0.6]])
    given = np.hstack([1 - given, given]) if task.name == "multiclass" else given
    alone = scoring.error(task, given, rows([0, 1, 0]))
    np.testing.assert_equal(alone, scoring.scores(task, given, rows([0, 1, 0]))[task.metric])
    with pytest.raises(InputError, match="do not fit"):
        scoring.error(task, given, rows([0, 1]))


@pytest.mark.parametrize("shape", [(1, 1), (90, 2)])
def test_refuses_predictions_that_would_broadcast(
    friedman_rows: Rows, shape: tuple[int, int]
) -> None:
    with pytest.raises(InputError) as refusal:
        scoring.scores(REGRESSION, np.zeros(shape), friedman_rows)
    assert str(shape) in str(refusal.value)
    assert "(90, 1)" in str(refusal.value)


@pytest.mark.parametrize(
    ("r2", "expected"), [(0.9, False), (1e-9, False), (0.0, True), (-2.0, True), (np.nan, True)]
)
def test_collapsed_is_no_better_than_the_mean(r2: float, expected: bool) -> None:
    assert scoring.collapsed(r2) is expected


def test_the_largest_difference_is_of_the_targets_range() -> None:
    targets = Rows(np.zeros((3, 1)), np.array([[0.0], [10.0], [20.0]]))
    one, other = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.5, 2.0])
    assert scoring.largest_difference(one, other, targets, REGRESSION) == pytest.approx(0.05)
    assert scoring.largest_difference(one, other, targets, TASKS["binary"]) == 1
    assert np.isnan(scoring.largest_difference(one, other * np.nan, targets, REGRESSION))
    same = Rows(targets.x, targets.y * 0)
    assert scoring.largest_difference(one, other, same, REGRESSION) == 1


def test_several_outputs_count_alike_and_collapse_means_each_ones_mean() -> None:
    random = np.random.default_rng(0)
    y = random.normal(size=(50, 3)) * [1, 5, 1] + [0, 100, -9]
    given = Rows(np.zeros((50, 1)), y.astype(np.float32))
    predicted = (y + random.normal(size=y.shape)).astype(np.float32)
    found = scoring.scores(REGRESSION, predicted, given)
    assert found == pytest.approx({
        "mse": metrics.mean_squared_error(given.y, predicted),
        "mae": metrics.mean_absolute_error(given.y, predicted),
        "r2": metrics.r2_score(given.y, predicted, multioutput="variance_weighted"),
    })  # fmt: skip
    means = np.tile(given.y.mean(axis=0), (50, 1))
    assert scoring.collapsed(scoring.scores(REGRESSION, means, given)["r2"] - 1e-9)
    assert guessed(REGRESSION, given.y) == pytest.approx(
        scoring.scores(REGRESSION, means, given)["mse"], rel=1e-6
    )
    each = scoring.by_output(["a", "b", "c"], predicted, given)
    assert each["b"]["r2"] == pytest.approx(metrics.r2_score(y[:, 1], predicted[:, 1]))
    with pytest.raises(InputError, match="do not fit"):
        scoring.scores(REGRESSION, predicted[:, :2], given)


def test_anomalous_rows_are_told_by_their_error_and_count_in_no_other_figure() -> None:
    random = np.random.default_rng(2)
    x, odd = random.normal(size=(30, 2, 3)), np.arange(30) % 5 == 0
    given = (x + random.normal(size=x.shape) * np.where(odd, 2, 1)[:, None, None]).astype("f4")
    rows = Rows(np.zeros((30, 1)), x)
    found = scoring.scores(REGRESSION, given, rows, odd)
    each = np.square(given - x).mean(axis=(1, 2))
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(odd, each))
    assert 0.5 < found["roc_auc"] < 1
    assert found["mse"] == pytest.approx(each[~odd].mean(), rel=1e-6)
    assert found["mse"] == scoring.error(REGRESSION, given, rows, odd)
    assert found["mse_anomalous"] == pytest.approx(each[odd].mean(), rel=1e-6)
    assert scoring.beside(REGRESSION, given, rows, odd).keys() == {"roc_auc", "mse_anomalous"}
    plain = scoring.scores(REGRESSION, given, rows)
    assert plain["mse"] == pytest.approx(each.mean(), rel=1e-6)
    assert "roc_auc" not in plain
    nothing = scoring.scores(REGRESSION, given * np.nan, rows, odd)
    assert not np.isfinite(list(nothing.values())).any()
