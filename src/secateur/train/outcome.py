"""What came of a training: its curves, and the line that tells of it."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from secateur.arrays.rows import Rows
from secateur.core.tasks import Task
from secateur.recipes.training import Training

LARGE = 1000  # inputs or targets beyond are likely not scaled
Curves = Sequence[Mapping[str, float]]


def finite(figures: Mapping[str, float]) -> bool:
    """Return whether the losses of an epoch are finite."""
    return math.isfinite(figures["loss"]) and math.isfinite(figures["val_loss"])


def summary(
    title: str, task: Task, whole: Curves, kept: Curves, train: Rows, training: Training
) -> str:
    """Return a line with the number of epochs, the validation loss, and what went wrong.

    `kept` are the curves of the network that is kept: all of them, or those to a restored epoch.
    """
    epochs, last = len(whole), kept[-1]
    restored = f", epoch {last['epoch']} restored" if len(kept) < epochs else ""
    if not finite(whole[-1]):
        return _divergence(title, whole[-1], train, training) + restored
    return f"{title}: {epochs} epochs{restored}, validation {task.label} {last['val_loss']:.4g}"


def _divergence(title: str, last: Mapping[str, float], train: Rows, training: Training) -> str:
    """Say when a training diverged, what the likely cause is, and what to change."""
    inputs = max(np.abs(block).max() for block in train.blocks())
    largest = {"inputs": inputs, "targets": np.abs(train.targets()).max()}
    scaled = [f"{what} up to {size:.3g}" for what, size in largest.items() if size > LARGE]
    return (
        f"warning: {title}: diverged in epoch {last['epoch']}: training loss {last['loss']:.4g}, "
        f"validation loss {last['val_loss']:.4g}; "
        + (
            f"the rows hold {' and '.join(scaled)}: set data.standardize: true"
            if scaled
            else f"likely the learning rate of {training.learning_rate:g} "
            f"({training.optimizer}) is too high, or the weights that it started from are too large"
        )
    )


def curves(seed: int, history: Mapping[str, list[float]]) -> list[dict[str, float]]:
    """Turn Keras's History into one row per epoch; sparsity is 0 where it has none."""
    sparsity = history.get("sparsity", [0.0] * len(history["loss"]))
    epochs = zip(history["loss"], history["val_loss"], sparsity, strict=True)
    return [
        {"seed": seed, "epoch": number, "loss": loss, "val_loss": val_loss, "sparsity": zeros}
        for number, (loss, val_loss, zeros) in enumerate(epochs, start=1)
    ]
