"""The section `data`: which file, which columns, and what to do with missing cells."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from secateur.core.params import Params
from secateur.data import sources


class Data(Params):
    """Parameters of `data`."""

    source: Annotated[
        str,
        Field(
            min_length=1,
            description="A `.csv`, `.parquet` or `.npz` file, a folder of `.npz` files, or the "
            "http or https address of a file; DVC watches it",
        ),
    ]
    target: Annotated[str, Field(description="The column, or array of an `.npz`, to predict")] = "y"
    features: Annotated[
        Annotated[list[str], Field(min_length=1)] | None,
        Field(description="The columns to use as inputs, in this order; `null`: all others"),
    ] = None
    drop: Annotated[list[str], Field(description="Columns that are not inputs")] = Field(
        default_factory=list
    )
    categorical: Annotated[
        list[str],
        Field(description="Columns whose numbers are categories; text always is"),
    ] = Field(default_factory=list)
    separator: Annotated[
        str, Field(min_length=1, max_length=1, description="CSV: the character between two cells")
    ] = ","
    decimal: Annotated[Literal[".", ","], Field(description="CSV: the decimal mark")] = "."
    missing_values: Annotated[
        list[str],
        Field(description="CSV: cells that count as missing, such as `?`, besides empty ones"),
    ] = Field(default_factory=list)
    missing: Annotated[
        Literal["refuse", "drop", "impute"],
        Field(
            description="Missing cells: an error, drop the row, or fill in the training rows' "
            "median or most frequent category"
        ),
    ] = "refuse"
    unseen: Annotated[
        Literal["refuse", "zeros"],
        Field(
            description="A category that no training row has: an error, or zeros in all inputs of "
            "its column"
        ),
    ] = "refuse"
    standardize: Annotated[
        bool,
        Field(
            description="Scale the inputs, and the target of a regression, by the training rows' "
            "mean and standard deviation"
        ),
    ] = True

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if re.match(r"\w[\w+.-]*://", self.source) and not sources.is_url(self.source):
            raise ValueError(
                f"source: {self.source!r}: must be a path or an http or https address; for "
                f"others, run `dvc import-url {self.source} data/` and name the file that it writes"
            )
        if self.separator in '"\r\n' or self.separator == self.decimal or ord(self.separator) > 127:
            raise ValueError(
                f"separator: {self.separator!r}: must be one ASCII character, no quote, no line "
                f"end, and not the decimal {self.decimal!r}"
            )
        for key in ("features", "drop", "categorical"):
            names = getattr(self, key) or []
            if len(set(names)) < len(names):
                raise ValueError(f"{key}: {names}: a column is repeated; list each once")
            if key != "categorical" and self.target in names:
                raise ValueError(f"{key}: {self.target!r}: is data.target too; remove it from one")
        both = sorted({*(self.features or [])} & {*self.drop})
        if both:
            raise ValueError(f"drop: {both[0]!r}: is in data.features too; remove it from one")
        return self
