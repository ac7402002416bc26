"""What a model predicts: a number, one of two classes, or one of several."""

from typing import Literal, NamedTuple

import numpy as np

TaskName = Literal["regression", "binary", "multiclass"]


class Task(NamedTuple):
    """How models of one task are built, trained and evaluated."""

    name: TaskName
    loss: str  # Keras's name
    output_activation: str  # unless the parameters say otherwise
    metric: str  # key in metrics of the error that models are compared by; lower is better
    label: str  # readable name of the metric
    explained: str  # key in metrics of 1 - error / error of a constant guess
    guess: str  # readable name of the constant guess


_CLASSIFICATION = ("log_loss", "log loss", "d2_log_loss", "guessing by how frequent each class is")
TASKS = {
    task.name: task
    for task in (
        Task("regression", "mse", "linear", "mse", "MSE", "r2", "predicting the mean"),
        Task("binary", "binary_crossentropy", "sigmoid", *_CLASSIFICATION),
        Task("multiclass", "sparse_categorical_crossentropy", "softmax", *_CLASSIFICATION),
    )
}


def guessed(task: Task, targets: np.ndarray) -> float:
    """Return the task's error on targets (n,) or (n, outputs) for the best guess without inputs."""
    if task.name == "regression" and targets.ndim > 1 and targets.shape[1] > 1:
        return float(np.var(targets.astype(np.float64), axis=0).mean())
    if task.name == "regression":
        return float(np.var(targets.astype(np.float64)))
    shares = np.unique(targets, return_counts=True)[1] / len(targets)
    return float(-np.sum(shares * np.log(shares)))
