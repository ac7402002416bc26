"""Chains of recipes: each starts from a network that another one has trained."""

import difflib
from collections.abc import Mapping
from itertools import pairwise

from secateur.core.errors import InputError
from secateur.recipes.recipe import RESERVED, Recipe


def chain(name: str, recipes: Mapping[str, Recipe]) -> list[str]:
    """A recipe and what it starts from, back to `initial` or `baseline`, the recipe first.

    Raises:
        InputError: a start is unknown, or the recipes start from each other in a circle.
    """
    found = [name]
    while found[-1] not in RESERVED:
        start = recipes[found[-1]].start
        if start not in recipes and start not in RESERVED:
            known = [*RESERVED, *(other for other in recipes if other != found[-1])]
            near = difflib.get_close_matches(start, known, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            raise InputError(
                f"recipes.{found[-1]}.start: {start!r}: no such network{hint}; "
                f"{_spelled([*found, start])}; allowed: {', '.join(known)}"
            )
        if start in found:
            raise InputError(
                f"recipes.{name}.start: {recipes[name].start!r}: the recipes start from each other "
                f"in a circle: {_spelled([*found, start])}; one of them must start from "
                "initial or baseline"
            )
        found.append(start)
    return found


def check_chains(recipes: Mapping[str, Recipe]) -> None:
    """Check where every recipe starts, and that zeros which must stay can stay.

    Raises:
        InputError: as `chain` does; or a schedule begins under the sparsity of a start whose zeros
            are to be kept: tfmot would let them grow again.
    """
    for name, recipe in recipes.items():
        links = chain(name, recipes)
        if not recipe.preserve_sparsity:
            continue
        before = max((_target(recipes[link]) for link in links[1:] if link in recipes), default=0.0)
        if not before:
            raise InputError(
                f"recipes.{name}.preserve_sparsity: True: nothing before it prunes "
                f"({_spelled(links)}); start from a recipe that prunes, or leave it out"
            )
        if recipe.schedule and recipe.schedule.initial < before:
            raise InputError(
                f"recipes.{name}.schedule: begins at a sparsity of {recipe.schedule.initial}, and "
                f"the zeros to keep are up to {before} of a kernel ({_spelled(links)}); must begin "
                f"at {before} or more"
            )


def _target(recipe: Recipe) -> float:
    return recipe.schedule.target if recipe.schedule else 0.0


def _spelled(links: list[str]) -> str:
    """`int8 starts from sparse, sparse from baseline`."""
    first = f"{links[0]} starts from {links[1]}"
    return ", ".join([first, *(f"{a} from {b}" for a, b in pairwise(links[1:]))])
