"""How a model is trained: the optimizer, its step size over time, rows a batch, and how long."""

from typing import Annotated, Literal

from pydantic import Field

from secateur.core.errors import InputError
from secateur.core.params import Params

Epochs = Annotated[int, Field(ge=1, le=1_000_000)]
Patience = Annotated[int, Field(ge=1, le=1_000_000)]


class Training(Params):
    """Optimizer and schedules by Keras's names."""

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
    batch_size: Annotated[int, Field(ge=1, description="Rows; at most the training rows")]

    def check_rows(self, rows: int) -> None:
        """Raise InputError if a batch is larger than the training data."""
        if self.batch_size > rows:
            raise InputError(
                f"training.batch_size: {self.batch_size}: larger than the {rows} training rows; "
                f"allowed: 1 to {rows}"
            )


class TrainBaseline(Params):
    """How long the dense baseline is trained."""

    epochs: Annotated[Epochs, Field(description="At most")]
    patience: Annotated[
        Patience | None,
        Field(
            description="Epochs without a better validation loss until training stops; "
            "`null`: no early stopping"
        ),
    ]
