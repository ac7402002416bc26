"""What the stage `trial` of a search is to do: the section `trial` of its own file of parameters.

It stands here, and not beside the search: what a process has loaded counts among what a training
follows from, and a trial's training is to be that of the recipe in the pipeline itself.
"""

from typing import Annotated, Literal

from pydantic import Field

from secateur.core.params import Params
from secateur.core.seeds import Seeds
from secateur.recipes.recipe import RecipeName, Recipes

Device = Literal["cpu", "microcontroller", "ethos_u"]


class Trial(Params):
    """A recipe to try."""

    recipe: Annotated[RecipeName, Field(description="Whose file is measured")]
    seeds: Annotated[Seeds, Field(description="With which it is trained")]
    device: Annotated[
        Device,
        Field(description="Of the files, the one that this device would get"),
    ]
    rows: Annotated[int, Field(ge=1, description="Validation rows, at most, that a file predicts")]
    train: Annotated[list[RecipeName], Field(min_length=1, description="What to train, in order")]
    recipes: Annotated[Recipes, Field(description="The recipe, and those that it starts from")]
