"""The network that `model.layers` lists, and small dense networks for comparison."""

import math
from collections.abc import Sequence

from secateur.core import raw_log
from secateur.core.errors import InputError
from secateur.core.params import PARAMS_FILE
from secateur.core.tasks import Task
from secateur.keras_io.backend import keras
from secateur.network.layers import Dense, Plain
from secateur.network.model import Model

RESHAPED = "as_inputs"  # the last layer of an autoencoder of arrays


def build(
    model: Model, inputs: Sequence[int], outputs: int | Sequence[int], task: Task, seed: int
) -> keras.Model:
    """Build the untrained network of the listed layers; `seed` fixes its weights.

    The network takes (n, *inputs) and gives (n, outputs), or (n, *outputs) of an autoencoder.

    Raises:
        InputError: a layer cannot take the output of the layer before it.
    """
    keras.utils.set_random_seed(seed)
    network = keras.Sequential([keras.layers.Input(inputs, name="inputs")], name="network")
    for number, (name, spec) in enumerate(model.named()):
        options = spec.model_dump(exclude={"type", "name"})
        _add(
            network,
            getattr(keras.layers, spec.type)(**options, name=name),
            f"model.layers.{number}",
        )
    activation = model.output_activation or task.output_activation
    if len(network.output_shape) != 2:
        raise InputError(
            f"{PARAMS_FILE}: model.layers: the last gives {_shape(network.output_shape)}, which "
            "the output layer cannot take; add {type: Flatten} or a global pooling before the "
            "Dense layers"
        )
    units = outputs if isinstance(outputs, int) else math.prod(outputs)
    network.add(keras.layers.Dense(units, activation, name="output"))
    if not isinstance(outputs, int):
        network.add(keras.layers.Reshape(outputs, name=RESHAPED))
    return network


def _add(network: keras.Sequential, layer: keras.layers.Layer, where: str) -> None:
    before = _shape(network.output_shape)
    kind = type(layer).__name__
    try:
        network.add(layer)
    except (ValueError, TypeError, IndexError) as error:
        raise InputError(
            f"{PARAMS_FILE}: {where}: a {kind} cannot take {before}, the output of the layer "
            f"before it{_wanted(layer)}{raw_log.keep(error, of=where)}"
        ) from None
    if min((side for side in network.output_shape[1:] if side is not None), default=1) < 1:
        raise InputError(
            f"{PARAMS_FILE}: {where}: a {kind} is larger than its input {before}; make it smaller"
        )


def _wanted(layer: keras.layers.Layer) -> str:
    """Say how many axes a layer's input must have, if it has said so."""
    axes = getattr(layer.input_spec, "ndim", None) or getattr(layer.input_spec, "min_ndim", None)
    return f"; its input needs {axes - 1} axes" if axes else ""


def _shape(shape: Sequence[int | None]) -> str:
    """Format the shape of one row."""
    return "(" + ", ".join(map(str, shape[1:])) + ("," if len(shape) == 2 else "") + ")"


def units_of(parameters: float, inputs: Sequence[int], outputs: int) -> int:
    """Return the units of one hidden layer in a dense network of about `parameters` weights."""
    each = math.prod(inputs) + 1 + outputs  # a unit's weights, its bias, its outgoing weights
    return max(1, round((parameters - outputs) / each))


def one_hidden(model: Model, units: int, inputs: Sequence[int]) -> Model:
    """Return a dense network with one hidden layer, otherwise like `model`.

    The hidden layer has the activation of the model's first Dense layer, if it lists one.
    """
    activations = [spec.activation for spec in model.layers or () if isinstance(spec, Dense)]
    hidden = Dense(type="Dense", units=units, activation=(*activations, "relu")[0])
    flat = [] if len(inputs) == 1 else [Plain(type="Flatten")]
    return model.model_copy(
        update={"layers": [*flat, hidden], "build": None, "params": {}, "file": None}
    )
