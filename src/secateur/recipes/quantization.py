"""The parameters of quantization-aware training, and what no recipe with it takes beside it."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from secateur.core.params import Params

BITS = {"int8": 8, "int4": 4}


def _no_clusters(value: Any) -> Any:
    if value == "clusters":
        raise ValueError(
            "'clusters': no recipe starts from clustered weights: clustering makes a file of its "
            "own, after compaction; and a scale a channel rounds a shared weight to another value "
            "in each channel; must be zeros"
        )
    return value


Kept = Annotated[Literal["zeros"], BeforeValidator(_no_clusters)]


class Quantization(Params):
    """A recipe's `quantization`: training that rounds weights and activations as a file will."""

    weights: Annotated[
        Literal["int8", "int4"],
        Field(description="What the weights of the later file are; activations are int8"),
    ] = "int8"
    keep: Annotated[
        list[Kept],
        Field(
            description="What the network to start from has and does not lose: `zeros` in its "
            "kernels; `[]`: nothing"
        ),
    ] = Field(["zeros"])
    frozen_statistics: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="The share of the epochs, the last ones, in which the statistics of "
            "BatchNormalization stay as they are (Krishnamoorthi 2018)",
        ),
    ] = 0.5

    @property
    def bits(self) -> int:
        """How many bits a weight has."""
        return BITS[self.weights]

    def phases(self, epochs: int) -> tuple[int, int]:
        """Return the epochs whose statistics move, and those whose statistics stay."""
        frozen = round(epochs * self.frozen_statistics)
        return epochs - frozen, frozen


def beside(given: Sequence[str]) -> str:
    """Return the sentence for a recipe that has other kinds of compression, by their keys."""
    keys = " and ".join(given)
    return (
        f"quantization with {keys}: a recipe with quantization trains the network that it starts "
        f"from for int8 or int4, and takes nothing else that makes it smaller; leave {keys} out: "
        "zeros, and removal of channels, come in a recipe of their own that this one starts from"
    )


FROM_INITIAL = (
    "quantization: with start 'initial' weights would be rounded before they have learned "
    "anything; start from baseline, or from another recipe"
)
