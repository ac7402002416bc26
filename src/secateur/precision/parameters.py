"""Parameters of `mix_precision`."""

from typing import Annotated

from pydantic import AfterValidator, Field

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.recipes.recipe import RecipeName, Recipes


def _no_repeats(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError(f"{names}: give each recipe once")
    return names


class MixPrecision(Params):
    """Parameters of `mix_precision`: files whose layers differ in how precise they are."""

    recipes: Annotated[
        list[RecipeName],
        AfterValidator(_no_repeats),
        Field(
            description="Those whose networks get a file `mixed`; measuring tries some files for "
            "each of their layers and each seed"
        ),
    ]
    largest_error_ratio: Annotated[
        float,
        Field(
            ge=1,
            le=1e6,
            description="Maximum ratio of the file's validation MSE, or log loss, to that of the "
            "float file, in the median over the seeds; the file is the smallest found that keeps "
            "it",
        ),
    ]
    rows: Annotated[
        int,
        Field(
            ge=1,
            le=1_000_000,
            description="Maximum number of validation rows, evenly spaced, that each file predicts",
        ),
    ]

    def check(self, recipes: Recipes) -> None:
        """Raise InputError if a recipe does not exist."""
        for name in self.recipes:
            if name not in recipes:
                raise InputError(
                    f"mix_precision.recipes: {name!r}: no such recipe; must be of "
                    f"{', '.join(sorted(recipes))}"
                )
