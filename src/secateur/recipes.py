"""A pruning recipe: what is pruned, by which schedule, from where, for how long.

Pure arithmetic, so that a recipe that cannot work is refused before TensorFlow is imported.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from secateur.clustering import Clustering
from secateur.errors import InputError
from secateur.optimizers import Training
from secateur.params import Params
from secateur.scopes import Layer, Scope, check_block, choose

Sparsity = Annotated[float, Field(ge=0, lt=1)]
Patience = Annotated[int, Field(ge=1, le=1_000_000)]
Step = Annotated[int, Field(ge=0, lt=2**31)]
Frequency = Annotated[int, Field(ge=1, lt=2**31)]
Block = Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=2, max_length=2)]


def _not_taken(name: str) -> str:
    if name in ("initial", "baseline"):
        raise ValueError(f"{name!r}: is the name of a model that is no recipe; choose another")
    return name


# A folder, a key of metrics and an argument of a command.
RecipeName = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"), AfterValidator(_not_taken)
]


class ConstantSparsity(Params):
    """tfmot's `ConstantSparsity`: `target_sparsity` from `begin_step` (a step, not an epoch) on."""

    type: Literal["ConstantSparsity"]
    target_sparsity: Sparsity
    begin_step: Step = 0
    end_step: Annotated[int, Field(ge=-1, lt=2**31)] = -1  # -1: until training ends
    frequency: Frequency = 100  # steps from one mask update to the next

    @property
    def target(self) -> float:
        """The sparsity that the schedule is to end at."""
        return self.target_sparsity

    @property
    def steps_to_target(self) -> int:
        """The step of the first mask update: tfmot's steps count from 1."""
        return self.begin_step or self.frequency

    @model_validator(mode="after")
    def _updates_at_all(self) -> Self:
        if self.end_step != -1 and self.end_step < self.steps_to_target:
            raise ValueError(
                f"end_step {self.end_step} is before the first mask update (step "
                f"{self.steps_to_target}); must be -1 or at least {self.steps_to_target}"
            )
        return self


class PolynomialDecay(Params):
    """tfmot's `PolynomialDecay`: from `initial_sparsity` to `final_sparsity`.

    Source: Zhu & Gupta (2017), "To prune, or not to prune".
    """

    type: Literal["PolynomialDecay"]
    initial_sparsity: Sparsity
    final_sparsity: Sparsity
    begin_step: Step
    end_step: Step
    power: Annotated[float, Field(gt=0, le=100)] = 3.0
    frequency: Frequency = 100  # steps from one mask update to the next

    @property
    def target(self) -> float:
        """The sparsity that the schedule is to end at."""
        return self.final_sparsity

    @property
    def steps_to_target(self) -> int:
        """The step of the mask update that reaches `final_sparsity`."""
        return self.end_step

    @model_validator(mode="after")
    def _ends_on_an_update(self) -> Self:
        if self.initial_sparsity > self.final_sparsity:
            raise ValueError(
                f"initial_sparsity {self.initial_sparsity} is over final_sparsity "
                f"{self.final_sparsity}; must be at most that"
            )
        if self.begin_step >= self.end_step:
            raise ValueError(f"begin_step {self.begin_step} must be under end_step {self.end_step}")
        if (self.end_step - self.begin_step) % self.frequency:
            raise ValueError(
                f"no mask update falls on end_step {self.end_step}, so that final_sparsity "
                f"{self.final_sparsity} is never reached: end_step - begin_step "
                f"({self.end_step - self.begin_step}) must be a multiple of frequency "
                f"({self.frequency})"
            )
        return self


Schedule = Annotated[ConstantSparsity | PolynomialDecay, Field(discriminator="type")]


class Recipe(Params):
    """An entry of `recipes`."""

    start: Literal["initial", "baseline"]  # untrained or trained weights
    scope: Scope
    schedule: Schedule | None = None
    block_size: Block = Field([1, 1])  # (height, width) of what is pruned together
    block_pooling_type: Literal["AVG", "MAX"] = "AVG"  # a block's magnitude
    training: Training | None = None  # instead of the section `training`
    epochs: Annotated[int, Field(ge=1, le=1_000_000)]  # at most
    patience: Patience | None  # epochs without a better validation loss; null: no early stopping
    clustering: Clustering | None = None  # of the pruned and shrunk model

    @model_validator(mode="after")
    def _schedule_where_pruned(self) -> Self:
        if (self.schedule is None) != (self.scope == "none"):
            raise ValueError(
                f"scope {self.scope!r} with schedule {self.schedule and self.schedule.type}: "
                "scope 'none' takes no schedule, every other scope needs one"
            )
        return self

    def chosen(self, layers: Mapping[str, Layer]) -> list[str]:
        """The names of the layers that it prunes, of a model's layers with weights.

        Raises:
            InputError: nothing fits the scope, or what fits cannot be pruned, or not by blocks.
        """
        names = choose(self.scope, layers)
        for name in names:
            check_block(self.block_size, name, layers[name])
        return names

    def targets(self, layers: Mapping[str, Layer]) -> dict[str, float]:
        """The sparsity to reach for each of the model's kernels; 0 for those left alone.

        Raises:
            InputError: as `chosen` does.
        """
        chosen = self.chosen(layers)
        target = self.schedule.target if self.schedule else 0.0
        kernels = [name for name, layer in layers.items() if layer.kernel]
        return {name: target if name in chosen else 0.0 for name in kernels}

    def first_full_epoch(self, rows: int, batch_size: int) -> int:
        """The epoch (from 0) in which the target is reached; early stopping counts from there.

        Raises:
            InputError: `epochs` has too few steps for the schedule.
        """
        if self.schedule is None:
            return 0
        steps = math.ceil(rows / batch_size)
        needed = self.schedule.steps_to_target
        if needed > self.epochs * steps:
            raise InputError(
                f"epochs: {self.epochs} epochs of {steps} steps are {self.epochs * steps} steps; "
                f"the schedule reaches {self.schedule.target} at step {needed}, which takes at "
                f"least {math.ceil(needed / steps)} epochs"
            )
        return math.ceil(needed / steps) - 1


Recipes = Annotated[dict[RecipeName, Recipe], Field(min_length=1)]
