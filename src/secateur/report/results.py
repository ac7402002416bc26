"""The results of the earlier stages, as the report reads them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from secateur.choosing import choice
from secateur.choosing.choice import Evidence
from secateur.core.tasks import Task
from secateur.data.found import Findings
from secateur.recipes.recipe import Recipe
from secateur.recipes.stopping import Monitor
from secateur.recipes.training import Training
from secateur.report.budget import Budget
from secateur.report.contact_sheet import Strip
from secateur.report.references import Reference
from secateur.search.record import Record

Kernels = Mapping[str, np.ndarray]  # by layer
BySeed = Mapping[str, Mapping[int, Any]]  # by model and seed
Inputs = Mapping[str, Mapping[str, Sequence[int] | None]]  # by model and seed; None: all


class Data(NamedTuple):
    """What the rows hold."""

    task: Task
    target: str  # its name, or several names
    features: Sequence[str] = ()  # one per input column; empty: images
    classes: Sequence[str] = ()
    std: float | None = None  # of the target over the training rows; None: not standardized
    outputs: Sequence[str] = ()  # names of several targets, as the metrics have them
    standardized: bool = False  # each of several targets
    autoencoder: bool = False  # the inputs are the targets, as the network gets them
    friedman: bool = False  # Friedman #1: the first few inputs make y, the rest is noise


class Results(NamedTuple):
    """Everything the report shows; models are in the order of the tables, baseline first."""

    data: Data
    models: Sequence[str]
    recipes: Mapping[str, Recipe]
    training: Training  # for recipes without their own
    references: Sequence[Reference]
    evaluation: Mapping[str, Any]  # by model, in the order of `models`; `sizes` likewise
    sizes: Mapping[str, Any]
    validation: Mapping[str, Any]  # of validation rows: how many, a guess's error, how sure it is
    controls: Mapping[str, Any]  # by recipe that removes channels, and by control: its figures
    precision: Mapping[str, Any]  # by recipe with a file `mixed`: the choice, and each cost
    channel_groups: Mapping[str, Any]  # as `network.channel_groups` describes the network
    left_out: Mapping[str, Mapping[str, Mapping[str, str]]]  # by model, artifact, seed: why
    floors: Sequence[str]  # artifacts that the size table shows an entropy floor for
    curves: pd.DataFrame  # model, seed, epoch, loss, val_loss, sparsity
    points: pd.DataFrame  # of the trade-off curve: kind, seed, sparsity, gzip_bytes, errors
    costs: Mapping[str, Any]  # what each file costs on a device: by model and artifact
    cost_devices: Mapping[str, Any]  # what counted those: versions, accelerator, memory
    curve_costs: pd.DataFrame  # of the trade-off curve's files: kind, sparsity, seed, type, costs
    measured: Mapping[str, Any]  # by device, the times that were measured there
    hashes: Mapping[str, str]  # SHA-256 of the present files that `measured` names
    budget: Budget
    output: str  # the baseline's last activation, by Keras's name
    true: np.ndarray  # (n,), of the test set; (n, k) of several targets
    predicted: BySeed  # by the stripped model: (n,), or (n, k) of several classes or targets
    before: BySeed  # `Kernels` that pruning started from
    after: BySeed  # `Kernels` of the stripped model
    compacted: BySeed  # `Kernels` of the compacted model
    inputs: Inputs  # that the compacted model reads
    found: Findings  # what the source holds
    pictures: Sequence[Strip] = ()  # a few training rows of each class, if they are pictures
    searches: Mapping[str, Record] = MappingProxyType({})  # by recipe
    best_baseline: Monitor | None = None  # whose best epoch the baseline is of; None: its last

    def evidence(self, model: str) -> Evidence:
        """Return what may choose of a model."""
        return choice.evidence(self.sizes[model], self._over_budget(model))

    def _over_budget(self, model: str) -> list[str]:
        """Return the artifacts that break what the budget says of the file that ships.

        Where one does, so do those whose costs are not counted.
        """
        most, costs = self.budget.given(), self.costs.get(model, {})
        found = [
            artifact
            for artifact, own in costs.items()
            if any(
                cost in most and figure is not None and figure > most[cost]
                for cost, figure in (
                    ("file_bytes", own.get("bytes", {}).get("median")),
                    ("macs", own.get("macs", {}).get("median")),
                    ("latency_ratio", self._slowest(f"{model}/{artifact}")),
                )
            )
        ]
        return found and [*found, *(name for name in self.sizes[model] if name not in costs)]

    def _slowest(self, key: str) -> float | None:
        """Return the largest ratio of a file's time, of devices that measured the very file."""
        found = [device.files.get(key) for device in self.measured.values()]
        ratios = [
            file.xnnpack.ratio.median
            for file in found
            if file is not None
            and file.sha256 == self.hashes.get(key)
            and getattr(file.xnnpack, "ratio", None)
        ]
        return max(ratios, default=None)

    def ships(self, model: str) -> str:
        """Return a model's artifact to ship."""
        return self.evidence(model).ships

    def best_seed(self, model: str) -> int:
        """Return the seed with the lowest validation error."""
        return self.evidence(model).best_seed

    def elsewhere(self) -> bool:
        """Return whether the baseline is a pretrained model: its curve has only epoch 0."""
        epochs = self.curves.loc[self.curves["model"] == "baseline", "epoch"]
        return not epochs.empty and bool((epochs == 0).all())

    def of_best_epochs(self) -> dict[str, str]:
        """Return the models that are of their best epoch, each with what it is best by."""
        best = {name: r.monitor for name, r in self.recipes.items() if r.restore_best}
        if self.best_baseline and not self.elsewhere():
            best = {"baseline": self.best_baseline, **best}
        return {name: monitor for name, monitor in best.items() if name in self.models}

    def seeds(self) -> int:
        """Return the number of seeds."""
        return len(self.evaluation["baseline"]["stripped"][self.data.task.metric]["seeds"])
