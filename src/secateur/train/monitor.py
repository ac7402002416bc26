"""The figure of the validation rows that early stopping watches, as a Keras metric."""

from collections.abc import Callable
from typing import Any

from secateur.core.tasks import Task
from secateur.keras_io.backend import keras, tf

NAME = "monitored"  # of the metric in the compiled model, whichever it is


def metric(monitor: str, task: Task, classes: int) -> keras.metrics.Metric | None:
    """Return Keras's metric of a figure of `recipes.stopping.MONITORS`; None for the loss.

    `classes` is the number of classes; a regression has none.
    """
    if monitor == "val_loss":
        return None
    if monitor == "val_mae":
        return keras.metrics.MeanAbsoluteError(name=NAME)
    if monitor == "val_auc":
        return keras.metrics.AUC(name=NAME)
    if monitor == "val_accuracy":
        binary = task.name == "binary"
        kind = "BinaryAccuracy" if binary else "SparseCategoricalAccuracy"
        return getattr(keras.metrics, kind)(name=NAME)
    figure = {"val_balanced_accuracy": _balanced_accuracy, "val_macro_f1": _macro_f1}[monitor]
    return _OfCounts(figure, classes)


class _OfCounts(keras.metrics.Metric):
    """A figure of the confusion matrix: counts of rows by their class and the predicted one.

    Keras has no balanced accuracy, and its F1 score knows no class numbers.
    """

    def __init__(self, figure: Callable[[tf.Tensor], tf.Tensor], classes: int) -> None:
        super().__init__(name=NAME)
        self.figure, self.classes = figure, classes
        self.counts = self.add_weight(
            name="counts", shape=(classes, classes), initializer="zeros"
        )  # whole numbers: their sums do not depend on an order

    def update_state(self, y: tf.Tensor, predicted: tf.Tensor, sample_weight: Any = None) -> None:
        """Count rows: classes y (n, 1), probabilities (n, classes), or (n, 1) of class 1."""
        one = predicted.shape[-1] == 1
        chosen = predicted[:, 0] > 0.5 if one else tf.argmax(predicted, axis=-1)
        numbers = (tf.cast(y[:, 0], tf.int32), tf.cast(chosen, tf.int32))
        truth, guess = (tf.one_hot(number, self.classes) for number in numbers)
        self.counts.assign_add(tf.matmul(truth, guess, transpose_a=True))

    def result(self) -> tf.Tensor:
        """Return the figure of the rows since the last reset."""
        return self.figure(self.counts)

    def reset_state(self) -> None:
        """Forget all rows."""
        self.counts.assign(tf.zeros_like(self.counts))


def _balanced_accuracy(counts: tf.Tensor) -> tf.Tensor:
    """Return the mean recall of the classes that have a row, as scikit-learn's."""
    rows = tf.reduce_sum(counts, axis=1)
    recall = tf.math.divide_no_nan(tf.linalg.diag_part(counts), rows)
    return tf.math.divide_no_nan(
        tf.reduce_sum(recall), tf.reduce_sum(tf.cast(rows > 0, tf.float32))
    )


def _macro_f1(counts: tf.Tensor) -> tf.Tensor:
    """Return the mean F1 score of all classes, each against the rest."""
    both = tf.reduce_sum(counts, axis=0) + tf.reduce_sum(counts, axis=1)
    return tf.reduce_mean(tf.math.divide_no_nan(2 * tf.linalg.diag_part(counts), both))
