"""The parameters of knowledge distillation."""

from typing import Annotated

from pydantic import Field, StringConstraints

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.core.tasks import TaskName


class Distill(Params):
    """A recipe's `distill`: training also follows a trained network (Hinton et al. 2015)."""

    from_: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$"),
        Field(
            alias="from",
            description="The teacher, of the same seed: `baseline`, or the recipe that `start` "
            "names",
        ),
    ]
    temperature: Annotated[
        float,
        Field(gt=0, le=1000, description="Divides the logits of both networks; classes only"),
    ] = 1.0
    weight: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="The teacher's share of the loss; the task's own has the rest. Of classes, "
            "it is the KL divergence from the teacher's probabilities times `temperature` squared; "
            "of numbers, the squared distance to the teacher's prediction",
        ),
    ] = 0.5

    def check_task(self, task: TaskName) -> None:
        """Raise InputError if logits are divided where there are none."""
        if self.temperature != 1 and task == "regression":
            raise InputError(
                f"distill.temperature: {self.temperature:g}: task regression has no logits; leave "
                "it out"
            )
