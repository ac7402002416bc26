"""Train one architecture for several seeds with one compiled program."""

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from secateur.arrays.encoding import Encoding
from secateur.arrays.rows import Rows, rows_at_once
from secateur.core.errors import InputError
from secateur.core.tasks import Task, guessed
from secateur.keras_io.activations import largest_output
from secateur.keras_io.backend import keras, tf
from secateur.keras_io.by_step import runs_by_step
from secateur.recipes.distillation import Distill
from secateur.recipes.stopping import LOWER_IS_BETTER
from secateur.recipes.training import Training
from secateur.train import monitor as monitoring
from secateur.train import objective, optimizer, outcome, tensorboard_log, trained_on
from secateur.train.augmentation import Augmented
from secateur.train.checkpoint import Checkpoint
from secateur.train.dropout import LayerGenerators
from secateur.train.epoch import (
    ERROR,
    compile_blocks,
    compile_epoch,
    compile_model,
    compile_steps,
)
from secateur.train.fit import fit
from secateur.train.objective import Lesson
from secateur.train.tensorboard_log import TensorBoardLog


class Trained(NamedTuple):
    """One finished training. The next seed reuses `model`: save it first."""

    seed: int
    model: keras.Model
    curves: list[dict[str, float]]  # one row per epoch: seed, epoch (from 1), loss, …

    @property
    def diverged(self) -> bool:
        """Whether its loss stopped being finite, which ended the training."""
        return diverged(self.curves)


def diverged(curves: Sequence[Mapping[str, float]]) -> bool:
    """Whether a training's loss stopped being finite in its last epoch."""
    return bool(curves) and not outcome.finite(curves[-1])


def train_seeds(
    task: Task,
    name: str,
    models: Collection[tuple[int, keras.Model]],
    train: Rows,
    validation: Rows,
    training: Training,
    *,
    epochs: int,
    patience: int | None,
    wrap: Callable[[keras.Model], keras.Model] = lambda model: model,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    stop_from: int = 0,
    first_epoch: int = 0,
    monitor: str = "val_loss",
    restore_best: bool = False,
    distill: Distill | None = None,
    teachers: Mapping[int, keras.Model] | None = None,
    logs_folder: Path | None = None,
    checkpoints: Sequence[Path] = (),
    verbose: bool = True,
) -> Iterator[Trained]:
    """Train each seed's model on the task's loss and yield it when its training ends.

    A seed whose loss is not finite stops after that epoch, and a line says so.

    Args:
        task: the task whose loss is minimized.
        name: the model's name in messages.
        models: seeds with their starting models, all of one architecture. Training overwrites
            the first model's weights. A seed may occur more than once.
        train: the training rows.
        validation: the rows that the validation loss is measured on.
        training: optimizer, learning rate, batch size.
        epochs: the maximum number of epochs.
        patience: epochs without a better `monitor` before training stops; None: never.
        wrap: adds pruning wrappers. It is called once, and the seeds share its result.
        callbacks: more Keras callbacks. They may add figures to an epoch's `logs`.
        stop_from: the first epoch (from 0) that early stopping considers.
        first_epoch: what the orders of rows, and augmentation, take the first epoch for (from 0).
        monitor: what early stopping watches, of `recipes.stopping.MONITORS`.
        restore_best: whether the network is that of the best epoch by `monitor`, of those that
            early stopping considers, and not that of the last. The curves then end with it.
        distill: how training follows teachers; None: it does not.
        teachers: by seed, a network of the models' outputs, all of one architecture.
        logs_folder: gets one TensorBoard folder per seed, in place of an earlier training's.
        checkpoints: for each of the models, a file that its training is kept in now and then, and
            goes on from if an earlier process left it; without any, nothing is kept.
        verbose: whether to print a line when a seed has finished.

    Raises:
        InputError: a batch is larger than the data, or models and data do not fit.
    """
    if logs_folder:
        tensorboard_log.forget(logs_folder / f"seed_{seed}" for seed, _ in models)
    training.check_rows(len(train.x))
    _check_shapes(task, name, models, train, validation)
    starts = [(seed, model.get_weights()) for seed, model in models]
    shared = next(iter(models))[1]
    model = wrap(shared)
    weights = class_weights(training, task, train.y)
    built = optimizer.build(training, len(train.x), epochs)
    taught = teachers if distill and teachers else {}
    lessons = {seed: teacher.get_weights() for seed, teacher in taught.items()}
    lesson = Lesson(task, distill, next(iter(taught.values()))) if distill and taught else None
    minimized = objective.of(task, training.label_smoothing, lesson)
    watched = monitoring.metric(monitor, task, max(2, *shared.output_shape[1:]))
    compile_model(
        model, task.loss, objective=minimized, monitored=watched, weighted=weights is not None,
        optimizer=built,
    )  # fmt: skip
    generators = LayerGenerators(model)
    epoch = _epoch_over(model, training, train, validation, weights, lesson)
    # Each seed resets masks, thresholds, pruning steps and optimizer slots. Otherwise the second
    # seed would start pruned and in the middle of its schedule.
    state = [*model.variables, *optimizer.state(model.optimizer)]
    initial_values = [variable.numpy() for variable in state]

    for (seed, weights), path in itertools.zip_longest(starts, checkpoints):
        for variable, value in zip(state, initial_values, strict=True):
            variable.assign(value)
        shared.set_weights(weights)
        if lesson:
            lesson.teacher.set_weights(lessons[seed])
        generators.restart(seed)
        history = keras.callbacks.History()
        stop = keras.callbacks.EarlyStopping(
            monitor, mode="min" if monitor in LOWER_IS_BETTER else "max",
            patience=patience or epochs, start_from_epoch=stop_from,
            restore_best_weights=restore_best,
        )  # fmt: skip
        logs = [TensorBoardLog(logs_folder / f"seed_{seed}")] if logs_folder else []
        title, own = f"{name}, seed {seed}", [*logs, history, stop]
        changing = [*state, *generators.states()]
        checkpoint = [Checkpoint(path, title, changing, stop, own, epochs)] if path else []
        callback_list = keras.callbacks.CallbackList([*callbacks, *own, *checkpoint], model=model)

        def train_epoch(number: int, seed: int = seed) -> dict[str, float]:
            number += first_epoch
            result = epoch(batch_order(seed, number, len(train.x)), seed, number)
            names = {monitoring.NAME: monitor}
            return {names.get(key, key): float(value) for key, value in result.items()}

        fit(title, task, train_epoch, callback_list, history, epochs)
        generators.restore_types()
        whole = Trained(seed, model, outcome.curves(seed, history.history))
        kept = whole
        if stop.best_weights is not None:
            kept = whole._replace(curves=whole.curves[: stop.best_epoch + 1])
        if verbose or whole.diverged:
            curves = (whole.curves, kept.curves)
            print(outcome.summary(title, task, *curves, train, training), flush=True)
        yield kept


def _epoch_over(
    model: keras.Model,
    training: Training,
    train: Rows,
    validation: Rows,
    weights: np.ndarray | None,
    lesson: Lesson | None,
) -> Callable[[np.ndarray, int, int], dict[str, tf.Tensor]]:
    """Return a function that trains for one epoch in an order of the rows, and validates.

    It takes the order, and for augmentation the seed and the epoch. The network decides how a step
    runs, and how much there is of the data how it is read; nothing else does.
    """
    by_step = runs_by_step(model)
    compiled = compile_steps if by_step else compile_blocks
    if training.augmentation:
        augmented = Augmented(train.x, training.augmentation)
        by_block = compiled(model, training.batch_size, weights, lesson)

        def augmented_epoch(order: np.ndarray, seed: int, number: int) -> dict[str, tf.Tensor]:
            x = augmented.of_epoch(seed, number)
            y = x if train.y is train.x else train.y  # an autoencoder gives back what it gets
            return by_block(Rows(x, y), order, validation)

        return augmented_epoch
    if by_step or not all(isinstance(rows.x, np.ndarray) for rows in (train, validation)):
        by_block = compiled(model, training.batch_size, weights, lesson)
        return lambda order, seed, number: by_block(train, order, validation)
    epoch = compile_epoch(model, training.batch_size, weights, lesson)
    x, y, x_val, y_val = (tf.constant(values) for values in (*train, *validation))
    return lambda order, seed, number: epoch(x, y, tf.constant(order), x_val, y_val)


def class_weights(training: Training, task: Task, targets: np.ndarray) -> np.ndarray | None:
    """Return each class's weight (classes,) by the training targets (n, 1); None: all count alike.

    The weights are scikit-learn's: rows / (classes * rows of the class).
    """
    if training.class_weight is None or task.name == "regression":
        return None
    from sklearn.utils.class_weight import compute_class_weight  # takes a second to import

    y = targets[:, 0].astype(int)
    weights: np.ndarray = compute_class_weight("balanced", classes=np.arange(y.max() + 1), y=y)
    return weights


Seed = TypeVar("Seed", bound=tuple[int, Any, list[dict[str, Any]]])  # its network, its curves


def some_converge(trainings: Iterable[Seed]) -> Iterator[Seed]:
    """Pass trainings on; raise InputError after the last if all have diverged."""
    all_diverged = True
    for trained in trainings:
        all_diverged = all_diverged and diverged(trained[2])
        yield trained
    if all_diverged:
        raise InputError(
            "the training of every seed diverged: there is no network to prune; the lines above "
            "name the epoch and what to change in params.yaml"
        )


def pretrained(
    task: Task,
    model: keras.Model,
    seeds: Sequence[int],
    train: Rows,
    validation: Rows,
    encoding: Encoding,
) -> Iterator[Trained]:
    """Yield a user's trained model for every seed instead of training; its losses are epoch 0.

    `encoding` says what the rows are, for a message.

    Raises:
        InputError: model and data do not fit, or the model predicts no better than a guess.
    """
    _check_shapes(task, "baseline", [(seeds[0], model)], train, validation)
    compile_model(model, task.loss, jit_compile=True)
    found = [
        model.evaluate(_Batches(model, rows), verbose=0, return_dict=True)
        for rows in (train, validation)
    ]
    losses = [figures.get(ERROR, figures["loss"]) for figures in found]
    curve = {"epoch": 0, **dict(zip(("loss", "val_loss"), losses, strict=True)), "sparsity": 0.0}
    guess = guessed(task, validation.targets())
    if not curve["val_loss"] < guess:
        raise InputError(
            f"params.yaml: model.file: the model's {task.label} on the validation rows is "
            f"{curve['val_loss']:.4g}, no better than {task.guess} ({guess:.4g}). "
            + trained_on.question(encoding, validation)
        )
    print(f"baseline, pretrained: validation {task.label} {curve['val_loss']:.4g}", flush=True)
    for seed in seeds:
        yield Trained(seed, model, [{"seed": seed, **curve}])


class _Batches(keras.utils.Sequence):
    """Rows as Keras reads them, some at a time."""

    def __init__(self, model: keras.Model, rows: Rows) -> None:
        self.rows, self.step = rows, rows_at_once(largest_output(model))

    def __len__(self) -> int:
        return math.ceil(len(self.rows.x) / self.step)

    def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        some = slice(number * self.step, (number + 1) * self.step)
        return self.rows.x[some], self.rows.y[some]


def batch_order(seed: int, epoch: int, rows: int) -> np.ndarray:
    """Return the row order (rows,) of an epoch; every recipe of a seed gets the same."""
    return np.random.default_rng([seed, epoch]).permutation(rows).astype(np.int32)


def _check_shapes(
    task: Task,
    name: str,
    models: Collection[tuple[int, keras.Model]],
    train: Rows,
    validation: Rows,
) -> None:
    inputs = train.x.shape[1:]
    if validation.x.shape[1:] != inputs:
        raise InputError(
            f"{name}: inputs {inputs} to train on, {validation.x.shape[1:]} to validate on"
        )
    config = next(iter(models))[1].get_config()
    for seed, model in models:
        outputs = model.output_shape[1:]
        fits = len(outputs) == 1 and outputs != (1,)
        if task.name != "multiclass":
            fits = outputs == tuple(train.y.shape[1:])
        if model.input_shape[1:] != inputs or not fits:
            raise InputError(
                f"{name}: the model of seed {seed} takes {model.input_shape[1:]} and gives "
                f"{outputs}; that does not fit inputs {inputs} and task {task.name}"
            )
        if model.get_config() != config:
            raise InputError(f"{name}: the model of seed {seed} is not built like the first one's")
