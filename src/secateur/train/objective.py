"""What training minimizes, where that is more than the task's loss."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from secateur.core.tasks import Task, TaskName
from secateur.keras_io.backend import keras, tf
from secateur.recipes.distillation import Distill

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]  # of targets and predictions, a value per row


class Lesson:
    """What a teacher predicts for the rows that a network trains on (Hinton et al. 2015).

    The teacher sees each batch as the network does, augmented. What it predicts does not go through
    Keras, whose metrics would take it for targets.
    """

    def __init__(self, task: Task, distill: Distill, teacher: keras.Model) -> None:
        self.task, self.distill, self.teacher = task, distill, teacher
        self.predicted: tf.Tensor = None  # logits, or a regression's numbers; None: in validation

    @contextmanager
    def on(self, x: tf.Tensor) -> Iterator[None]:
        """Let the loss know what the teacher says of inputs, within one traced function."""
        predicted = self.teacher(x, training=False)
        self.predicted = _logits(self.task.name, predicted)
        yield
        self.predicted = None

    def beside(self, own: Loss) -> Loss:
        """Return a loss that is in part the distance to the teacher's predictions."""
        weight = self.distill.weight

        def loss(y: tf.Tensor, predicted: tf.Tensor) -> tf.Tensor:
            if self.predicted is None:
                return own(y, predicted)
            return (1 - weight) * own(y, predicted) + weight * self._distance(predicted)

        return loss

    def _distance(self, predicted: tf.Tensor) -> tf.Tensor:
        """Return of each row the squared distance; of classes T² times the KL divergence."""
        if self.task.name == "regression":
            return keras.losses.mean_squared_error(self.predicted, predicted)
        temperature = self.distill.temperature
        logits = _logits(self.task.name, predicted)
        teacher, student = (given / temperature for given in (self.predicted, logits))
        cross_entropy = _softmax if self.task.name == "multiclass" else _sigmoid
        divergence = cross_entropy(teacher, student) - cross_entropy(teacher, teacher)
        return temperature**2 * divergence


def of(task: Task, label_smoothing: float = 0.0, lesson: Lesson | None = None) -> Loss | None:
    """Return what is minimized in place of the task's own loss; None if that is it."""
    smoothed = _smoothed(task, label_smoothing) if label_smoothing else None
    return lesson.beside(smoothed or keras.losses.get(task.loss)) if lesson else smoothed


def _smoothed(task: Task, share: float) -> Loss:
    """Return the task's loss on labels of which a share is spread over all classes."""

    def binary(y: tf.Tensor, predicted: tf.Tensor) -> tf.Tensor:
        return keras.losses.binary_crossentropy(y, predicted, label_smoothing=share)

    def multiclass(y: tf.Tensor, predicted: tf.Tensor) -> tf.Tensor:
        # Keras's loss of class numbers cannot smooth; that of one column per class can.
        labels = tf.one_hot(tf.cast(y[:, 0], tf.int32), predicted.shape[-1])
        return keras.losses.categorical_crossentropy(labels, predicted, label_smoothing=share)

    return multiclass if task.name == "multiclass" else binary


def _logits(task: TaskName, predicted: tf.Tensor) -> tf.Tensor:
    """Return the logits of probabilities, which a network's activation has left; numbers as is."""
    if task == "regression":
        return predicted
    if (given := getattr(predicted, "_keras_logits", None)) is not None:  # as Keras's losses do
        return given
    epsilon = keras.backend.epsilon()
    shares = tf.clip_by_value(predicted, epsilon, 1 - epsilon)
    return tf.math.log(shares) - (tf.math.log1p(-shares) if task == "binary" else 0)


def _softmax(teacher: tf.Tensor, student: tf.Tensor) -> tf.Tensor:
    """Return the cross-entropy of each row (n,) between logits (n, classes)."""
    return tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(teacher), student)


def _sigmoid(teacher: tf.Tensor, student: tf.Tensor) -> tf.Tensor:
    """Return the cross-entropy of each row (n,) between logits (n, 1) of the second class."""
    found = tf.nn.sigmoid_cross_entropy_with_logits(tf.sigmoid(teacher), student)
    return tf.reduce_mean(found, axis=-1)
