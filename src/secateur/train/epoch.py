"""One training epoch, the same bytes each time: as one compiled call, or step by step.

Keras 2's `fit` spends milliseconds on a step whose arithmetic takes microseconds. For networks of
dense layers this module compiles an epoch's steps and its validation into one XLA program. Networks
with convolutions or recurrence run a step at a time (`keras_io.by_step` says why). Model, loss,
optimizer and pruning wrappers stay stock Keras and tfmot.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np

from secateur.arrays.ahead import ahead
from secateur.arrays.rows import Rows, rows_at_once
from secateur.keras_io.activations import largest_output
from secateur.keras_io.backend import keras, tf
from secateur.keras_io.parts import parts
from secateur.train import monitor
from secateur.train.objective import Lesson, Loss

BLOCK_BYTES = 1 << 24  # of inputs, of rows that are read when they are needed
ERROR = "error_alone"  # Keras's name of the metric that leaves penalties out

Epoch = Callable[[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor], dict[str, tf.Tensor]]
BlockEpoch = Callable[[Rows, np.ndarray, Rows], dict[str, tf.Tensor]]


def compile_epoch(
    model: keras.Model,
    batch_size: int,
    class_weights: np.ndarray | None = None,
    lesson: Lesson | None = None,
) -> Epoch:
    """Return a function that trains a model for one epoch and then validates it.

    `compile_model` must have compiled the model. The function takes x (n, *inputs),
    y (n, outputs), the row order (n,) as int32, and the validation x and y. It returns the scalars
    `loss` and `val_loss`, which are the task's error without penalties, and a monitored figure of
    the validation rows, if the model has one. The last batch may be smaller. The first call
    compiles; later calls compile again only when a shape changes.

    With `class_weights` (classes,), a training row counts by the weight of its class, in the
    gradients and in `loss`; all validation rows count alike. The objective of a `lesson` sees what
    its teacher predicts for each batch.
    """
    error = _prepared(model)
    at_once = rows_at_once(largest_output(model))
    train_batch = _training(model, class_weights, lesson)

    # Stock layers and tfmot do not need AutoGraph, and it doubles the compile time.
    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def epoch(
        x: tf.Tensor, y: tf.Tensor, order: tf.Tensor, x_val: tf.Tensor, y_val: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        def train(rows: tf.Tensor) -> None:
            train_batch(tf.gather(x, rows), tf.gather(y, rows))

        def validate(rows: tf.Tensor) -> None:
            model.test_step((tf.gather(x_val, rows), tf.gather(y_val, rows)))

        model.reset_metrics()
        _batches(order, batch_size, train)
        loss = error.result()
        model.reset_metrics()
        _batches(tf.range(x_val.shape[0]), at_once, validate)
        return {"loss": loss, "val_loss": error.result(), **_monitored(model)}

    return epoch


def compile_blocks(
    model: keras.Model,
    batch_size: int,
    class_weights: np.ndarray | None = None,
    lesson: Lesson | None = None,
) -> BlockEpoch:
    """Return a function as `compile_epoch` does, for rows that do not all fit into memory.

    It takes the training rows, their order (n,), and the validation rows. It reads a block of
    batches while it computes with the one before.
    """
    train_batch = _training(model, class_weights, lesson)

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def train_block(x: tf.Tensor, y: tf.Tensor) -> None:
        def step(rows: tf.Tensor) -> None:
            train_batch(tf.gather(x, rows), tf.gather(y, rows))

        _batches(tf.range(x.shape[0]), batch_size, step)

    @tf.function(jit_compile=True, autograph=False)  # type: ignore[untyped-decorator]
    def validate_block(x: tf.Tensor, y: tf.Tensor) -> None:
        model.test_step((x, y))

    return _by_block(model, batch_size, train_block, validate_block)


def compile_steps(
    model: keras.Model,
    batch_size: int,
    class_weights: np.ndarray | None = None,
    lesson: Lesson | None = None,
) -> BlockEpoch:
    """Return a function as `compile_blocks` does, which runs TensorFlow's own kernels by step."""
    step = tf.function(_training(model, class_weights, lesson), autograph=False)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def validate_block(x: tf.Tensor, y: tf.Tensor) -> None:
        model.test_step((x, y))

    def train_block(x: tf.Tensor, y: tf.Tensor) -> None:
        for start in range(0, len(x), batch_size):
            step(x[start : start + batch_size], y[start : start + batch_size])

    return _by_block(model, batch_size, train_block, validate_block)


def _by_block(
    model: keras.Model,
    batch_size: int,
    train_block: Callable[[tf.Tensor, tf.Tensor], None],
    validate_block: Callable[[tf.Tensor, tf.Tensor], None],
) -> BlockEpoch:
    """Return a function that trains and validates block by block."""
    error = _prepared(model)
    at_once = rows_at_once(largest_output(model))

    def epoch(train: Rows, order: np.ndarray, validation: Rows) -> dict[str, tf.Tensor]:
        batches = max(1, BLOCK_BYTES // (4 * math.prod(train.x.shape[1:]) * batch_size))
        model.reset_metrics()
        for block in _blocks(train, order, batches * batch_size):
            train_block(*block)
        loss = error.result()
        model.reset_metrics()
        for block in _blocks(validation, np.arange(len(validation.x)), at_once):
            validate_block(*block)
        return {"loss": loss, "val_loss": error.result(), **_monitored(model)}

    return epoch


def _training(
    model: keras.Model, class_weights: np.ndarray | None, lesson: Lesson | None
) -> Callable[[tf.Tensor, tf.Tensor], None]:
    """Return a function that trains one step on a batch."""

    def step(x: tf.Tensor, y: tf.Tensor) -> None:
        with lesson.on(x) if lesson else nullcontext():
            model.train_step(_weighed(x, y, class_weights))

    return step


def _weighed(x: tf.Tensor, y: tf.Tensor, class_weights: np.ndarray | None) -> tuple[tf.Tensor, ...]:
    """Return a batch as Keras takes it, with a weight for each row if classes have some."""
    if class_weights is None:
        return x, y
    return x, y, tf.gather(tf.constant(class_weights, tf.float32), tf.cast(y[:, 0], tf.int32))


def _blocks(rows: Rows, order: np.ndarray, size: int) -> Iterator[list[tf.Tensor]]:
    """Yield inputs and targets of so many rows at a time, in the order."""
    numbers = (order[start : start + size] for start in range(0, len(order), size))
    for x, y in ahead(_read(rows, some) for some in numbers):
        yield [tf.constant(x), tf.constant(y)]


def _read(rows: Rows, some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x = rows.x[some]
    return x, x if rows.y is rows.x else rows.y[some]  # an autoencoder's are read once


def _prepared(model: keras.Model) -> keras.metrics.Metric:
    """Return the metric of the error; a compiled program can make neither slots nor metrics."""
    model.optimizer.build(model.trainable_variables)
    model.test_step([tf.zeros((1, *model.input_shape[1:])), tf.zeros((1, 1))])
    return _error(model)


def compile_model(
    model: keras.Model,
    loss: str,
    *,
    objective: Loss | None = None,
    monitored: keras.metrics.Metric | None = None,
    weighted: bool = False,
    **options: Any,
) -> None:
    """Compile a model so that its error, `loss`, can be told from what else training minimizes.

    That is the penalties of its regularizers, and an `objective` in place of the error. Keras's own
    `loss` is their sum, in training and in validation. Without both it is the error; only a model
    with some gets a metric more.
    """
    penalized = _has_losses(model) or any(
        getattr(part, "activity_regularizer", None) is not None for part in parts(model)
    )
    error = keras.metrics.MeanMetricWrapper(keras.losses.get(loss), name=ERROR)
    # Where rows have weights, Keras applies them to these metrics as to the loss, and to no others.
    kind = "weighted_metrics" if weighted else "metrics"
    metrics = {"metrics": [monitored] if monitored else [], "weighted_metrics": []}
    metrics[kind] += [error] if penalized or objective else []
    model.compile(
        loss=objective or loss, **{key: some or None for key, some in metrics.items()}, **options
    )


def _has_losses(model: keras.Model) -> bool:
    """Whether a call adds losses; a layer of the user's own may do so in training only."""
    found = []

    def call(x: tf.Tensor) -> None:
        for training in (False, True):
            model(x, training=training)
            found.append(bool(model.losses))

    # Traced, not run: a run in training would move the statistics of BatchNormalization.
    shape = tf.TensorSpec((1, *model.input_shape[1:]))
    tf.function(call, autograph=False).get_concrete_function(shape)
    return any(found)


def _error(model: keras.Model) -> keras.metrics.Metric:
    """Return the metric that averages the error alone."""
    return next((m for m in model.metrics if m.name == ERROR), model.metrics[0])


def _monitored(model: keras.Model) -> dict[str, tf.Tensor]:
    """Return the figure that early stopping watches, if it is none of the losses."""
    return {m.name: m.result() for m in model.metrics if m.name == monitor.NAME}


def _batches(rows: tf.Tensor, size: int, step: Callable[[tf.Tensor], None]) -> None:
    """Call `step` on each full batch of `size` rows, then on the remaining rows."""
    count, remainder = divmod(rows.shape[0], size)

    def body(i: tf.Tensor) -> tf.Tensor:
        step(tf.slice(rows, [i * size], [size]))
        return i + 1

    if count:  # XLA compiles the body even for zero iterations, and the slice would not fit
        tf.while_loop(lambda i: i < count, body, [0])
    if remainder:
        step(rows[count * size :])
