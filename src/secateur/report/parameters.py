"""Parameters of `report`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from secateur.core.params import Params
from secateur.report.references import Reference


def _printable(text: str) -> str:
    if not all(sign.isprintable() or sign == "\n" for sign in text):
        raise ValueError(f"{text!r}: must be text without control characters")
    return text


Text = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_printable)]


class Card(Params):
    """What only a person knows of the model, for the model card."""

    use: Annotated[
        Text | None, Field(description="What the model is for, and what it is not for")
    ] = None
    limits: Annotated[
        Text | None, Field(description="Where it must not be trusted, such as rows of another kind")
    ] = None
    license: Annotated[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+-]{0,40}$")] | None,
        Field(description="Its licence, as SPDX names it, such as `Apache-2.0`"),
    ] = None


class Report(Params):
    """Parameters of `report`."""

    references: Annotated[
        list[Reference],
        Field(max_length=20, description="Results from elsewhere, drawn beside the run's own"),
    ]
    card: Annotated[
        Card | None, Field(description="What the model card says of use, limits, licence")
    ] = None
