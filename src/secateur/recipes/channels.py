"""The parameters of a removal of channels, by the terms of the papers and of Torch-Pruning."""

import reprlib
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from secateur.core.params import Params

BUDGET: Literal["budget"] = "budget"
BUDGETS = {  # the budget's key for each cost
    "macs": "macs",
    "peak_memory": "arena_bytes",
    "cycles": "cycles",
    "flash": "flash_kib",
    "file_bytes": "file_bytes",
}
Share = Annotated[float, Field(gt=0, lt=1)]
Score = Literal["l1", "l2", "bn_scale", "fpgm", "taylor", "random"]
Across = Literal["network", "layer"]
Control = Literal["same_training", "from_scratch", "random"]
CONTROLS: list[Control] = ["same_training", "from_scratch", "random"]


def _a_share_or_budget(value: Any) -> Any:
    if value in (None, BUDGET):
        return value
    return _a_share(value, ", or budget")


def _a_share(value: Any, more: str = "") -> Any:
    if value == BUDGET:
        raise ValueError(
            f"{value!r}: the section budget has no limit for weights; must be a share over 0 and "
            "under 1"
        )
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (number and 0 < value < 1):
        raise ValueError(f"{reprlib.repr(value)}: must be a share over 0 and under 1{more}")
    return value


# Its own check comes first, so that one message says all that is allowed.
Kept = Annotated[Share | Literal["budget"] | None, BeforeValidator(_a_share_or_budget)]


class Keep(Params):
    """What the network keeps: one of them, as a share of what the network to start from has.

    `budget` stands for what the section `budget` allows, in place of a share. Costs that a file
    tells are those of the network converted, again and again, until it fits. Training changes the
    weights afterwards, and with them `flash`, and `cycles` a little: the report and `secateur gate`
    judge the files by the budget at the end.
    """

    macs: Annotated[
        Kept,
        Field(description="Of the multiply-adds of one row; `budget`: at most `budget.macs`"),
    ] = None
    weights: Annotated[
        Share | None,
        BeforeValidator(_a_share),
        Field(description="Of the weights that multiply: no biases, no scales"),
    ] = None
    peak_memory: Annotated[
        Kept,
        Field(
            description="Of the most bytes of activations that the int8 file needs at once; "
            "`budget`: tflite-micro runs the int8 file in an arena of `budget.arena_bytes`, which "
            "holds activations and what the interpreter keeps beside them"
        ),
    ] = None
    cycles: Annotated[
        Kept,
        Field(
            description="Of the cycles of the int8 file on the Ethos-U of `measure_costs`, as Vela "
            "counts them; `budget`: at most `budget.cycles`"
        ),
    ] = None
    flash: Annotated[
        Kept,
        Field(
            description="Of the KiB of commands and weights on that Ethos-U; `budget`: at most "
            "`budget.flash_kib`. Vela compresses weights, so training changes it afterwards"
        ),
    ] = None
    file_bytes: Annotated[
        Kept,
        Field(
            description="Of the bytes of the minified float32 file, not gzipped; `budget`: at most "
            "`budget.file_bytes`. Training hardly changes them, and a file of another type is "
            "smaller as a rule: an int8 file has about a quarter"
        ),
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _a_key_of_ours(cls, data: Any) -> Any:
        """Say what to write, with an example; pydantic would only say that it must be a section."""
        if isinstance(data, cls):
            return data
        if not isinstance(data, dict):
            shown = "null" if data is None else reprlib.repr(data)
            raise ValueError(
                f"{shown}: must be a section with the cost that the share is of, such as "
                f"{{macs: 0.5}}; exactly one of {', '.join(cls.model_fields)}"
            )
        for kind, key in BUDGETS.items():
            if key in data and key not in cls.model_fields:
                raise ValueError(
                    f"unknown key {key!r}: the section budget calls it so; it is {kind} here, such "
                    f"as {{{kind}: budget}}"
                )
        return data

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.given()) != 1:
            raise ValueError(
                f"{' and '.join(self.given()) or '{}'}: must be exactly one of "
                f"{', '.join(type(self).model_fields)}, such as {{macs: 0.5}}"
            )
        return self

    def given(self) -> dict[str, Any]:
        """Return the share, or `budget`, by what it is of."""
        return {name: share for name, share in self if share is not None}

    @property
    def kind(self) -> str:
        """What is kept, such as `macs`."""
        return next(iter(self.given()))

    @property
    def share(self) -> float | None:
        """How much of it; None: what the budget allows."""
        value = self.given()[self.kind]
        return None if value == BUDGET else value


class Channels(Params):
    """A recipe's `channels`: those with the lowest scores go, with all that is tied to them."""

    keep: Annotated[Keep, Field(description="What the network keeps")]
    score: Annotated[
        Score,
        Field(
            description="How much a channel matters: the norm of its weights (`l1`, `l2`: Li et "
            "al. 2017), the scale of its batch normalization (`bn_scale`: Liu et al. 2017; each "
            "group needs one), how far its filter is from the others (`fpgm`: He et al. 2019), how "
            "much the loss would change (`taylor`: Molchanov et al. 2019), or chance (`random`, "
            "the control)"
        ),
    ] = "l2"
    across: Annotated[
        Across,
        Field(
            description="`network` compares the scores of all channels; with `layer`, each group "
            "loses the same share"
        ),
    ] = "network"
    rounds: Annotated[
        int,
        Field(
            ge=1, le=100,
            description="Rounds of removal and training, into which the epochs are divided; "
            "`patience`, `monitor` and `restore_best` hold in each anew",
        ),
    ] = 1  # fmt: skip
    round_to: Annotated[
        int,
        Field(
            ge=1, le=1024,
            description="Each group keeps a multiple of it, where it has so many: devices are fast "
            "with multiples of 8, and an Ethos-U can need more SRAM for other widths",
        ),
    ] = 1  # fmt: skip
    min_channels: Annotated[
        int, Field(ge=1, le=100_000, description="Each group keeps so many")
    ] = 1
    keep_layers: Annotated[
        list[str],
        Field(
            description="Layers that keep all channels that they make, each by name, pattern or "
            "type, as in `scope`"
        ),
    ] = Field([])
    controls: Annotated[
        list[Control],
        Field(
            description="Networks that the pipeline trains beside it, to compare with: the same "
            "training without removal (`same_training`), the same widths from new weights for as "
            "many epochs in all (`from_scratch`), and as much removed by chance (`random`)"
        ),
    ] = Field(CONTROLS)


def divided(epochs: int, rounds: int) -> list[int]:
    """Return the epochs of each round: as many of each as possible, or one more."""
    return [epochs * (number + 1) // rounds - epochs * number // rounds for number in range(rounds)]
