"""What a model is to predict: a number, one of two classes, or one of several."""

from typing import Literal, NamedTuple

import numpy as np

TaskName = Literal["regression", "binary", "multiclass"]


class Task(NamedTuple):
    """How models of one task are built, trained and judged."""

    name: TaskName
    loss: str  # Keras's name
    output_activation: str  # unless the parameters say otherwise
    metric: str  # the key, in metrics, of the error that models are judged by: lower is better
    label: str  # its name for people
    explained: str  # the key of 1 - error / error of a guess that knows no inputs
    guess: str  # that guess, for people


_OF_CLASSES = ("log_loss", "log loss", "d2_log_loss", "guessing by how frequent each class is")
TASKS = {
    task.name: task
    for task in (
        Task("regression", "mse", "linear", "mse", "MSE", "r2", "predicting the mean"),
        Task("binary", "binary_crossentropy", "sigmoid", *_OF_CLASSES),
        Task("multiclass", "sparse_categorical_crossentropy", "softmax", *_OF_CLASSES),
    )
}


def guessed(task: Task, targets: np.ndarray) -> float:
    """The task's error on targets (n, 1) of the best guess that knows no input."""
    if task.name == "regression":
        return float(np.var(targets.astype(np.float64)))
    shares = np.unique(targets, return_counts=True)[1] / len(targets)
    return float(-np.sum(shares * np.log(shares)))
