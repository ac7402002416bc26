"""What `model.layers` may list: Keras's layers by Keras's names."""

from typing import Annotated, Literal

from pydantic import Field

from secateur.core.params import Params

Activation = Literal["relu", "elu", "selu", "softplus", "sigmoid", "tanh", "swish", "linear"]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Sides = Count | Annotated[list[Count], Field(min_length=2, max_length=2)]
Padding = Literal["valid", "same"]


class _Named(Params):
    """An entry of `layers`, by Keras's names; `name` is what recipes and tables call it."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None = None


class Dense(_Named):
    """Units that read all inputs."""

    type: Literal["Dense"]
    units: Count
    activation: Activation = "linear"


class Conv1D(_Named):
    """A convolution of (steps, channels)."""

    type: Literal["Conv1D"]
    filters: Count
    kernel_size: Count
    strides: Count = 1
    padding: Padding = "valid"
    activation: Activation = "linear"


class Conv2D(_Named):
    """A convolution of (rows, columns, channels)."""

    type: Literal["Conv2D"]
    filters: Count
    kernel_size: Sides
    strides: Sides = 1
    padding: Padding = "valid"
    activation: Activation = "linear"


class Pooling1D(_Named):
    """The largest, or the mean, of each stretch."""

    type: Literal["MaxPooling1D", "AveragePooling1D"]
    pool_size: Count = 2


class Pooling2D(_Named):
    """The largest, or the mean, of each field."""

    type: Literal["MaxPooling2D", "AveragePooling2D"]
    pool_size: Sides = 2


class Dropout(_Named):
    """Zeros at random while training."""

    type: Literal["Dropout"]
    rate: Annotated[float, Field(ge=0, lt=1)]


class Plain(_Named):
    """Without parameters of its own."""

    type: Literal[
        "BatchNormalization", "Flatten", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
        "GlobalMaxPooling1D", "GlobalMaxPooling2D",
    ]  # fmt: skip


LayerSpec = Annotated[
    Dense | Conv1D | Conv2D | Pooling1D | Pooling2D | Dropout | Plain, Field(discriminator="type")
]


def prefix(type_name: str) -> str:
    """What the names of such layers begin with; a number follows."""
    kinds = {"Dense": "hidden", "Conv1D": "conv", "Conv2D": "conv",
             "BatchNormalization": "normalization"}  # fmt: skip
    return kinds.get(type_name, "pooling" if "Pooling" in type_name else type_name.lower())
