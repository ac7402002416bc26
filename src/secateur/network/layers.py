"""What `model.layers` may list: Keras's layers by Keras's names."""

from typing import Annotated, Literal

from pydantic import Field

from secateur.core.params import Params

Activation = Literal["relu", "elu", "selu", "softplus", "sigmoid", "tanh", "swish", "linear"]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Sides = Count | Annotated[list[Count], Field(min_length=2, max_length=2)]
Padding = Literal["valid", "same"]
KIND = "Keras's class"


class _Named(Params):
    """An entry of `layers`, by Keras's names; recipes and tables use `name`."""

    name: Annotated[
        Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] | None,
        Field(description="Its name in recipes and tables; left out: its kind and a number"),
    ] = None


class Dense(_Named):
    """Each unit reads all inputs."""

    type: Annotated[Literal["Dense"], Field(description=KIND)]
    units: Annotated[Count, Field(description="Outputs")]
    activation: Annotated[Activation, Field(description="Keras's name")] = "linear"


class Conv1D(_Named):
    """A convolution over (steps, channels)."""

    type: Annotated[Literal["Conv1D"], Field(description=KIND)]
    filters: Annotated[Count, Field(description="Output channels")]
    kernel_size: Annotated[Count, Field(description="Steps that a filter covers")]
    strides: Annotated[Count, Field(description="Steps from one output to the next")] = 1
    padding: Annotated[
        Padding, Field(description="`same` pads with zeros, so the output keeps its size")
    ] = "valid"
    activation: Annotated[Activation, Field(description="Keras's name")] = "linear"


class Conv2D(_Named):
    """A convolution over (rows, columns, channels)."""

    type: Annotated[Literal["Conv2D"], Field(description=KIND)]
    filters: Annotated[Count, Field(description="Output channels")]
    kernel_size: Annotated[
        Sides, Field(description="Size of a filter; one number, or [height, width]")
    ]
    strides: Annotated[
        Sides,
        Field(description="Distance between outputs; one number, or [height, width]"),
    ] = 1
    padding: Annotated[
        Padding, Field(description="`same` pads with zeros, so the output keeps its size")
    ] = "valid"
    activation: Annotated[Activation, Field(description="Keras's name")] = "linear"


class Pooling1D(_Named):
    """The maximum or the mean of each window of steps."""

    type: Annotated[Literal["MaxPooling1D", "AveragePooling1D"], Field(description=KIND)]
    pool_size: Annotated[Count, Field(description="Steps in a window")] = 2


class Pooling2D(_Named):
    """The maximum or the mean of each window."""

    type: Annotated[Literal["MaxPooling2D", "AveragePooling2D"], Field(description=KIND)]
    pool_size: Annotated[
        Sides, Field(description="Size of a window; one number, or [height, width]")
    ] = 2


class Dropout(_Named):
    """Sets random inputs to zero during training."""

    type: Annotated[Literal["Dropout"], Field(description=KIND)]
    rate: Annotated[float, Field(ge=0, lt=1, description="Fraction of its inputs set to zero")]


class Plain(_Named):
    """A layer that takes no other keys."""

    type: Annotated[
        Literal[
            "BatchNormalization", "Flatten", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
            "GlobalMaxPooling1D", "GlobalMaxPooling2D",
        ],
        Field(description=KIND),
    ]  # fmt: skip


LayerSpec = Annotated[
    Dense | Conv1D | Conv2D | Pooling1D | Pooling2D | Dropout | Plain, Field(discriminator="type")
]


def prefix(type_name: str) -> str:
    """Return the beginning of the names of a layer type; a number follows."""
    kinds = {"Dense": "hidden", "Conv1D": "conv", "Conv2D": "conv",
             "BatchNormalization": "normalization"}  # fmt: skip
    return kinds.get(type_name, "pooling" if "Pooling" in type_name else type_name.lower())
