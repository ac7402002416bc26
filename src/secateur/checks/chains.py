"""Chains of recipes: each starts from a network that another one trained."""

from collections.abc import Mapping
from itertools import pairwise

from secateur.core.errors import InputError, did_you_mean
from secateur.recipes.recipe import RESERVED, Recipe


def chain(name: str, recipes: Mapping[str, Recipe]) -> list[str]:
    """Return a recipe and its chain of starts; `initial` or `baseline` comes last.

    Raises:
        InputError: a start is unknown, or the recipes start from each other in a circle.
    """
    links = [name]
    while links[-1] not in RESERVED:
        start = recipes[links[-1]].start
        if start not in recipes and start not in RESERVED:
            known = [*RESERVED, *(other for other in recipes if other != links[-1])]
            raise InputError(
                f"recipes.{links[-1]}.start: {start!r}: no such network"
                f"{did_you_mean(start, known)}; "
                f"{_describe([*links, start])}; allowed: {', '.join(known)}"
            )
        if start in links:
            raise InputError(
                f"recipes.{name}.start: {recipes[name].start!r}: the recipes start from each other "
                f"in a circle: {_describe([*links, start])}; one of them must start from "
                "initial or baseline"
            )
        links.append(start)
    return links


def check_chains(recipes: Mapping[str, Recipe]) -> None:
    """Check each recipe's start and teacher, and that `preserve_sparsity` has zeros to keep.

    Raises:
        InputError: as `chain` does; a teacher is not trained before its recipe; or a recipe with
            `preserve_sparsity` has no zeros to keep, or its schedule begins below their share, and
            tfmot would let them grow again. After a recipe with `channels`, kernels differ from
            seed to seed: neither blocks nor a spread by their shapes are possible.
    """
    for name, recipe in recipes.items():
        links = chain(name, recipes)
        _check_teacher(name, recipes)
        _check_after_channels(name, recipes, links)
        if not recipe.preserve_sparsity:
            continue
        reaching = _reaching([recipes[link] for link in links[1:] if link in recipes])
        if not any(_most(past) for past in reaching):
            raise InputError(
                f"recipes.{name}.preserve_sparsity: True: no zeros reach it "
                f"({_describe(links)}); start from a recipe that prunes, or leave it out"
            )
        if recipe.each:
            _check_spreads(name, recipe, reaching, links)
        for layer, schedule in recipe.each.items():
            before = max(_most(past, layer) for past in reaching)
            if schedule.initial < before:
                raise InputError(
                    f"recipes.{name}.schedule{layer and f'.{layer}'}: begins at sparsity "
                    f"{schedule.initial}, but the zeros to keep are up to {before} of a kernel "
                    f"({_describe(links)}); must begin at {before} or more"
                )


def _check_after_channels(name: str, recipes: Mapping[str, Recipe], links: list[str]) -> None:
    """Raise InputError if a recipe needs to know the shapes of kernels, and these are unknown."""
    recipe = recipes[name]
    without = [link for link in links[1:] if link in recipes and recipes[link].channels]
    if not without or not recipe.each:
        return
    why = f"{without[0]} removes channels, and how many of each layer differs from seed to seed"
    if recipe.block_size != [1, 1]:
        raise InputError(
            f"recipes.{name}.block_size: {recipe.block_size}: {why}: a kernel may be too small "
            "for the block; must be [1, 1]"
        )
    if recipe.spread == "erdos_renyi_kernel":
        raise InputError(
            f"recipes.{name}.spread: {recipe.spread!r}: {why}: so would each kernel's sparsity; "
            "must be uniform or global"
        )


def _check_teacher(name: str, recipes: Mapping[str, Recipe]) -> None:
    """Raise InputError unless a recipe's teacher is trained before it: DVC knows no more orders."""
    recipe = recipes[name]
    if recipe.distill is None or recipe.distill.from_ == "baseline":
        return
    teacher, known = recipe.distill.from_, [*RESERVED, *recipes]
    key = f"recipes.{name}.distill.from: {teacher!r}"
    if teacher == name:
        raise InputError(f"{key}: a recipe cannot learn from itself; must be baseline")
    if teacher == "initial":
        raise InputError(f"{key}: untrained weights teach nothing; must be baseline")
    if teacher not in known:
        raise InputError(f"{key}: no such network{did_you_mean(teacher, known)}")
    if teacher != recipe.start:
        raise InputError(
            f"{key}: is not trained before {name!r}, which starts from {recipe.start!r}; must be "
            f"baseline, or set start: {teacher}"
        )


def _reaching(links: list[Recipe]) -> list[Recipe]:
    """Return the recipes whose zeros are there after the first of these links, the next before it.

    A link that neither prunes nor preserves zeros lets them grow again.
    """
    found: list[Recipe] = []
    for recipe in reversed(links):
        found = [*(found if recipe.keeps_zeros else []), *([recipe] if recipe.each else [])]
    return found


def _most(recipe: Recipe, layer: str = "") -> float:
    """Return the largest sparsity that a recipe gives a layer's kernel; of all if it names none."""
    own = recipe.each.get(layer)
    return own.target if own else max(each.target for each in recipe.each.values())


def _check_spreads(name: str, recipe: Recipe, before: list[Recipe], links: list[str]) -> None:
    """Raise InputError if a kernel's zeros to keep may be more than its schedule begins with."""
    own = (recipe.spread, recipe.scope)
    if {recipe.spread, *(past.spread for past in before)} == {"uniform"}:
        return
    if any((past.spread, past.scope) != own for past in before):
        others = ", ".join(dict.fromkeys(past.spread for past in before))
        raise InputError(
            f"recipes.{name}.spread: {recipe.spread!r}: after spread {others} ({_describe(links)}) "
            "a kernel may have more zeros to keep than the schedule begins with; spread and scope "
            "must be those of the recipes before, or scope: none"
        )


def _describe(links: list[str]) -> str:
    """Describe a chain: `int8 starts from sparse, sparse from baseline`."""
    first = f"{links[0]} starts from {links[1]}"
    return ", ".join([first, *(f"{a} from {b}" for a, b in pairwise(links[1:]))])
