"""When a training stops, and which of its epochs a network is taken from."""

from typing import Annotated, Literal

from pydantic import Field

from secateur.core.errors import InputError
from secateur.core.tasks import TaskName

MonitorName = Literal[
    "val_loss", "val_mae", "val_accuracy", "val_balanced_accuracy", "val_macro_f1", "val_auc"
]
Monitor = Annotated[
    MonitorName,
    Field(
        description="What early stopping watches, of the validation rows: the loss; `val_mae` of a "
        "regression; of classes, a score (`val_auc`: of two classes, Keras's)"
    ),
]
RestoreBest = Annotated[
    bool,
    Field(
        description="Take the weights of the best epoch by `monitor`, not of the last, as Keras's "
        "`restore_best_weights`; only epochs count that end with the schedule's sparsity"
    ),
]
_CLASSES = ("val_loss", "val_accuracy", "val_balanced_accuracy", "val_macro_f1")
MONITORS: dict[TaskName, tuple[str, ...]] = {
    "regression": ("val_loss", "val_mae"),
    "binary": (*_CLASSES, "val_auc"),
    "multiclass": _CLASSES,
}
LOWER_IS_BETTER = ("val_loss", "val_mae")


def check_monitor(monitor: str, task: TaskName) -> None:
    """Raise InputError if a task has no such figure."""
    if monitor not in MONITORS[task]:
        raise InputError(
            f"monitor: {monitor!r}: task {task} has none; must be one of "
            f"{', '.join(MONITORS[task])}"
        )
