"""How a model is trained: Keras's optimizer, its step size over time, rows a batch."""

import math
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from secateur.errors import InputError
from secateur.params import Params

if TYPE_CHECKING:
    from secateur.backend import keras


class Training(Params):
    """Optimizer and schedules by Keras's names."""

    optimizer: Literal["Adam", "AdamW", "Nadam", "RMSprop", "SGD"]
    learning_rate: Annotated[float, Field(ge=1e-30, le=1e6)]
    # CosineDecay: from `learning_rate` to zero over all epochs (Loshchilov & Hutter 2017).
    learning_rate_schedule: Literal["constant", "CosineDecay"] = "constant"
    weight_decay: Annotated[float, Field(ge=0, le=1e3)] | None = None  # null: Keras's default
    batch_size: Annotated[int, Field(ge=1)]

    def check_rows(self, rows: int) -> None:
        """Raise InputError if a batch is larger than the training data."""
        if self.batch_size > rows:
            raise InputError(
                f"training.batch_size: {self.batch_size}: larger than the {rows} training rows; "
                f"allowed: 1 to {rows}"
            )

    def build(self, rows: int, epochs: int) -> "keras.optimizers.Optimizer":
        """A new optimizer for `epochs` of `rows` rows."""
        from secateur.backend import keras  # not at the top: see `network.build`

        rate = self.learning_rate
        if self.learning_rate_schedule == "CosineDecay":
            steps = epochs * math.ceil(rows / self.batch_size)
            rate = keras.optimizers.schedules.CosineDecay(rate, steps)
        more = {} if self.weight_decay is None else {"weight_decay": self.weight_decay}
        return getattr(keras.optimizers, self.optimizer)(rate, **more)
