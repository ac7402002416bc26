"""What a network has to fit: the shape of the data, as the stage `split` leaves it."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from secateur.core.errors import InputError, must_exist, one_line
from secateur.core.params import Params

Size = Annotated[int, Field(ge=1)]


class Shape(Params):
    """Of one row's inputs, such as [8, 8, 1], and how many outputs and training rows there are."""

    inputs: list[Size]
    outputs: Size
    train_rows: Size


def read(path: Path) -> Shape:
    """Raise InputError if the file is missing or damaged."""
    must_exist(path)
    try:
        return TypeAdapter(Shape).validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(f"{path}: damaged: {one_line(error)}") from None
