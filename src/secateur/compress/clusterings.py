"""The clustering of each seed's compacted network, which has an architecture of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from secateur.arrays.rows import Rows
from secateur.compress import clustering
from secateur.core.tasks import Task
from secateur.keras_io import h5_files
from secateur.recipes.clustering import Clustering
from secateur.recipes.training import Training
from secateur.train import by_step_cost
from secateur.train.training import Trained


class Clusterings(NamedTuple):
    """As `train.seeds_apart.Runs`."""

    task: Task
    recipe: str  # its name
    clustering: Clustering
    training: Training
    starts: Mapping[int, Path]  # by seed: the file of the compacted network
    inputs: Mapping[int, list[int] | None]  # by seed: the inputs that it reads (None: all)
    safe_mode: bool
    rows: Callable[[], tuple[Rows, Rows]]  # reads the training and the validation rows

    def run(self, seeds: Sequence[int], checkpoints: Sequence[Path]) -> Iterator[Trained]:
        """Cluster seeds in this process; each has a file for its checkpoints."""
        train, validation = self.rows()
        models = {seed: h5_files.load(self.starts[seed], self.safe_mode) for seed in seeds}
        return clustering.train(
            self.task, self.recipe, self.clustering, self.training, models, self.inputs, train,
            validation, checkpoints=checkpoints,
        )  # fmt: skip

    @property
    def name(self) -> str:
        """What messages call them together."""
        return f"{self.recipe}, clustered"

    def units(self) -> list[int]:
        """Return the seeds."""
        return list(self.starts)

    def label(self, unit: int) -> str:
        """Return what messages call a seed's training."""
        return f"seed {unit}"

    def facts(self, unit: int) -> tuple[Any, list[Path]]:
        """Return what one seed's training follows from, and the file of its network."""
        return [unit, self.inputs[unit]], [self.starts[unit]]

    def settings(self) -> Any:
        """Return what the trainings of all seeds follow from."""
        return [self.task.name, self.clustering.model_dump(), self.training.model_dump()]

    def seconds(self) -> float:
        """Return about how long a seed trains step by step; 0 for a network that is compiled."""
        model = h5_files.load(next(iter(self.starts.values())), self.safe_mode)
        return by_step_cost.seconds(model, self.rows()[0], self.training, self.clustering.epochs)
