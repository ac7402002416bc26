"""The network: the layers that `params.yaml` lists, then one that gives what the task asks for."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from secateur.errors import InputError, one_line
from secateur.layers import Activation, Dense, Plain, Spec, prefix
from secateur.params import PARAMS_FILE, Params
from secateur.scopes import Layer
from secateur.tasks import Task

if TYPE_CHECKING:
    from secateur.backend import keras

OWN = "src/secateur/network.py"  # as `source`: no file of the user's, the layers are listed


def _function(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*:[A-Za-z_]\w*", name):
        raise ValueError(f"{name!r}: must be package.module:function, with a colon")
    return name


class Model(Params):
    """Parameters of `build`: listed layers, a user's function, or a user's trained file."""

    source: Annotated[str, Field(min_length=1)]  # what DVC watches: OWN, or what is the user's
    layers: Annotated[list[Spec], Field(min_length=1, max_length=1000)] | None = None
    output_activation: Activation | None = None  # null: the task's own
    builder: Annotated[str, AfterValidator(_function)] | None = None  # package.module:function
    params: dict[str, Any] = Field({})  # what the function gets besides
    trust: bool  # whether a model may bring its own code (a Lambda layer), which loading runs

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if self.layers is None and self.source == OWN:
            raise ValueError(f"layers: missing; source: {OWN} builds what they list")
        if self.layers is not None and self.source != OWN:
            raise ValueError(
                f"source: {self.source!r}: with `layers` it must be {OWN}; for a model of your own "
                "remove `layers`"
            )
        if self.builder and self.layers:
            raise ValueError("has both `layers` and `builder`; must have one of them")
        if self.layers is None and self.output_activation:
            raise ValueError("`output_activation` goes with `layers`")
        if self.params and not self.builder:
            raise ValueError("`params` are the builder's, and there is no `builder`")
        names = Counter(name for name, _ in self.named())
        for name in [
            *(n for n, count in names.items() if count > 1),
            *({"inputs", "output"} & names.keys()),
        ]:
            raise ValueError(f"layers: {name!r} is the name of another layer; choose another")
        return self

    def named(self) -> list[tuple[str, Spec]]:
        """The listed layers, each with the name that it has in the network.

        Keras's own names count up within a process.
        """
        counts: Counter[str] = Counter()
        found = []
        for spec in self.layers or ():
            kind = prefix(spec.type)
            counts[kind] += 1
            found.append((spec.name or f"{kind}_{counts[kind]}", spec))
        return found

    def check_task(self, task: Task) -> None:
        """Raise InputError if the output layer cannot give what the task asks for."""
        given = self.output_activation or task.output_activation
        if task.name != "regression" and given != task.output_activation:
            raise InputError(
                f"model.output_activation: {given!r}: task {task.name} takes "
                f"{task.output_activation!r}; leave it out"
            )

    def dense_layers(self, inputs: Sequence[int], outputs: int) -> dict[str, Layer] | None:
        """Each Dense layer by name, its kernel (inputs, units); None if others have kernels.

        Without TensorFlow, so that a recipe that does not fit is refused at once.
        """
        if len(inputs) != 1 or self.layers is None:
            return None
        width, found = inputs[0], {}
        for name, spec in self.named():
            if isinstance(spec, Dense):
                found[name] = Layer("Dense", (width, spec.units))
                width = spec.units
            elif spec.type not in ("Dropout", "BatchNormalization"):
                return None
        return {**found, "output": Layer("Dense", (width, outputs))}


def build(
    model: Model, inputs: Sequence[int], outputs: int, task: Task, seed: int
) -> "keras.Model":
    """The untrained network of the listed layers; `seed` fixes its weights.

    It takes (n, *inputs) and gives (n, outputs).

    Raises:
        InputError: a layer cannot take what the one before it gives.
    """
    # Imported here, so that whoever only checks parameters does not wait for TensorFlow.
    from secateur.backend import keras

    keras.utils.set_random_seed(seed)
    network = keras.Sequential([keras.layers.Input(inputs, name="inputs")], name="network")
    for number, (name, spec) in enumerate(model.named()):
        words = spec.model_dump(exclude={"type", "name"})
        _add(
            network, getattr(keras.layers, spec.type)(**words, name=name), f"model.layers.{number}"
        )
    activation = model.output_activation or task.output_activation
    if len(network.output_shape) != 2:
        raise InputError(
            f"{PARAMS_FILE}: model.layers: the last gives {_shape(network.output_shape)}; the "
            "output layer cannot take that; add {type: Flatten} or a global pooling before the "
            "Dense layers"
        )
    network.add(keras.layers.Dense(outputs, activation, name="output"))
    return network


def _add(network: "keras.Sequential", layer: "keras.layers.Layer", where: str) -> None:
    given = _shape(network.output_shape)
    kind = type(layer).__name__
    try:
        network.add(layer)
    except (ValueError, TypeError, IndexError) as error:
        raise InputError(
            f"{PARAMS_FILE}: {where}: a {kind} cannot take {given}, what stands before it: "
            f"{one_line(error)}"
        ) from None
    if min((side for side in network.output_shape[1:] if side is not None), default=1) < 1:
        raise InputError(f"{PARAMS_FILE}: {where}: a {kind} leaves nothing of {given}")


def _shape(shape: Sequence[int | None]) -> str:
    """Of one row."""
    return "(" + ", ".join(map(str, shape[1:])) + ("," if len(shape) == 2 else "") + ")"


def units_of(parameters: float, inputs: Sequence[int], outputs: int) -> int:
    """How many units one hidden layer has in a dense network of about so many parameters."""
    each = math.prod(inputs) + 1 + outputs  # a unit's weights, its bias, its outgoing weights
    return max(1, round((parameters - outputs) / each))


def one_hidden(model: Model, units: int, inputs: Sequence[int]) -> Model:
    """A dense network with one hidden layer, otherwise like `model`.

    Its units have the activation of the model's first Dense layer, where it lists one.
    """
    activations = [spec.activation for spec in model.layers or () if isinstance(spec, Dense)]
    hidden = Dense(type="Dense", units=units, activation=(*activations, "relu")[0])
    flat = [] if len(inputs) == 1 else [Plain(type="Flatten")]
    return model.model_copy(
        update={"source": OWN, "layers": [*flat, hidden], "builder": None, "params": {}}
    )
