"""Pruning schedules by tfmot's names, and the arithmetic of their steps.

A schedule that cannot reach its sparsity fails before TensorFlow is imported.
"""

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from secateur.core.params import Params

NEVER = 2**31 - 1  # a step that no training reaches
FIRST = (
    "The first training step (a batch, not an epoch) that prunes; steps count from 1, so with 0 it "
    "is step `frequency`"
)
EVERY = "Training steps from one mask update to the next"
Sparsity = Annotated[float, Field(ge=0, lt=1)]
Step = Annotated[int, Field(ge=0, lt=2**31)]
Frequency = Annotated[int, Field(ge=1, lt=2**31)]


class ConstantSparsity(Params):
    """tfmot's `ConstantSparsity`: `target_sparsity` from the first step that prunes on."""

    type: Annotated[Literal["ConstantSparsity"], Field(description="tfmot's class")]
    target_sparsity: Annotated[Sparsity, Field(description="Fraction of zeros in each kernel")]
    begin_step: Annotated[Step, Field(description=FIRST)] = 0
    end_step: Annotated[
        int,
        Field(ge=-1, lt=2**31, description="The last step that prunes; -1: until training ends"),
    ] = -1
    frequency: Annotated[Frequency, Field(description=EVERY)] = 100

    @property
    def initial(self) -> float:
        """The sparsity of the first mask update."""
        return self.target_sparsity

    @property
    def target(self) -> float:
        """The sparsity at the end of the schedule."""
        return self.target_sparsity

    def changed(self, change: Callable[[float], float]) -> Self:
        """Return the same schedule of another sparsity."""
        return self.model_copy(update={"target_sparsity": change(self.target_sparsity)})

    @property
    def steps_to_target(self) -> int:
        """The step of the first mask update: tfmot's steps count from 1."""
        return self.begin_step or self.frequency

    @model_validator(mode="after")
    def _has_an_update(self) -> Self:
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

    type: Annotated[Literal["PolynomialDecay"], Field(description="tfmot's class")]
    initial_sparsity: Annotated[Sparsity, Field(description="At `begin_step`")]
    final_sparsity: Annotated[Sparsity, Field(description="At `end_step`")]
    begin_step: Annotated[Step, Field(description=FIRST)]
    end_step: Annotated[Step, Field(description="The step that reaches `final_sparsity`")]
    power: Annotated[float, Field(gt=0, le=100, description="Exponent of the polynomial")] = 3.0
    frequency: Annotated[Frequency, Field(description=EVERY)] = 100

    @property
    def initial(self) -> float:
        """The sparsity of the first mask update."""
        return self.initial_sparsity

    @property
    def target(self) -> float:
        """The sparsity at the end of the schedule."""
        return self.final_sparsity

    def changed(self, change: Callable[[float], float]) -> Self:
        """Return the same schedule of other sparsities."""
        return self.model_copy(
            update={
                "initial_sparsity": change(self.initial_sparsity),
                "final_sparsity": change(self.final_sparsity),
            }
        )

    @property
    def steps_to_target(self) -> int:
        """The step of the mask update that reaches `final_sparsity`."""
        return self.end_step

    @model_validator(mode="after")
    def _ends_on_an_update(self) -> Self:
        if self.initial_sparsity > self.final_sparsity:
            raise ValueError(
                f"initial_sparsity {self.initial_sparsity} is over final_sparsity "
                f"{self.final_sparsity}; must be at most {self.final_sparsity}"
            )
        if self.begin_step >= self.end_step:
            raise ValueError(f"begin_step {self.begin_step} must be under end_step {self.end_step}")
        if (self.end_step - self.begin_step) % self.frequency:
            raise ValueError(
                f"no mask update falls on end_step {self.end_step}, and final_sparsity "
                f"{self.final_sparsity} is never reached: end_step - begin_step "
                f"({self.end_step - self.begin_step}) must be a multiple of frequency "
                f"({self.frequency})"
            )
        return self


Schedule = Annotated[ConstantSparsity | PolynomialDecay, Field(discriminator="type")]


def by_layer(given: Any) -> bool:
    """Whether a `schedule` is lines `layer: schedule`, and not one schedule for all layers."""
    return isinstance(given, dict) and any(isinstance(own, dict | Params) for own in given.values())


Schedules = Annotated[
    Annotated[Schedule, Tag("one schedule")]
    | Annotated[dict[str, Schedule], Tag("a schedule by layer")],
    Discriminator(lambda given: "a schedule by layer" if by_layer(given) else "one schedule"),
]

# The masks never change: every training ends before the schedule begins.
FROZEN = ConstantSparsity(type="ConstantSparsity", target_sparsity=0.5, begin_step=NEVER)
