"""Parameters of training: optimizer, learning rate, batch size and epochs."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.core.tasks import TaskName
from secateur.recipes.augmentation import Layer
from secateur.recipes.learning_rates import LearningRateSchedule
from secateur.recipes.stopping import Monitor, RestoreBest

CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")
Bound = Annotated[float, Field(gt=0, le=1e6)] | None
Epochs = Annotated[int, Field(ge=1, le=1_000_000)]
Patience = Annotated[
    Annotated[int, Field(ge=1, le=1_000_000)] | None,
    Field(
        description="Training stops after this many epochs without a better `monitor`; "
        "`null`: no early stopping"
    ),
]


class Training(Params):
    """Optimizer, learning rate and batch size, by Keras's names."""

    optimizer: Annotated[
        Literal["Adam", "AdamW", "Nadam", "RMSprop", "SGD"], Field(description="Keras's class")
    ]
    learning_rate: Annotated[
        float, Field(ge=1e-30, le=1e6, description="At the first step, or after the warm-up")
    ]
    learning_rate_schedule: Annotated[
        LearningRateSchedule,
        Field(
            description="`CosineDecay` goes from `learning_rate` to zero over all epochs "
            "(Loshchilov & Hutter 2017), `PolynomialDecay` along a line; one with parameters is a "
            "section with its `type`"
        ),
    ] = "constant"
    warmup_epochs: Annotated[
        float,
        Field(
            ge=0,
            le=1e6,
            description="Epochs in which the learning rate grows from zero along a line (Goyal et "
            "al. 2017); the schedule begins after them",
        ),
    ] = 0
    weight_decay: Annotated[
        Annotated[float, Field(ge=0, le=1e3)] | None,
        Field(description="`null`: the optimizer's own default"),
    ] = None
    clipnorm: Annotated[
        Bound, Field(description="The largest norm of the gradient of a variable; `null`: no bound")
    ] = None
    clipvalue: Annotated[
        Bound, Field(description="The largest entry of a gradient, up or down; `null`: no bound")
    ] = None
    global_clipnorm: Annotated[
        Bound, Field(description="The largest norm of all gradients together; `null`: no bound")
    ] = None
    batch_size: Annotated[int, Field(ge=1, description="Rows per batch; at most the training rows")]

    label_smoothing: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="The share of a row's label that training spreads over all classes, as "
            "Keras does (Szegedy et al. 2016); the losses that are shown are without",
        ),
    ] = 0.0

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

    @model_validator(mode="after")
    def _clips_in_one_way(self) -> Self:
        given = [name for name in CLIPPING if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)}: Keras clips in one way; keep one of them")
        return self

    @property
    def schedule_name(self) -> str:
        """The name of the learning-rate schedule, without its parameters."""
        schedule = self.learning_rate_schedule
        return schedule if isinstance(schedule, str) else schedule.type

    def check_epochs(self, epochs: int) -> None:
        """Raise InputError if the warm-up takes all epochs of a training."""
        if self.warmup_epochs and self.warmup_epochs >= epochs:
            raise InputError(
                f"epochs: {epochs}: within the warm-up (training.warmup_epochs: "
                f"{self.warmup_epochs:g}), which would never end; must be over "
                f"{self.warmup_epochs:g}, or shorten the warm-up"
            )

    def check_task(self, task: TaskName) -> None:
        """Raise InputError if classes are weighed or labels smoothed where there are none."""
        if self.label_smoothing and task == "regression":
            raise InputError(
                f"training.label_smoothing: {self.label_smoothing:g}: task regression has no "
                "labels; leave it out"
            )
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
    monitor: Monitor = "val_loss"
    restore_best: RestoreBest = False
