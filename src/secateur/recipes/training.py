"""Parameters of training: optimizer, learning rate, batch size and epochs."""

from typing import Annotated, Literal

from pydantic import Field

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.core.tasks import TaskName
from secateur.recipes.augmentation import Layer

Epochs = Annotated[int, Field(ge=1, le=1_000_000)]
Patience = Annotated[
    Annotated[int, Field(ge=1, le=1_000_000)] | None,
    Field(
        description="Training stops after this many epochs without a better validation loss; "
        "`null`: no early stopping"
    ),
]


class Training(Params):
    """Optimizer, learning rate and batch size, by Keras's names."""

    optimizer: Annotated[
        Literal["Adam", "AdamW", "Nadam", "RMSprop", "SGD"], Field(description="Keras's class")
    ]
    learning_rate: Annotated[float, Field(ge=1e-30, le=1e6, description="At the first step")]
    learning_rate_schedule: Annotated[
        Literal["constant", "CosineDecay"],
        Field(
            description="`CosineDecay` goes from `learning_rate` to zero over all epochs "
            "(Loshchilov & Hutter 2017)"
        ),
    ] = "constant"
    weight_decay: Annotated[
        Annotated[float, Field(ge=0, le=1e3)] | None,
        Field(description="`null`: the optimizer's own default"),
    ] = None
    batch_size: Annotated[int, Field(ge=1, description="Rows per batch; at most the training rows")]

    class_weight: Annotated[
        Literal["balanced"] | None,
        Field(
            description="`balanced`: a row counts in the training loss by how rare its class is, "
            "as scikit-learn's `class_weight`; validation and test count all rows alike"
        ),
    ] = None

    augmentation: Annotated[
        list[Layer] | None,
        Field(
            description="Keras's preprocessing layers that change the training rows anew in each "
            "epoch, one after the other, before they are scaled; pictures only; `null`: none"
        ),
    ] = None

    def check_task(self, task: TaskName) -> None:
        """Raise InputError if classes are weighed where there are none."""
        if self.class_weight and task == "regression":
            raise InputError(
                f"training.class_weight: {self.class_weight!r}: task regression has no classes; "
                "leave it out"
            )

    def check_rows(self, rows: int) -> None:
        """Raise InputError if a batch is larger than the training data."""
        if self.batch_size > rows:
            raise InputError(
                f"training.batch_size: {self.batch_size}: larger than the {rows} training rows; "
                f"allowed: 1 to {rows}"
            )


class TrainBaseline(Params):
    """How long the dense baseline is trained."""

    epochs: Annotated[Epochs, Field(description="Maximum number of epochs")]
    patience: Patience
