"""`training.augmentation`: Keras's preprocessing layers, which change training rows at random."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from secateur.core.errors import InputError
from secateur.core.params import Params

KIND = "Keras's class"
Pair = Field(min_length=2, max_length=2)


def _rising(pair: list[float]) -> list[float]:
    if pair[0] > pair[1]:
        raise ValueError(f"{pair}: the first must not exceed the second")
    return pair


Share = Annotated[float, Field(ge=-1, le=1)]
Factor = Share | Annotated[list[Share], Pair, AfterValidator(_rising)]
Zoomed = Annotated[float, Field(gt=-1, le=1)]  # -1 would zoom in for ever
Zoom = Zoomed | Annotated[list[Zoomed], Pair, AfterValidator(_rising)]
Contrast = Annotated[float, Field(ge=0, le=1)]
Size = Annotated[int, Field(ge=1, le=10_000)]
Pixels = Annotated[int, Field(ge=1, le=1000)]
FACTOR = "A fraction, drawn from -factor to factor; or [least, greatest]"


class _Moved(Params):
    """What all layers take that move pixels."""

    fill_mode: Annotated[
        Literal["reflect", "wrap", "constant", "nearest"],
        Field(description="What stands where no pixel came from; `constant`: `fill_value`"),
    ] = "reflect"
    interpolation: Annotated[
        Literal["bilinear", "nearest"], Field(description="Between pixels")
    ] = "bilinear"
    fill_value: Annotated[float, Field(description="In the source's unit")] = 0.0


class RandomFlip(Params):
    """Mirrors every second row on average."""

    type: Annotated[Literal["RandomFlip"], Field(description=KIND)]
    mode: Annotated[
        Literal["horizontal", "vertical", "horizontal_and_vertical"],
        Field(description="`horizontal` exchanges left and right"),
    ] = "horizontal_and_vertical"


class RandomTranslation(_Moved):
    """Shifts a row."""

    type: Annotated[Literal["RandomTranslation"], Field(description=KIND)]
    height_factor: Annotated[Factor, Field(description=f"{FACTOR}; of the height")]
    width_factor: Annotated[Factor, Field(description=f"{FACTOR}; of the width")]


class RandomRotation(_Moved):
    """Turns a row around its middle."""

    type: Annotated[Literal["RandomRotation"], Field(description=KIND)]
    factor: Annotated[Factor, Field(description=f"{FACTOR}; of a full turn")]


class RandomZoom(_Moved):
    """Zooms out of a row (positive factors), or into it."""

    type: Annotated[Literal["RandomZoom"], Field(description=KIND)]
    height_factor: Annotated[Zoom, Field(description=FACTOR)]
    width_factor: Annotated[
        Zoom | None, Field(description=f"{FACTOR}; `null`: as the height, the ratio stays")
    ] = None


class RandomContrast(Params):
    """Scales the distances of pixels from their mean, and cuts at 0 and 255."""

    type: Annotated[Literal["RandomContrast"], Field(description=KIND)]
    factor: Annotated[
        Contrast | Annotated[list[Contrast], Pair],
        Field(description="The scale is drawn from 1 - factor to 1 + factor; or [lower, upper]"),
    ]


class RandomCrop(Params):
    """Cuts a window out of a row; `ZeroPadding2D` before it gives it room."""

    type: Annotated[Literal["RandomCrop"], Field(description=KIND)]
    height: Annotated[Size, Field(description="Of the window, in pixels")]
    width: Annotated[Size, Field(description="Of the window, in pixels")]


class ZeroPadding2D(Params):
    """Adds a border of zeros."""

    type: Annotated[Literal["ZeroPadding2D"], Field(description=KIND)]
    padding: Annotated[Pixels, Field(description="Pixels on each side")]


Layer = Annotated[
    RandomFlip | RandomTranslation | RandomRotation | RandomZoom | RandomContrast | RandomCrop
    | ZeroPadding2D,
    Field(discriminator="type"),
]  # fmt: skip


def check(layers: Sequence[Layer], shape: Sequence[int]) -> None:
    """Raise InputError unless the layers take rows of a shape, and give rows of that shape."""
    if not layers:
        return
    if len(shape) != 3:
        raise InputError(
            f"augmentation: {layers[0].type}: rows have shape {list(shape)}, and only pictures, "
            "[height, width, channels], can be augmented; leave augmentation out"
        )
    height, width = shape[:2]
    for layer in layers:
        if isinstance(layer, ZeroPadding2D):
            height, width = height + 2 * layer.padding, width + 2 * layer.padding
        elif isinstance(layer, RandomCrop):
            if layer.height > height or layer.width > width:
                raise InputError(
                    f"augmentation: RandomCrop: a window of {layer.height} x {layer.width} of rows "
                    f"of {height} x {width}; must not be larger"
                )
            height, width = layer.height, layer.width
    if [height, width] != list(shape[:2]):
        raise InputError(
            f"augmentation: gives rows of {height} x {width}, and the network takes {shape[0]} x "
            f"{shape[1]}; let ZeroPadding2D add what RandomCrop cuts off, such as padding: 4 "
            f"before height: {shape[0]}, width: {shape[1]}"
        )
