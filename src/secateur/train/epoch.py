"""One training epoch as one compiled call.

Keras 2's `fit` spends milliseconds on a step whose arithmetic takes microseconds. Here the
steps of an epoch and its validation are a single XLA program, which is also what makes the
bytes repeat; model, loss, optimizer and pruning wrappers stay stock Keras and tfmot.
"""

from collections.abc import Callable

from secateur.keras_io.backend import keras, tf

VALIDATION_ROWS = 4096  # at once: enough to be fast, few enough for a wide network

Epoch = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], dict[str, tf.Tensor]]


def compile_epoch(model: keras.Model, batch_size: int) -> Epoch:
    """A function that trains a compiled model for one epoch and then validates it.

    It takes x (n, *inputs), y (n, 1), the order of the rows (n,) as int32, and x and y to
    validate on, and returns the scalars `loss` and `val_loss`. The last batch may be smaller.
    It compiles at its first call and again only when a shape changes.
    """
    # Slots and metrics have to exist before the program that uses them.
    model.optimizer.build(model.trainable_variables)
    model.test_step([tf.zeros((1, *model.input_shape[1:])), tf.zeros((1, 1))])

    # Without AutoGraph, which stock layers and tfmot do not need: it doubles the time to compile.
    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def epoch(
        x: tf.Tensor, y: tf.Tensor, order: tf.Tensor, x_val: tf.Tensor, y_val: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        def train(rows: tf.Tensor) -> None:
            model.train_step((tf.gather(x, rows), tf.gather(y, rows)))

        def validate(rows: tf.Tensor) -> None:
            model.test_step((tf.gather(x_val, rows), tf.gather(y_val, rows)))

        model.reset_metrics()
        _batches(order, batch_size, train)
        loss = model.metrics[0].result()
        model.reset_metrics()
        _batches(tf.range(x_val.shape[0]), VALIDATION_ROWS, validate)
        return {"loss": loss, "val_loss": model.metrics[0].result()}

    return epoch


def _batches(rows: tf.Tensor, size: int, step: Callable[[tf.Tensor], None]) -> None:
    """Call `step` on `size` rows at a time, then on what is left of them."""
    count, rest = divmod(rows.shape[0], size)

    def turn(i: tf.Tensor) -> tf.Tensor:
        step(tf.slice(rows, [i * size], [size]))
        return i + 1

    if count:  # XLA compiles the loop's body even for no turn, where a slice would not fit
        tf.while_loop(lambda i: i < count, turn, [0])
    if rest:
        step(rows[count * size :])
