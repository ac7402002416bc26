"""The trade-off curve: pruned networks beside what the literature asks to compare them with."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from secateur.arrays.tables import Rows
from secateur.compress import masks, pruning
from secateur.core.tasks import Task
from secateur.export.compaction import compact_model
from secateur.keras_io.backend import keras
from secateur.network import listed
from secateur.network.model import Model
from secateur.trade_off.points import TradeOff
from secateur.train.training import Trained, train_seeds

Runs = Collection[tuple[int, keras.Model]]


class Point(NamedTuple):
    """A trained model of one kind, sparsity and seed, compacted."""

    kind: str  # pruned, random, smaller or dense
    sparsity: float  # of the kernels, as asked for; 0 for dense
    seed: int
    model: keras.Model
    inputs: list[int] | None  # those that it still reads; None: all


class Curve(NamedTuple):
    """What every point is trained from and on."""

    task: Task
    settings: TradeOff
    baseline: Mapping[int, keras.Model]  # by seed
    model: Model
    baseline_epochs: int
    train: Rows
    validation: Rows

    def points(self) -> Iterator[Point]:
        """Train every point.

        For each sparsity, of networks as long trained as each other: `pruned` from the baseline
        by a polynomial schedule (Zhu & Gupta 2017); `random`, from the baseline with random masks
        of the same sparsity in each layer; `smaller`, a dense network from new weights with as
        many parameters as survived; and `dense`, the baseline trained on (Blalock et al. 2020).
        """
        starts = {seed: model.get_weights() for seed, model in self.baseline.items()}
        dense = self._train("dense", self.baseline.items())
        yield from (_point("dense", 0.0, trained) for trained in dense)
        runs = [(s, seed) for s in self.settings.sparsities for seed in self.baseline]
        survived: dict[float, list[int]] = {}
        for kind in (self._pruned, self._random):
            for seed, model in self.baseline.items():  # training has left it other weights
                model.set_weights(starts[seed])
            for point in kind(runs):
                if point.kind == "pruned":
                    left = sum(int(np.count_nonzero(w)) for w in point.model.get_weights())
                    survived.setdefault(point.sparsity, []).append(left)
                yield point
        yield from self._smaller({s: float(np.median(counts)) for s, counts in survived.items()})

    def _train(
        self,
        name: str,
        models: Collection[tuple[int, keras.Model]],
        more_epochs: int = 0,
        **how: Any,
    ) -> Iterator[Trained]:
        print(f"trade_off: training {len(models)} models, {name}", flush=True)
        return train_seeds(
            self.task, f"trade_off, {name}", models, self.train, self.validation,
            self.settings.training, epochs=self.settings.epochs + more_epochs, patience=None,
            tell=False, **how,
        )  # fmt: skip

    def _warm(self, kind: str, runs: list[tuple[float, int]], **how: Any) -> Iterator[Point]:
        """From the baseline, with wrappers, once for each sparsity and seed."""
        models = [(seed, self.baseline[seed]) for _, seed in runs]
        for (sparsity, _), trained in zip(runs, self._train(kind, models, **how), strict=True):
            yield _point(kind, sparsity, trained)

    def _pruned(self, runs: list[tuple[float, int]]) -> Iterator[Point]:
        recipe = self.settings.pruned(runs[0][0], len(self.train.x))
        decay = pruning.schedule(recipe.schedule)
        final = masks.FinalSparsity(decay, (sparsity for sparsity, _ in runs))
        return self._warm(
            "pruned", runs,
            wrap=lambda model: pruning.wrap(model, recipe, decay),
            callbacks=[masks.PruningStep(), final],
        )  # fmt: skip

    def _random(self, runs: list[tuple[float, int]]) -> Iterator[Point]:
        recipe = self.settings.masked()
        return self._warm(
            "random", runs,
            wrap=lambda model: pruning.wrap(model, recipe),
            callbacks=[masks.PruningStep(), masks.RandomMasks(runs)],
        )  # fmt: skip

    def _smaller(self, parameters: Mapping[float, float]) -> Iterator[Point]:
        """By sparsity, dense networks of about so many parameters."""
        inputs = self.train.x.shape[1:]
        outputs = next(iter(self.baseline.values())).output_shape[1]
        widths = {s: listed.units_of(n, inputs, outputs) for s, n in parameters.items()}
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
