"""The results that the stages before the report have written."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from secateur.core.tasks import Task
from secateur.recipes.recipe import Recipe
from secateur.recipes.training import Training
from secateur.report.references import Reference

Kernels = Mapping[str, np.ndarray]  # by layer
BySeed = Mapping[str, Mapping[int, Any]]  # by model and seed
Inputs = Mapping[str, Mapping[str, Sequence[int] | None]]  # by model and seed; None: all of them


class Data(NamedTuple):
    """What the rows are."""

    task: Task
    target: str  # its name
    features: Sequence[str] = ()  # one for each column of inputs; none: images
    classes: Sequence[str] = ()
    std: float | None = None  # of a standardized target's training rows; None: as it came
    friedman: bool = False  # whose inputs are known: the first few make y, the rest is noise


class Results(NamedTuple):
    """Models are in the order of the tables, the baseline first."""

    data: Data
    models: Sequence[str]
    recipes: Mapping[str, Recipe]
    training: Training  # of the recipes without their own
    references: Sequence[Reference]
    evaluation: Mapping[str, Any]  # by model, in the order of `models`, like `sizes`
    sizes: Mapping[str, Any]
    floors: Sequence[str]  # artifacts whose weights' entropy is shown as the floor of their size
    curves: pd.DataFrame  # model, seed, epoch, loss, val_loss, sparsity
    points: pd.DataFrame  # of the trade-off curve: kind, seed, sparsity, gzip_bytes, error
    output: str  # the baseline's last activation, by Keras's name
    true: np.ndarray  # (n,), of the test set
    predicted: BySeed  # (n,), or (n, classes) of several, by the stripped model
    before: BySeed  # `Kernels` that pruning started from
    after: BySeed  # of the stripped model
    compacted: BySeed  # without what is dead
    inputs: Inputs  # that the compacted model reads

    def best_seed(self, model: str) -> int:
        """The seed with the lowest validation loss in its last epoch; test rows do not choose."""
        own = self.curves[self.curves["model"] == model]
        last = own.loc[own.groupby("seed")["epoch"].idxmax()].fillna({"val_loss": math.inf})
        return int(last.sort_values(["val_loss", "seed"])["seed"].iloc[0])

    def elsewhere(self) -> bool:
        """Whether the baseline is a model that came trained: its curve has no epoch of training."""
        epochs = self.curves.loc[self.curves["model"] == "baseline", "epoch"]
        return not epochs.empty and bool((epochs == 0).all())

    def seeds(self) -> int:
        """How many there are."""
        return len(self.evaluation["baseline"]["stripped"][self.data.task.metric]["seeds"])
