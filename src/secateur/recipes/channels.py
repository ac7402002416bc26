"""The parameters of a removal of channels, by the terms of the papers and of Torch-Pruning."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from secateur.core.params import Params

Share = Annotated[float, Field(gt=0, lt=1)]
Score = Literal["l1", "l2", "bn_scale", "fpgm", "taylor", "random"]
Across = Literal["network", "layer"]
Control = Literal["same_training", "from_scratch", "random"]
CONTROLS: list[Control] = ["same_training", "from_scratch", "random"]


class Keep(Params):
    """What the network keeps, as a share of what the network to start from has; one of them."""

    macs: Annotated[Share | None, Field(description="Of the multiply-adds of one row")] = None
    weights: Annotated[
        Share | None, Field(description="Of the weights that multiply: no biases, no scales")
    ] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.given()) != 1:
            raise ValueError(f"keep: {sorted(self.given())}: must be one of macs, weights")
        return self

    def given(self) -> dict[str, float]:
        """Return the share by what it is of."""
        return {name: share for name, share in self if share is not None}


class Channels(Params):
    """A recipe's `channels`: those with the lowest scores go, with all that is tied to them."""

    keep: Annotated[Keep, Field(description="What the network keeps")]
    score: Annotated[
        Score,
        Field(
            description="How much a channel matters: the norm of its weights (`l1`, `l2`: Li et "
            "al. 2017), the scale of its batch normalization (`bn_scale`: Liu et al. 2017), how "
            "far its filter is from the others (`fpgm`: He et al. 2019), how much the loss would "
            "change (`taylor`: Molchanov et al. 2019), or chance (`random`, the control)"
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
            description="Rounds of removal and training, into which the epochs are divided",
        ),
    ] = 1  # fmt: skip
    round_to: Annotated[
        int,
        Field(
            ge=1, le=1024,
            description="Each group keeps a multiple of it, where it has so many: devices are fast "
            "with multiples of 8",
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
            "many epochs in all (`from_scratch`), and as many channels removed by chance "
            "(`random`)"
        ),
    ] = Field(CONTROLS)
