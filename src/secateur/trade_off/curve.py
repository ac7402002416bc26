"""The trade-off curve: pruned networks beside the controls that the literature recommends."""

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from secateur.arrays.rows import Rows
from secateur.compress import masks, pruning
from secateur.compress.sparsity import layers
from secateur.core.tasks import Task
from secateur.export.compaction import compact_model
from secateur.keras_io.backend import keras
from secateur.network import listed
from secateur.network.model import Model
from secateur.recipes.scopes import prunable
from secateur.trade_off.points import TradeOff
from secateur.train.training import Trained, train_seeds


class Point(NamedTuple):
    """A trained model of one kind, sparsity and seed, compacted."""

    kind: str  # pruned, random, smaller or dense
    sparsity: float  # target for the kernels; 0 for dense
    seed: int
    model: keras.Model
    inputs: list[int] | None  # that the model still reads; None: all


class Curve(NamedTuple):
    """The models and rows that every point is trained from."""

    task: Task
    settings: TradeOff
    baseline: Mapping[int, keras.Model]  # by seed
    model: Model
    baseline_epochs: int
    train: Rows
    validation: Rows

    def points(self) -> Iterator[Point]:
        """Train and yield every point; all train equally long, the baseline's epochs included.

        `dense` trains the baseline further. For each sparsity, `pruned` prunes the baseline's
        layers that tfmot can prune, by a polynomial schedule (Zhu & Gupta 2017), `random` gives
        each of them a random mask of that sparsity, and `smaller` trains a dense network from new
        weights with as many parameters as survived pruning (Blalock et al. 2020).
        """
        starts = {seed: model.get_weights() for seed, model in self.baseline.items()}
        dense = self._train("dense", self.baseline.items())
        yield from (_point("dense", 0.0, trained) for trained in dense)
        runs = [(s, seed) for s in self.settings.sparsities for seed in self.baseline]
        survived: dict[float, list[int]] = {}
        for kind in (self._pruned, self._random):
            for seed, model in self.baseline.items():  # the training before changed them
                model.set_weights(starts[seed])
            for point in kind(runs):
                if point.kind == "pruned":
                    remaining = sum(int(np.count_nonzero(w)) for w in point.model.get_weights())
                    survived.setdefault(point.sparsity, []).append(remaining)
                yield point
        yield from self._smaller({s: float(np.median(counts)) for s, counts in survived.items()})

    def _scope(self) -> list[str]:
        """Return each layer that tfmot can prune; the others stay whole."""
        return prunable(layers(next(iter(self.baseline.values()))))

    def _train(
        self,
        name: str,
        models: Collection[tuple[int, keras.Model]],
        extra_epochs: int = 0,
        **options: Any,
    ) -> Iterator[Trained]:
        print(f"trade_off: training {len(models)} models, {name}", flush=True)
        return train_seeds(
            self.task, f"trade_off, {name}", models, self.train, self.validation,
            self.settings.training, epochs=self.settings.epochs + extra_epochs, patience=None,
            verbose=False, **options,
        )  # fmt: skip

    def _from_baseline(
        self, kind: str, runs: list[tuple[float, int]], **options: Any
    ) -> Iterator[Point]:
        """Train the wrapped baseline once for each sparsity and seed."""
        models = [(seed, self.baseline[seed]) for _, seed in runs]
        for (sparsity, _), trained in zip(runs, self._train(kind, models, **options), strict=True):
            yield _point(kind, sparsity, trained)

    def _pruned(self, runs: list[tuple[float, int]]) -> Iterator[Point]:
        recipe = self.settings.pruned(runs[0][0], len(self.train.x), self._scope())
        decay = pruning.schedule(recipe.each[""])
        final = masks.FinalSparsity(decay, (sparsity for sparsity, _ in runs))
        return self._from_baseline(
            "pruned", runs,
            wrap=lambda model: pruning.wrap(model, recipe, decay),
            callbacks=[masks.PruningStep(), final],
        )  # fmt: skip

    def _random(self, runs: list[tuple[float, int]]) -> Iterator[Point]:
        recipe = self.settings.masked(self._scope())
        return self._from_baseline(
            "random", runs,
            wrap=lambda model: pruning.wrap(model, recipe),
            callbacks=[masks.PruningStep(), masks.RandomMasks(runs)],
        )  # fmt: skip

    def _smaller(self, parameters: Mapping[float, float]) -> Iterator[Point]:
        """Train dense networks with about as many `parameters`, given by sparsity."""
        inputs = self.train.x.shape[1:]
        shape = next(iter(self.baseline.values())).output_shape[1:]
        outputs = shape[0] if len(shape) == 1 else shape
        widths = {s: listed.units_of(n, inputs, math.prod(shape)) for s, n in parameters.items()}
        for units in dict.fromkeys(widths.values()):
            sparsities = [s for s in widths if widths[s] == units]
            own = listed.one_hidden(self.model, units, inputs)
            models = [
                (seed, listed.build(own, inputs, outputs, self.task, seed))
                for seed in self.baseline
            ]
            name = f"smaller: {units} hidden units"
            for trained in self._train(name, models, self.baseline_epochs):
                for sparsity in sparsities:
                    yield _point("smaller", sparsity, trained)


def _point(kind: str, sparsity: float, trained: Trained) -> Point:
    return Point(kind, sparsity, trained.seed, *compact_model(pruning.strip(trained.model)))
