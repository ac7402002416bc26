"""The network: a stack of Dense layers with one output."""

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from secateur.params import Params

if TYPE_CHECKING:
    from secateur.backend import keras

Activation = Literal["relu", "elu", "selu", "softplus", "sigmoid", "tanh", "swish", "linear"]
Units = Annotated[int, Field(ge=1, le=1_000_000)]


class Network(Params):
    """Parameters of `build`: units of each hidden layer, and activations by Keras's names."""

    hidden_units: Annotated[list[Units], Field(min_length=1)]
    hidden_activation: Activation
    output_activation: Activation


def kernel_shapes(network: Network, inputs: int) -> dict[str, tuple[int, int]]:
    """(inputs, units) of each layer's kernel, by the layer's name."""
    widths = [inputs, *network.hidden_units, 1]
    names = [f"hidden_{i}" for i in range(1, len(network.hidden_units) + 1)]
    return dict(zip([*names, "output"], pairwise(widths), strict=True))


def build(network: Network, inputs: int, seed: int) -> "keras.Model":
    """The untrained network for `inputs` columns; `seed` fixes its weights.

    Every layer is named: Keras's own names count up within a process.
    """
    # Imported here, so that whoever only checks parameters does not wait for TensorFlow.
    from secateur.backend import keras

    keras.utils.set_random_seed(seed)
    *hidden, output = kernel_shapes(network, inputs).items()
    layers = [keras.layers.Input((inputs,), name="inputs")]
    for name, (_, units) in hidden:
        layers.append(keras.layers.Dense(units, network.hidden_activation, name=name))
    layers.append(keras.layers.Dense(output[1][1], network.output_activation, name=output[0]))
    return keras.Sequential(layers, name="network")
