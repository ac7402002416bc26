"""Known results from elsewhere, which the report shows beside its own."""

from typing import Annotated

from pydantic import Field

from secateur.core.params import Params


class Reference(Params):
    """A file for the same task that was made elsewhere."""

    name: Annotated[
        str, Field(pattern=r"^[^\x00-\x1f]{1,30}$", description="What the report calls it")
    ]
    gzip_bytes: Annotated[int, Field(ge=1, le=10**12, description="Size of the gzipped file")]
    error: Annotated[
        Annotated[float, Field(gt=0, le=1e12)] | None,
        Field(description="Its test MSE, or log loss for classes; `null`: never measured"),
    ] = None


class Report(Params):
    """Parameters of `report`."""

    references: Annotated[
        list[Reference],
        Field(max_length=20, description="Results from elsewhere, drawn beside the run's own"),
    ]
