"""Parameters of `report`."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from secateur.core.params import Params
from secateur.report.references import Reference


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError(f"{text!r}: says nothing; leave it out, or set it to null")
    if not all(sign.isprintable() or sign == "\n" for sign in text):
        raise ValueError(f"{text!r}: must be text without control characters")
    return text


def _spdx(text: str) -> str:
    if not LICENCE.fullmatch(text):
        raise ValueError(
            f"{text!r}: must be a licence as SPDX names it, such as Apache-2.0 or MIT OR Apache-2.0"
        )
    return text


LICENCE = re.compile(
    r"\(?[A-Za-z0-9][A-Za-z0-9.+-]*\)?( (OR|AND|WITH) \(?[A-Za-z0-9][A-Za-z0-9.+-]*\)?)*"
)
Text = Annotated[str, Field(max_length=2000), AfterValidator(_said)]


class Card(Params):
    """What only a person knows of the model, for the model card."""

    use: Annotated[
        Text | None, Field(description="What the model is for, and what it is not for")
    ] = None
    limits: Annotated[
        Text | None, Field(description="Where it must not be trusted, such as rows of another kind")
    ] = None
    license: Annotated[
        Annotated[str, Field(max_length=100), AfterValidator(_spdx)] | None,
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
