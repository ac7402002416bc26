"""How the loss on training rows changes with each weight, batch by batch."""

from collections.abc import Iterator

import numpy as np

from secateur.arrays.rows import Rows
from secateur.core.tasks import Task
from secateur.keras_io.backend import keras, tf


def of_batches(
    model: keras.Model, task: Task, train: Rows, batch_size: int
) -> Iterator[dict[str, list[np.ndarray]]]:
    """Yield the gradients of the task's mean loss on each batch of training rows.

    They are by layer, in the order of `get_weights`; of a weight that does not learn they are zero.
    The network predicts as it does in use: layers that draw random numbers pass their input on.
    """
    loss = keras.losses.get(task.loss)
    learned = model.trainable_weights

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def gradients(x: tf.Tensor, y: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(loss(y, model(x, training=False)))
        return tape.gradient(value, learned, unconnected_gradients="zero")

    for start in range(0, len(train.x), batch_size):
        rows = slice(start, start + batch_size)
        y = tf.constant(np.asarray(train.y[rows], np.float32))
        found = gradients(tf.constant(train.x[rows]), y)
        known = {id(weight): slope.numpy() for weight, slope in zip(learned, found, strict=True)}
        yield {
            layer.name: [known.get(id(w), np.zeros(w.shape, np.float32)) for w in layer.weights]
            for layer in model.layers
        }
