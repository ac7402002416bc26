"""Parameters of the trade-off curve: its points and how each is trained."""

import math
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.recipes.recipe import Recipe
from secateur.recipes.schedules import FROZEN, ConstantSparsity, PolynomialDecay
from secateur.recipes.scopes import Layer, prunable
from secateur.recipes.training import Training

FREQUENCY = 10  # steps between mask updates; these trainings are short


def _no_repeats(sparsities: list[float]) -> list[float]:
    if len({f"{sparsity:g}" for sparsity in sparsities}) < len(sparsities):
        raise ValueError(
            f"{sparsities}: two agree in their first six digits; give each sparsity once"
        )
    return sparsities


class TradeOff(Params):
    """Parameters of `trade_off`: the curve of size against error, from the trained baseline."""

    sparsities: Annotated[
        list[Annotated[float, Field(gt=0, lt=1)]],
        Field(
            min_length=1,
            max_length=50,
            description="One point of each kind for each",
        ),
        AfterValidator(_no_repeats),
    ]
    training: Annotated[Training, Field(description="Training of every point")]
    epochs: Annotated[
        int,
        Field(ge=2, le=1_000_000, description="Epochs of every point after the baseline's own"),
    ]
    ramp_epochs: Annotated[
        int, Field(ge=1, le=1_000_000, description="Epochs from no sparsity to the target sparsity")
    ]

    def pruned(self, sparsity: float, rows: int, scope: str | list[str] = "whole") -> Recipe:
        """Return the recipe that prunes layers of the baseline by a polynomial schedule."""
        steps = math.ceil(rows / self.training.batch_size)
        end = max(self.ramp_epochs * steps // FREQUENCY, 1) * FREQUENCY
        schedule = PolynomialDecay(
            type="PolynomialDecay", initial_sparsity=0.0, final_sparsity=sparsity,
            begin_step=0, end_step=end, frequency=FREQUENCY,
        )  # fmt: skip
        return self._recipe(schedule, scope)

    def masked(self, scope: str | list[str] = "whole") -> Recipe:
        """Return a recipe that keeps the masks that a callback sets."""
        return self._recipe(FROZEN, scope)

    def _recipe(
        self, schedule: PolynomialDecay | ConstantSparsity, scope: str | list[str]
    ) -> Recipe:
        return Recipe(
            start="baseline",
            scope=scope,
            schedule=schedule,
            block_size=[1, 1],
            epochs=self.epochs,
            patience=None,
        )

    def check(self, rows: int, layers: Mapping[str, Layer] | None = None) -> None:
        """Raise InputError if training on `rows` rows cannot reach a sparsity.

        `layers` are the network's, or None if they are unknown yet: at least one must be prunable.
        """
        try:
            self.training.check_rows(rows)
            self.training.check_epochs(self.epochs)
        except InputError as error:
            raise InputError(f"trade_off.{error}") from None
        try:
            scope = "whole" if layers is None else prunable(layers)
        except InputError as error:
            raise InputError(f"trade_off: {error}") from None
        try:
            recipe = self.pruned(self.sparsities[0], rows, scope)
            recipe.first_full_epoch(rows, self.training.batch_size)
        except InputError as error:
            raise InputError(f"trade_off.ramp_epochs: {self.ramp_epochs}: {error}") from None
