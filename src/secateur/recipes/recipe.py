"""A recipe: which network it starts from, what goes, how, and for how long.

Pure arithmetic: it refuses a recipe that cannot work before TensorFlow is imported.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.recipes.channels import Channels
from secateur.recipes.clustering import Clustering
from secateur.recipes.distillation import Distill
from secateur.recipes.quantization import FROM_INITIAL, Quantization, beside
from secateur.recipes.schedules import Schedule, Schedules, by_layer
from secateur.recipes.scopes import Layer, Scope, check_block, choose, named
from secateur.recipes.spreads import Spread, erdos_renyi_kernel
from secateur.recipes.stopping import Monitor, RestoreBest
from secateur.recipes.training import Epochs, Patience, Training

RESERVED = ("initial", "baseline")  # networks that no recipe trains
OF_ZEROS = (
    "schedule", "scope", "spread", "preserve_sparsity", "block_size", "block_pooling_type",
)  # fmt: skip
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
            "(`Conv2D`); leave it out where `schedule` names layers, or with `channels` or "
            "`quantization`"
        ),
    ]
    schedule: Annotated[
        Schedules | None,
        Field(
            description="One of tfmot's two schedules, or lines `layer: schedule`, each layer as "
            "in `scope`; leave it out with `scope: none`, `channels` or `quantization`"
        ),
    ] = None
    spread: Annotated[
        Spread,
        Field(
            description="How zeros spread over the layers: each has the schedule's sparsity "
            "(`uniform`), or all together have it: by the shapes of their kernels "
            "(`erdos_renyi_kernel`, Evci et al. 2020), or by one threshold for the magnitudes of "
            "all weights (`global`)"
        ),
    ] = "uniform"
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
    channels: Annotated[
        Channels | None,
        Field(description="Removal of channels, in rounds, each with training after it"),
    ] = None
    quantization: Annotated[
        Quantization | None,
        Field(description="Training with rounded weights and activations, for int8 or int4"),
    ] = None
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

    @model_validator(mode="before")
    @classmethod
    def _scope_of_layers(cls, data: Any) -> Any:
        """Let a schedule by layer name the scope; channels and quantization need none."""
        if not isinstance(data, dict) or "scope" in data:
            return data
        if by_layer(data.get("schedule")):
            return {**data, "scope": [str(layer) for layer in data["schedule"]]}
        alone = all(data.get(key) is None for key in ("channels", "quantization"))
        return data if alone else {**data, "scope": "none"}

    @model_validator(mode="after")
    def _nothing_beside_channels_or_quantization(self) -> Self:
        """Run first: what follows asks for a scope or a schedule, which these do not take."""
        if self.quantization:
            if given := self._given(*OF_ZEROS, "channels", "clustering"):
                raise ValueError(beside(given))
            if self.start == "initial":
                raise ValueError(FROM_INITIAL)
        if self.channels and (given := self._given(*OF_ZEROS)):
            raise ValueError(
                f"channels with {' and '.join(given)}: a recipe with channels removes channels, "
                "and takes neither schedule nor scope nor what else is of zeros; leave "
                f"{' and '.join(given)} out: zeros come in a recipe of their own that starts from "
                "this one"
            )
        return self

    def _given(self, *keys: str) -> list[str]:
        """Return which of the keys have another value than a recipe that leaves them out."""
        as_if_left_out = {"scope": "none", "block_size": [1, 1]}
        given = [
            key
            for key in keys
            if getattr(self, key) != as_if_left_out.get(key, type(self).model_fields[key].default)
        ]
        if isinstance(self.schedule, dict):  # which alone was written: it names the scope
            given.remove("scope")
        return given

    @model_validator(mode="after")
    def _schedule_where_pruned(self) -> Self:
        if isinstance(self.schedule, dict):
            if isinstance(self.scope, str) or {*self.scope} != {*self.schedule}:
                raise ValueError(
                    f"scope {self.scope!r} with schedule: {', '.join(self.schedule)}: schedule "
                    "names the layers; leave scope out"
                )
        elif (self.schedule is None) != (self.scope == "none"):
            own = f"with schedule {self.schedule.type}" if self.schedule else "without schedule"
            raise ValueError(
                f"scope {self.scope!r} {own}: scope 'none' takes no schedule, every other scope "
                "needs one"
            )
        if self.spread != "uniform" and (self.schedule is None or isinstance(self.schedule, dict)):
            raise ValueError(
                f"spread: {self.spread!r}: spreads the sparsity of one schedule over the layers in "
                "scope; leave it out, or give one schedule"
            )
        if self.spread == "global" and self.block_size != [1, 1]:
            raise ValueError(
                f"spread: 'global': with block_size {self.block_size} there is no magnitude that "
                "layers can be compared by; block_size must be [1, 1]"
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

    @model_validator(mode="after")
    def _channels_that_learned(self) -> Self:
        if self.channels is None:
            return self
        if self.start == "initial":
            raise ValueError(
                "channels: with start 'initial' no channel has learned anything that a score could "
                "tell; start from baseline, or from another recipe"
            )
        if self.channels.rounds > self.epochs:
            raise ValueError(
                f"channels.rounds: {self.channels.rounds}: more than epochs ({self.epochs}); each "
                "round trains for one epoch at least"
            )
        return self

    @property
    def sparse(self) -> bool:
        """Whether it sets weights to zero or keeps zeros; a control does neither."""
        return self.schedule is not None or self.preserve_sparsity

    @property
    def smaller(self) -> bool:
        """Whether it makes zeros, removes channels or quantizes; a control does none of them."""
        return self.sparse or self.channels is not None or self.quantization is not None

    @property
    def keeps_zeros(self) -> bool:
        """Whether the zeros of the network to start from are still there after it."""
        kept = self.quantization.keep if self.quantization else []
        return self.preserve_sparsity or "zeros" in kept

    @property
    def learns_from_baseline(self) -> bool:
        """Whether the baseline teaches it, and is not the network that it starts from."""
        return self.distill is not None and self.distill.from_ == "baseline" != self.start

    @property
    def each(self) -> dict[str, Schedule]:
        """The schedules as the user wrote them, by layer; one for all is under no name."""
        if isinstance(self.schedule, dict):
            return self.schedule
        return {} if self.schedule is None else {"": self.schedule}

    @property
    def by_layer(self) -> bool:
        """Whether layers that it prunes differ in their target sparsity."""
        return isinstance(self.schedule, dict) or self.spread != "uniform"

    def chosen(self, layers: Mapping[str, Layer]) -> list[str]:
        """Return the names of the layers to prune, among a model's layers with weights.

        Raises:
            InputError: no layer fits the scope, or one that fits cannot be pruned or take blocks.
        """
        key = "schedule" if isinstance(self.schedule, dict) else "scope"
        names = choose(self.scope, layers, key)
        for name in names:
            check_block(self.block_size, name, layers[name])
        return names

    def schedules(self, layers: Mapping[str, Layer]) -> dict[str, Schedule]:
        """Return the schedule of each layer to prune, in the model's order.

        With `spread: global` each has that of all together.

        Raises:
            InputError: as `chosen` does, or a layer has two schedules.
        """
        chosen = self.chosen(layers)
        if self.schedule is None:
            return {}
        if isinstance(self.schedule, dict):
            named = _by_name(self.schedule, layers)
            return {name: named[name] for name in chosen}
        if self.spread != "erdos_renyi_kernel":
            return dict.fromkeys(chosen, self.schedule)
        shapes = {name: (layers[name].kernel or (), *layers[name].more) for name in chosen}
        return _by_shape(self.schedule, shapes)

    def in_names_of(self, layers: Mapping[str, Layer]) -> Self:
        """Name the layers in scope as the network does, and not as the user may.

        `layers` are those of `models/layers.json`, which alone knows the user's names.

        Raises:
            InputError: no layer fits the scope, or one that fits cannot be pruned; or none fits
                `keep_layers`.
        """
        own: dict[str, Any] = {}
        if self.channels:
            stay = named(self.channels.keep_layers, layers, "channels.keep_layers")
            own["channels"] = self.channels.model_copy(update={"keep_layers": stay})
        if isinstance(self.scope, str):
            return self.model_copy(update=own)
        own["scope"] = self.chosen(layers)
        if isinstance(self.schedule, dict):
            own["schedule"] = self.schedules(layers)
        return self.model_copy(update=own)

    def targets(self, layers: Mapping[str, Layer]) -> dict[str, float]:
        """Return the sparsity that each kernel must reach; 0 for a kernel out of scope.

        With `preserve_sparsity`, a kernel out of scope has no target, with `spread: global` none
        in scope, and with `quantization` none at all, because small weights round to zero.

        Raises:
            InputError: as `schedules` does.
        """
        if self.quantization:
            return {}
        own = {name: schedule.target for name, schedule in self.schedules(layers).items()}
        together = self.together(layers)
        return {
            name: own.get(name, 0.0)
            for name, layer in layers.items()
            if layer.kernel and (name in own or not self.preserve_sparsity) and name not in together
        }

    def together(self, layers: Mapping[str, Layer]) -> dict[str, float]:
        """Return the layers that one threshold prunes, each with the target of all together.

        Raises:
            InputError: as `schedules` does.
        """
        if self.spread != "global":
            return {}
        return {name: schedule.target for name, schedule in self.schedules(layers).items()}

    def first_full_epoch(self, rows: int, batch_size: int) -> int:
        """Return the epoch (from 0) that reaches every target; early stopping counts from there.

        Raises:
            InputError: `epochs` gives too few steps for a schedule.
        """
        if self.schedule is None:
            return 0
        layer = max(self.each, key=lambda name: self.each[name].steps_to_target)
        steps, last = math.ceil(rows / batch_size), self.each[layer]
        needed = last.steps_to_target
        if needed > self.epochs * steps:
            raise InputError(
                f"epochs: {self.epochs} epochs of {steps} steps are {self.epochs * steps} steps; "
                f"the schedule{layer and f' of {layer}'} reaches {last.target} at step {needed}, "
                f"which takes at least {math.ceil(needed / steps)} epochs; raise epochs, or lower "
                "the schedule's steps or batch_size"
            )
        return math.ceil(needed / steps) - 1


def _by_shape(
    schedule: Schedule, layers: Mapping[str, Sequence[Sequence[int]]]
) -> dict[str, Schedule]:
    """Return the schedule of each layer, by its kernels; together they have that of `schedule`."""

    def of(name: str) -> Schedule:
        return schedule.changed(lambda sparsity: erdos_renyi_kernel(sparsity, layers)[name])

    return {name: of(name) for name in layers}


def _by_name(schedules: Mapping[str, Schedule], layers: Mapping[str, Layer]) -> dict[str, Schedule]:
    """Return the schedule of each layer that an entry means.

    Raises:
        InputError: a layer has two.
    """
    found: dict[str, str] = {}
    for entry in schedules:
        for name in choose([entry], layers, "schedule"):
            if name in found:
                raise InputError(
                    f"schedule.{entry}: layer {(layers[name].own or name)!r} has a schedule "
                    f"already, by {found[name]!r}; each layer takes one"
                )
            found[name] = entry
    return {name: schedules[entry] for name, entry in found.items()}


Recipes = Annotated[dict[RecipeName, Recipe], Field(min_length=1)]
