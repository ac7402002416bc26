"""Small dense networks for tests."""

from secateur.keras_io.backend import keras
from secateur.network.model import OWN, Model, build
from secateur.core.tasks import TASKS, TaskName

REGRESSION = TASKS["regression"]


def listed(*layers: dict, output: str | None = None) -> Model:
    """Parameters of a network of these layers."""
    return Model.model_validate(
        {"source": OWN, "layers": list(layers), "output_activation": output, "trust": False}
    )


def dense(*units: int, output: str | None = None) -> Model:
    """Of a stack of Dense layers with ReLU."""
    layers = [{"type": "Dense", "units": count, "activation": "relu"} for count in units]
    return listed(*layers, output=output)


def network(
    model: Model,
    inputs: int | list[int],
    seed: int = 0,
    task: TaskName = "regression",
    outputs: int = 1,
) -> keras.Model:
    """Built, untrained."""
    shape = [inputs] if isinstance(inputs, int) else inputs
    return build(model, shape, outputs, TASKS[task], seed)
