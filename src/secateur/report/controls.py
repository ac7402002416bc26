"""What is compared with what: a model with its control, and its sparsity with the target."""

from collections.abc import Mapping
from typing import Any

from secateur.evaluate import scoring
from secateur.recipes.recipe import Recipe


def control(name: str, recipes: Mapping[str, Recipe], elsewhere: bool = False) -> str | None:
    """Return the model that trains like this one and removes nothing; None if there is none.

    A model that trains for as many epochs is preferred. The training of a baseline from
    `elsewhere` is unknown, so it is no control.
    """
    own = recipes[name]
    alike = [
        other
        for other, recipe in sorted(recipes.items())
        if (recipe.start, recipe.training, recipe.distill) == (own.start, own.training, own.distill)
        and not (recipe.smaller or recipe.clustering)
    ]
    if not own.smaller:
        return None
    if alike:
        return min(alike, key=lambda other: recipes[other].epochs != own.epochs)
    plain = own.training is None and own.distill is None
    alike_baseline = own.start == "initial" and plain and not elsewhere
    return "baseline" if alike_baseline else None


def missed(score: Mapping[str, Any]) -> float | None:
    """Return a model's target sparsity if the median over its seeds is another; else None.

    That of all kernels is missed only with a layer's, if these have some.
    """
    targets = score["target"]
    reached = {name: score["stripped"]["sparsity"][name]["median"] for name in targets}
    if "kernels" not in targets or score["diverged"] or not scoring.missed(targets, reached):
        return None
    differs = scoring.misses(targets["kernels"], reached["kernels"])
    return float(targets["kernels"]) if differs else None
