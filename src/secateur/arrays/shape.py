"""The shape of the data, which a network must fit; the stage `split` writes it."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from secateur.core.errors import InputError, must_exist, one_line
from secateur.core.params import Params

Size = Annotated[int, Field(ge=1)]


class Shape(Params):
    """Shape of one row's inputs, such as [8, 8, 1], and the numbers of outputs and rows.

    Of an autoencoder of arrays, `outputs` is the shape of the inputs.
    """

    inputs: list[Size]
    outputs: Size | list[Size]
    train_rows: Size


def read(path: Path) -> Shape:
    """Read the file; raises InputError if it is missing or damaged."""
    must_exist(path)
    try:
        return TypeAdapter(Shape).validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(f"{path}: damaged: {one_line(error)}") from None
