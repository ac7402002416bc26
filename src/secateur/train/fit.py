"""Run the epochs of a training and call Keras's callbacks as its `fit` does."""

from collections.abc import Callable

from secateur.core.tasks import Task
from secateur.keras_io.backend import keras
from secateur.train import outcome, progress


def fit(
    title: str,
    task: Task,
    train_epoch: Callable[[int], dict[str, float]],
    callbacks: keras.callbacks.CallbackList,
    history: keras.callbacks.History,
    epochs: int,
) -> None:
    """Train to the last epoch, or until a callback or a loss that is not finite ends it.

    `history` is one of the callbacks. What it holds when training has begun is not trained again:
    a checkpoint has put it there.
    """
    model = callbacks.model
    model.stop_training = False
    callbacks.on_train_begin()
    logs = {key: values[-1] for key, values in history.history.items()}
    with progress.shown(title, task.label, epochs) as show:
        while len(history.epoch) < epochs and not (model.stop_training or _diverged(logs)):
            number = len(history.epoch)
            callbacks.on_epoch_begin(number)
            logs = train_epoch(number)
            callbacks.on_epoch_end(number, logs)
            show(number + 1, logs["loss"], logs["val_loss"])
    callbacks.on_train_end(logs)


def _diverged(logs: dict[str, float]) -> bool:
    return bool(logs) and not outcome.finite(logs)
