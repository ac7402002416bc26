"""Learning-rate schedules by the names of `keras.optimizers.schedules`, in epochs, not steps."""

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from secateur.core.params import Params

KIND = "Keras's class"
Positive = Annotated[float, Field(gt=0, le=1e6)]
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0, le=1e6)]


class CosineDecay(Params):
    """From `learning_rate` along half a cosine, over all epochs (Loshchilov & Hutter 2017)."""

    type: Annotated[Literal["CosineDecay"], Field(description=KIND)]
    alpha: Annotated[Share, Field(description="The last learning rate: a fraction of the first")]


class CosineDecayRestarts(Params):
    """Half a cosine, again and again (Loshchilov & Hutter 2017)."""

    type: Annotated[Literal["CosineDecayRestarts"], Field(description=KIND)]
    first_decay_epochs: Annotated[Positive, Field(description="Epochs to the first restart")]
    t_mul: Annotated[
        float, Field(ge=1, le=100, description="Each period is so many times the one before")
    ] = 2.0
    m_mul: Annotated[
        float,
        Field(gt=0, le=1, description="Each period begins at so many times where the last began"),
    ] = 1.0
    alpha: Annotated[
        Share, Field(description="A period's last learning rate: a fraction of its first")
    ] = 0.0


class ExponentialDecay(Params):
    """The learning rate falls by a factor every so many epochs."""

    type: Annotated[Literal["ExponentialDecay"], Field(description=KIND)]
    decay_epochs: Annotated[Positive, Field(description="Epochs to one factor `decay_rate`")]
    decay_rate: Annotated[float, Field(gt=0, le=1, description="The factor")]
    staircase: Annotated[
        bool, Field(description="Fall at once every `decay_epochs`, and not step by step")
    ] = False


class PolynomialRate(Params):
    """From `learning_rate` to `end_learning_rate` over all epochs; along a line unless `power`."""

    type: Annotated[Literal["PolynomialDecay"], Field(description=KIND)]
    end_learning_rate: Annotated[Rate, Field(description="At the last step")] = 0.0
    power: Annotated[float, Field(gt=0, le=100, description="Exponent of the polynomial")] = 1.0


class PiecewiseConstantDecay(Params):
    """`learning_rate` until the first boundary; after each boundary the value of the same place."""

    type: Annotated[Literal["PiecewiseConstantDecay"], Field(description=KIND)]
    boundary_epochs: Annotated[
        list[Positive], Field(min_length=1, description="Epochs after which the rate changes")
    ]
    values: Annotated[
        list[Rate], Field(min_length=1, description="The learning rate after each boundary")
    ]

    @model_validator(mode="after")
    def _a_value_for_each(self) -> Self:
        if len(self.values) != len(self.boundary_epochs):
            raise ValueError(
                f"values: {len(self.values)} for {len(self.boundary_epochs)} boundary_epochs; "
                "must be one after each boundary (before the first, it is learning_rate)"
            )
        if any(later <= earlier for earlier, later in pairwise(self.boundary_epochs)):
            raise ValueError(f"boundary_epochs: {self.boundary_epochs}: must grow")
        return self


Detailed = Annotated[
    CosineDecay | CosineDecayRestarts | ExponentialDecay | PolynomialRate | PiecewiseConstantDecay,
    Field(discriminator="type"),
]


def _form(value: Any) -> str:
    return "settings" if isinstance(value, (dict, Params)) else "name"


# A name, or a section where the schedule has parameters; a fault is told of the form given.
LearningRateSchedule = Annotated[
    Annotated[Literal["constant", "CosineDecay", "PolynomialDecay"], Tag("name")]
    | Annotated[Detailed, Tag("settings")],
    Discriminator(_form),
]
