"""Small networks of listed layers for unit tests."""

from typing import Any

from secateur.arrays.encoding import Encoding, Number, Target
from secateur.core.tasks import TASKS, TaskName
from secateur.keras_io.backend import keras
from secateur.network import listed
from secateur.network.model import Model

REGRESSION = TASKS["regression"]
# Of rows of six numbers that are not standardized.
NUMBERS = Encoding(
    task="regression", shape=[6], columns=[Number(name=f"x{number}") for number in range(6)],
    target=Target(name="y", mean=0.0, std=1.0),
)  # fmt: skip


def listing(*layers: dict[str, Any], output: str | None = None) -> Model:
    """Parameters of a network of these layers."""
    return Model.model_validate({"layers": list(layers), "output_activation": output})


def dense(*units: int, output: str | None = None) -> Model:
    """Parameters of a stack of Dense layers with ReLU."""
    layers = [{"type": "Dense", "units": count, "activation": "relu"} for count in units]
    return listing(*layers, output=output)


def network(
    model: Model,
    inputs: int | list[int],
    seed: int = 0,
    task: TaskName = "regression",
    outputs: int = 1,
) -> keras.Model:
    """The untrained network of these parameters."""
    shape = [inputs] if isinstance(inputs, int) else inputs
    return listed.build(model, shape, outputs, TASKS[task], seed)
