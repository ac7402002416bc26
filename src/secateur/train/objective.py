"""What training minimizes, where that is more than the task's loss."""

from collections.abc import Callable

from secateur.core.tasks import Task
from secateur.keras_io.backend import keras, tf

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]  # of targets and predictions, a value per row


def of(task: Task, label_smoothing: float = 0.0) -> Loss | None:
    """Return what is minimized in place of the task's own loss; None if that is it."""
    return _smoothed(task, label_smoothing) if label_smoothing else None


def _smoothed(task: Task, share: float) -> Loss:
    """Return the task's loss on labels of which a share is spread over all classes."""

    def binary(y: tf.Tensor, predicted: tf.Tensor) -> tf.Tensor:
        return keras.losses.binary_crossentropy(y, predicted, label_smoothing=share)

    def multiclass(y: tf.Tensor, predicted: tf.Tensor) -> tf.Tensor:
        # Keras's loss of class numbers cannot smooth; that of one column per class can.
        labels = tf.one_hot(tf.cast(y[:, 0], tf.int32), predicted.shape[-1])
        return keras.losses.categorical_crossentropy(labels, predicted, label_smoothing=share)

    return multiclass if task.name == "multiclass" else binary
