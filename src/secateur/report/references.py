"""Known results from elsewhere, which the report shows beside its own."""

from typing import Annotated

from pydantic import AfterValidator, Field

from secateur.core.params import Params


def _one_line(name: str) -> str:
    if min(name) < " ":
        raise ValueError(f"{name!r}: must be one line without control characters")
    return name


class Reference(Params):
    """A file for the same task that was made elsewhere."""

    name: Annotated[
        str,
        Field(min_length=1, max_length=30, description="What the report calls it"),
        AfterValidator(_one_line),
    ]
    gzip_bytes: Annotated[int, Field(ge=1, le=10**12, description="Size of the gzipped file")]
    error: Annotated[
        Annotated[float, Field(gt=0, le=1e12)] | None,
        Field(description="Its test MSE, or log loss for classes; `null`: never measured"),
    ] = None
