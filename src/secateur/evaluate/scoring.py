"""Score predictions."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from secateur.arrays.rows import Rows
from secateur.core.errors import InputError
from secateur.core.tasks import Task

# Beside the error, of classes or of anomalies; higher is better, but of the last.
BESIDE = ("accuracy", "balanced_accuracy", "roc_auc", "macro_f1", "mse_anomalous")


def scores(
    task: Task, predicted: np.ndarray, rows: Rows, anomalous: np.ndarray | None = None
) -> dict[str, float]:
    """Return a task's figures, in float64, of predictions (n, outputs) against `rows.y` (n, 1).

    Regression gives the mean squared error `mse`, the mean absolute error `mae`, and `r2`. With
    several outputs, `rows.y` (n, outputs), all values count alike, and `r2` compares with
    predicting each output's mean. Classes
    give, from their probabilities, `log_loss` (natural logarithm), `d2_log_loss` (1 minus the
    ratio to the log loss of predicting the class frequencies), `accuracy`, `balanced_accuracy`,
    `roc_auc`, `f1` and `macro_f1`. With several classes, `roc_auc` and `f1` are means over one
    class against the rest. Predictions that are not finite give figures that are not finite. A
    figure that constant targets, or a class without a row, leave undefined is not finite either.

    If `anomalous` (n,) marks rows, the figures of a regression are of the others. `mse_anomalous`
    is the marked rows' error, and `roc_auc` the area under the curve of a row's error, which is to
    be higher for a marked row.

    Raises:
        InputError: predictions and targets do not fit.
    """
    _check_shapes(task, predicted, rows)
    if task.name == "regression":
        own, y = _flat(predicted), rows.targets()
        if anomalous is None:
            return _of_numbers(own, y)
        return {**_of_numbers(own[~anomalous], y[~anomalous]), **_of_marked(own, y, anomalous)}
    return _of_classes(predicted, rows.y[:, 0].astype(int))


def error(
    task: Task, predicted: np.ndarray, rows: Rows, anomalous: np.ndarray | None = None
) -> float:
    """Return the task's metric alone, as `scores` does; for classes in a fraction of the time.

    Raises:
        InputError: predictions and targets do not fit.
    """
    if task.metric != "log_loss":
        _check_shapes(task, predicted, rows)
        kept = slice(None) if anomalous is None else ~anomalous
        return _of_numbers(_flat(predicted)[kept], rows.targets()[kept])[task.metric]
    _check_shapes(task, predicted, rows)
    if not np.isfinite(predicted).all():
        return float("nan")
    return _log_loss(_shares(predicted), rows.y[:, 0].astype(int))


def beside(
    task: Task, predicted: np.ndarray, rows: Rows, anomalous: np.ndarray | None = None
) -> dict[str, float]:
    """Return the figures of `BESIDE` alone, as `scores` does; none for a plain regression."""
    if task.name == "regression" and anomalous is None:
        return {}
    found = scores(task, predicted, rows, anomalous)
    return {name: found[name] for name in BESIDE if name in found}


def _check_shapes(task: Task, predicted: np.ndarray, rows: Rows) -> None:
    fits = task.name == "multiclass" or _flat(predicted).shape[1:] == (_width(rows.y.shape),)
    if len(predicted) != len(rows.y) or not fits:
        raise InputError(f"predictions {predicted.shape} do not fit targets {rows.y.shape}")


def _width(shape: Sequence[int]) -> int:
    return math.prod(shape[1:])


def _flat(predicted: np.ndarray) -> np.ndarray:
    """Return predictions (n, *shape) as (n, outputs)."""
    return predicted.reshape(len(predicted), _width(predicted.shape))


def _of_marked(predicted: np.ndarray, y: np.ndarray, anomalous: np.ndarray) -> dict[str, float]:
    from sklearn.metrics import roc_auc_score  # takes a second to import

    with np.errstate(all="ignore"):  # a diverged model scores inf or NaN
        each = np.mean((predicted.astype(np.float64) - y.astype(np.float64)) ** 2, axis=1)
    auc = float("nan")
    if np.isfinite(each).all() and len(np.unique(anomalous)) == 2:
        auc = float(roc_auc_score(anomalous, each))
    return {"mse_anomalous": float(np.mean(each[anomalous])), "roc_auc": auc}


def _of_numbers(predicted: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    y = targets.astype(np.float64)
    error = predicted.astype(np.float64) - y
    # Of one output, the mean over all: that along an axis may end in other digits.
    mean = np.mean(y) if y.shape[1:] == (1,) else np.mean(y, axis=0)
    with np.errstate(all="ignore"):  # a diverged model scores inf or NaN
        return {
            "mse": float(np.mean(error**2)),
            "mae": float(np.mean(np.abs(error))),
            "r2": float(1 - np.sum(error**2) / np.sum((y - mean) ** 2)),
        }


def by_output(names: Sequence[str], predicted: np.ndarray, rows: Rows) -> dict[str, Any]:
    """Return the figures of each of several outputs, by the names of its targets."""
    columns, y = [slice(i, i + 1) for i in range(len(names))], rows.targets()
    found = [_of_numbers(predicted[:, column], y[:, column]) for column in columns]
    return dict(zip(names, found, strict=True))


def _of_classes(predicted: np.ndarray, y: np.ndarray) -> dict[str, float]:
    # Imported here, because it takes a second that a regression does not need.
    from sklearn import metrics

    names = ("log_loss", "d2_log_loss", "f1", *BESIDE)
    if not np.isfinite(predicted).all():
        return dict.fromkeys(names, float("nan"))
    share = _shares(predicted)
    classes = np.arange(share.shape[1])
    chosen = share.argmax(axis=1)
    macro: dict[str, Any] = {"average": "macro", "labels": classes, "zero_division": 0.0}
    f1 = {"zero_division": 0.0} if predicted.shape[1] == 1 else macro
    # As scikit-learn's: the mean over the classes that have a row.
    recalls = {**macro, "labels": np.unique(y)}
    auc = float("nan")
    if len(np.unique(y)) == len(classes):  # undefined if a class has no row
        ranked = share[:, 1] if len(classes) == 2 else share
        auc = metrics.roc_auc_score(y, ranked, multi_class="ovr", labels=classes)
    return {
        "log_loss": _log_loss(share, y),
        "d2_log_loss": float(metrics.d2_log_loss_score(y, share, labels=classes)),
        "accuracy": float(metrics.accuracy_score(y, chosen)),
        "roc_auc": float(auc),
        "f1": float(metrics.f1_score(y, chosen, **f1)),
        "balanced_accuracy": float(metrics.recall_score(y, chosen, **recalls)),
        "macro_f1": float(metrics.f1_score(y, chosen, **macro)),
    }


def _shares(predicted: np.ndarray) -> np.ndarray:
    """Return the probability of each class (n, classes); those of a row add up to one."""
    given = predicted.astype(np.float64)
    share = np.hstack([1 - given, given]) if given.shape[1] == 1 else given
    # Probabilities of an int8 file do not quite add up to one.
    share = np.clip(share, 1e-7, None)  # Keras's epsilon: probability 0 for the true class costs 16
    return share / share.sum(axis=1, keepdims=True)


def _log_loss(share: np.ndarray, y: np.ndarray) -> float:
    from sklearn import metrics

    return float(metrics.log_loss(y, share, labels=np.arange(share.shape[1])))


def collapsed(explained: float) -> bool:
    """Return whether a model predicts no better than a guess that knows no inputs.

    `explained` is its `r2` or `d2_log_loss`; one that is not a number counts as collapsed.
    """
    return not explained > 0


def misses(target: float, sparsity: float) -> bool:
    """Return whether a sparsity differs from its target by more than half a percentage point.

    tfmot prunes whole weights and blocks, which explains less in a kernel of 100 weights. A target
    of 0 is none: a user's trained file may hold zeros of its own.
    """
    return target > 0 and abs(sparsity - target) > 0.005


def missed(targets: Mapping[str, float], reached: Mapping[str, float]) -> list[str]:
    """Return the kernels that miss their target sparsity.

    That of all `kernels` counts only where no kernel has a target of its own: the others may be
    sparse from the start.
    """
    own = {name: target for name, target in targets.items() if name != "kernels"}
    told = own if any(own.values()) else targets
    return [name for name, target in told.items() if misses(target, reached[name])]


def largest_difference(predicted: np.ndarray, source: np.ndarray, rows: Rows, task: Task) -> float:
    """Return the largest difference between two models' predictions; NaN if not finite.

    In a regression it is a fraction of the targets' range, or in the targets' unit if they do not
    vary. For classes it is the difference of probabilities.
    """
    with np.errstate(all="ignore"):
        largest = np.max(
            np.abs(predicted.astype(np.float64).ravel() - source.astype(np.float64).ravel())
        )
    if task.name != "regression":
        return float(largest)
    return float(largest / (np.ptp(rows.targets().astype(np.float64)) or 1.0))
