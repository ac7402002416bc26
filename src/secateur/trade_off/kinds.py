"""How the networks of each kind of point are trained: pruned ones and their controls."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from secateur.arrays.rows import Rows
from secateur.compress import masks, pruning
from secateur.compress.sparsity import layers
from secateur.core.tasks import Task
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.network import listed
from secateur.network.model import Model
from secateur.recipes.scopes import prunable
from secateur.trade_off.points import TradeOff
from secateur.train import by_step_cost
from secateur.train.training import Trained, train_seeds

Unit = tuple[float, int]  # a sparsity and a seed


class Given(NamedTuple):
    """What every point is trained from."""

    task: Task
    settings: TradeOff
    starts: Mapping[int, Path]  # by seed: the file of the baseline
    model: Model
    baseline_epochs: int
    rows: Callable[[], tuple[Rows, Rows]]  # reads the training and the validation rows

    def baseline(self, seed: int) -> keras.Model:
        """Load the baseline of a seed."""
        return h5_files.load(self.starts[seed], self.model.safe_mode)


class Kind(NamedTuple):
    """The trainings of one kind, as `train.seeds_apart.Runs`; their networks come stripped.

    All start from the baseline. Those of a sparsity share one program.
    """

    given: Given
    kind: str  # dense, pruned or random
    runs: list[Unit]  # the sparsity of dense is 0

    @property
    def name(self) -> str:
        """What messages call them together."""
        return f"trade_off, {self.kind}"

    def units(self) -> list[Unit]:
        """Return each one's sparsity and seed."""
        return self.runs

    def label(self, unit: Unit) -> str:
        """Return what messages call one."""
        return f"sparsity {unit[0]:g} of seed {unit[1]}"

    def facts(self, unit: Unit) -> tuple[Any, list[Path]]:
        """Return what one follows from, and the file of its baseline."""
        return unit, [self.given.starts[unit[1]]]

    def settings(self) -> Any:
        """Return what all follow from; the other sparsities change none."""
        settings = self.given.settings.model_dump(exclude={"sparsities"})
        return [self.given.task.name, self.kind, settings]

    def seconds(self) -> float:
        """Return about how long one takes step by step; 0 for a network that is compiled."""
        given, settings = self.given, self.given.settings
        model = given.baseline(self.runs[0][1])
        return by_step_cost.seconds(model, given.rows()[0], settings.training, settings.epochs)

    def run(self, units: Sequence[Unit], checkpoints: Sequence[Path]) -> Iterator[Trained]:
        """Train some in this process, in order; each has a file for its checkpoints."""
        train, validation = self.given.rows()
        models = {seed: self.given.baseline(seed) for _, seed in units}
        how = self._how(units, next(iter(models.values())), len(train.x))
        settings = self.given.settings
        trained = train_seeds(
            self.given.task, self.name, [(seed, models[seed]) for _, seed in units], train,
            validation, settings.training, epochs=settings.epochs, patience=None, verbose=False,
            checkpoints=checkpoints, **how,
        )  # fmt: skip
        return map(_stripped, trained)

    def _how(self, units: Sequence[Unit], model: keras.Model, rows: int) -> dict[str, Any]:
        """Return how a kind prunes, as `train_seeds` takes it."""
        if self.kind == "dense":
            return {}
        scope = prunable(layers(model))  # each layer that tfmot can prune; the others stay whole
        if self.kind == "random":
            recipe = self.given.settings.masked(scope)
            return {
                "wrap": lambda model: pruning.wrap(model, recipe),
                "callbacks": [masks.PruningStep(), masks.RandomMasks(units)],
            }
        recipe = self.given.settings.pruned(units[0][0], rows, scope)
        decay = pruning.schedule(recipe.each[""])
        final = masks.FinalSparsity(decay, [sparsity for sparsity, _ in units])
        return {
            "wrap": lambda model: pruning.wrap(model, recipe, decay),
            "callbacks": [masks.PruningStep(), final],
        }


class Smaller(NamedTuple):
    """Dense networks with one hidden layer of so many units, by seed; as `seeds_apart.Runs`."""

    given: Given
    hidden: int

    @property
    def name(self) -> str:
        """What messages call them together."""
        return f"trade_off, smaller: {self.hidden} hidden units"

    def units(self) -> list[int]:
        """Return the seeds."""
        return list(self.given.starts)

    def label(self, unit: int) -> str:
        """Return what messages call one."""
        return f"seed {unit}"

    def facts(self, unit: int) -> tuple[Any, list[Path]]:
        """Return what one follows from: no network's file."""
        return unit, []

    def settings(self) -> Any:
        """Return what all follow from."""
        given = self.given
        return [given.task.name, self.hidden, given.settings.model_dump(exclude={"sparsities"}),
                given.baseline_epochs, given.model.model_dump(mode="json")]  # fmt: skip

    @property
    def epochs(self) -> int:
        """How long they train: as long as the baseline and a point together."""
        return self.given.settings.epochs + self.given.baseline_epochs

    def seconds(self) -> float:
        """Return about how long one takes step by step; 0 for a network that is compiled."""
        rows, _ = self.given.rows()
        (_, model), *_ = self._models(self.units()[:1], rows)
        return by_step_cost.seconds(model, rows, self.given.settings.training, self.epochs)

    def run(self, units: Sequence[int], checkpoints: Sequence[Path]) -> Iterator[Trained]:
        """Train some in this process."""
        given = self.given
        train, validation = given.rows()
        return train_seeds(
            given.task, self.name, self._models(units, train), train, validation,
            given.settings.training, epochs=self.epochs, patience=None, verbose=False,
            checkpoints=checkpoints,
        )  # fmt: skip

    def _models(self, units: Sequence[int], rows: Rows) -> list[tuple[int, keras.Model]]:
        inputs, outputs = rows.x.shape[1:], outputs_of(self.given)
        own = listed.one_hidden(self.given.model, self.hidden, inputs)
        task = self.given.task
        return [(seed, listed.build(own, inputs, outputs, task, seed)) for seed in units]


def outputs_of(given: Given) -> int | tuple[int, ...]:
    """Return how many outputs the baseline has, or the shape of an autoencoder's."""
    shape: tuple[int, ...] = given.baseline(next(iter(given.starts))).output_shape[1:]
    return shape[0] if len(shape) == 1 else shape


def hidden_units(given: Given, parameters: float, inputs: Sequence[int]) -> int:
    """Return the hidden units of a dense network with about as many parameters."""
    outputs = outputs_of(given)
    return listed.units_of(
        parameters, inputs, outputs if isinstance(outputs, int) else math.prod(outputs)
    )


def _stripped(trained: Trained) -> Trained:
    return trained._replace(model=pruning.strip(trained.model))
