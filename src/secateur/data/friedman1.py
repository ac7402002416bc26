"""Friedman #1: a regression problem with a known answer."""

from typing import Annotated

from pydantic import Field

from secateur.arrays.rows import Rows
from secateur.core.params import Params

MADE = "data/generated/friedman1.parquet"  # the `data.source` with these rows
USED = 5  # x0 to x4 determine y, the rest is noise


class GenerateData(Params):
    """Parameters of `friedman1`; the names are scikit-learn's."""

    n_samples: Annotated[int, Field(ge=1, le=100_000_000, description="Rows")]
    n_features: Annotated[
        int, Field(ge=USED, le=10_000, description="Columns; only x0 to x4 determine y")
    ]
    noise: Annotated[
        float, Field(ge=0, le=1e6, description="Standard deviation of the noise added to y")
    ] = 0.0
    random_state: Annotated[int, Field(ge=0, lt=2**32, description="Seed of the draw")]


def friedman1(params: GenerateData) -> Rows:
    """Draw inputs (n_samples, n_features), uniform in [0, 1), and targets, in float64.

    y = 10 sin(pi x0 x1) + 20 (x2 - 0.5)^2 + 10 x3 + 5 x4 + noise.
    Source: Friedman (1991), "Multivariate adaptive regression splines"; scikit-learn's
    `make_friedman1`.
    """
    # Imported here: it takes a second, and checking parameters does not need it.
    from sklearn.datasets import make_friedman1

    x, y = make_friedman1(**params.model_dump())
    return Rows(x, y[:, None])
