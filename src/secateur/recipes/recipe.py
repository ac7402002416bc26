"""A recipe: which network it starts from, what it prunes, how, and for how long.

Pure arithmetic: it refuses a recipe that cannot work before TensorFlow is imported.
"""

import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.recipes.clustering import Clustering
from secateur.recipes.distillation import Distill
from secateur.recipes.schedules import Schedule
from secateur.recipes.scopes import Layer, Scope, check_block, choose
from secateur.recipes.stopping import Monitor, RestoreBest
from secateur.recipes.training import Epochs, Patience, Training

RESERVED = ("initial", "baseline")  # networks that no recipe trains
NAME = r"^[a-z][a-z0-9_]{0,39}$"
Block = Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=2, max_length=2)]


def _not_reserved(name: str) -> str:
    if name in RESERVED:
        raise ValueError(
            f"{name!r}: is reserved for a network that no recipe trains; choose another"
        )
    return name


# Names a folder, a key in metrics and an argument of the command.
ModelName = Annotated[str, StringConstraints(pattern=NAME)]
RecipeName = Annotated[ModelName, AfterValidator(_not_reserved)]


class Recipe(Params):
    """An entry of `recipes`."""

    start: Annotated[
        str,
        StringConstraints(pattern=NAME),
        Field(
            description="The network to start from: `initial` (untrained weights), "
            "`baseline` (trained dense weights), or another recipe's name"
        ),
    ]
    scope: Annotated[
        Scope,
        Field(
            description="The layers to prune: `whole`, `dense` (every Dense layer), `first_dense`, "
            "`none`, or a list of layers, each by name (`hidden_1`), pattern (`conv_*`) or type "
            "(`Conv2D`)"
        ),
    ]
    schedule: Annotated[
        Schedule | None,
        Field(description="One of tfmot's two schedules; leave it out with `scope: none`"),
    ] = None
    preserve_sparsity: Annotated[
        bool,
        Field(
            description="Keep the zeros of the network to start from, in every layer that tfmot "
            "can prune"
        ),
    ] = False
    block_size: Annotated[
        Block, Field(description="[height, width] of a block, whose weights are pruned together")
    ] = Field([1, 1])
    block_pooling_type: Annotated[
        Literal["AVG", "MAX"], Field(description="A block's magnitude: the mean or the maximum")
    ] = "AVG"
    training: Annotated[
        Training | None, Field(description="Replaces the whole section `training`")
    ] = None
    epochs: Annotated[Epochs, Field(description="Maximum number of epochs")]
    patience: Patience
    monitor: Monitor = "val_loss"
    restore_best: RestoreBest = False
    distill: Annotated[
        Distill | None, Field(description="Training also follows a trained network")
    ] = None
    clustering: Annotated[
        Clustering | None,
        Field(description="Weight clustering of the pruned and compacted network"),
    ] = None

    @model_validator(mode="after")
    def _schedule_where_pruned(self) -> Self:
        if (self.schedule is None) != (self.scope == "none"):
            raise ValueError(
                f"scope {self.scope!r} with schedule {self.schedule and self.schedule.type}: "
                "scope 'none' takes no schedule, every other scope needs one"
            )
        if self.preserve_sparsity and self.start == "initial":
            raise ValueError(
                "preserve_sparsity: true: with start 'initial' there are no zeros to keep; start "
                "from a recipe that prunes, or leave it out"
            )
        if self.preserve_sparsity and self.block_size != [1, 1]:
            raise ValueError(
                f"preserve_sparsity: true: with block_size {self.block_size} single zeros would "
                "grow again; must be [1, 1]"
            )
        return self

    @property
    def sparse(self) -> bool:
        """Whether it sets weights to zero or keeps zeros; a control does neither."""
        return self.schedule is not None or self.preserve_sparsity

    @property
    def learns_from_baseline(self) -> bool:
        """Whether the baseline teaches it, and is not the network that it starts from."""
        return self.distill is not None and self.distill.from_ == "baseline" != self.start

    def chosen(self, layers: Mapping[str, Layer]) -> list[str]:
        """Return the names of the layers to prune, among a model's layers with weights.

        Raises:
            InputError: no layer fits the scope, or one that fits cannot be pruned or take blocks.
        """
        names = choose(self.scope, layers)
        for name in names:
            check_block(self.block_size, name, layers[name])
        return names

    def in_names_of(self, layers: Mapping[str, Layer]) -> Self:
        """Name the layers in scope as the network does, and not as the user may.

        `layers` are those of `models/layers.json`, which alone knows the user's names.

        Raises:
            InputError: no layer fits the scope, or one that fits cannot be pruned.
        """
        if isinstance(self.scope, str):
            return self
        return self.model_copy(update={"scope": choose(self.scope, layers)})

    def targets(self, layers: Mapping[str, Layer]) -> dict[str, float]:
        """Return the sparsity that each kernel must reach; 0 for a kernel out of scope.

        With `preserve_sparsity`, a kernel out of scope has no target.

        Raises:
            InputError: as `chosen` does.
        """
        chosen = self.chosen(layers)
        target = self.schedule.target if self.schedule else 0.0
        kernels = [name for name, layer in layers.items() if layer.kernel]
        targeted = chosen if self.preserve_sparsity else kernels
        return {name: target if name in chosen else 0.0 for name in targeted}

    def first_full_epoch(self, rows: int, batch_size: int) -> int:
        """Return the epoch (from 0) that reaches the target; early stopping counts from there.

        Raises:
            InputError: `epochs` gives too few steps for the schedule.
        """
        if self.schedule is None:
            return 0
        steps = math.ceil(rows / batch_size)
        needed = self.schedule.steps_to_target
        if needed > self.epochs * steps:
            raise InputError(
                f"epochs: {self.epochs} epochs of {steps} steps are {self.epochs * steps} steps; "
                f"the schedule reaches {self.schedule.target} at step {needed}, which takes at "
                f"least {math.ceil(needed / steps)} epochs; raise epochs, or lower the schedule's "
                "steps or batch_size"
            )
        return math.ceil(needed / steps) - 1


Recipes = Annotated[dict[RecipeName, Recipe], Field(min_length=1)]
