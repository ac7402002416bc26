"""What to tell of a recipe that keeps less than its network has at the least, and what helps."""

import math

from secateur.recipes.channels import BUDGET, BUDGETS, Channels

UNITS = {
    "macs": "multiply-adds",
    "weights": "weights",
    "peak_memory": "bytes",
    "cycles": "cycles",
    "flash": "KiB",
    "file_bytes": "bytes",
}
DECIMALS = {"flash": 2}  # all else is whole


def too_much(recipe: Channels, most: float, least: float, start: float | None = None) -> str:
    """Return the sentence for a network that must cost `most`, and costs `least` at the least.

    `start` is what the network to start from costs; None: `most` is the recipe's share of it.
    """
    kind, share = recipe.keep.kind, recipe.keep.share
    one = 10 ** DECIMALS.get(kind, 0)
    # Rounded apart, so that the two never look alike.
    allowed, reached = math.floor(most * one) / one, math.ceil(least * one) / one
    ways = _ways(recipe)
    if share is None:
        ways.insert(0, f"raise budget.{BUDGETS[kind]} to {_shown(kind, reached)}")
    elif (reachable := _share(least, round(most / share, 6) if start is None else start)) < 1:
        ways.insert(0, f"keep {reachable:.6g} or more")
    elif not ways:
        ways = ["no channel can go, whatever the share"]
    return (
        f"channels.keep.{kind}: {BUDGET if share is None else share}: must be "
        f"{_shown(kind, allowed)} {UNITS[kind]} at most, and cannot be below "
        f"{_shown(kind, reached)}; {', or '.join(ways)}"
    )


def _ways(recipe: Channels) -> list[str]:
    """Return what else lets more channels go: what the recipe itself has set, and no default."""
    return [
        *([f"lower round_to ({recipe.round_to})"] if recipe.round_to > 1 else []),
        *([f"lower min_channels ({recipe.min_channels})"] if recipe.min_channels > 1 else []),
        *(["name fewer keep_layers"] if recipe.keep_layers else []),
    ]


def _share(least: float, start: float) -> float:
    """Return the smallest share of few digits that leaves as much as must stay."""
    share, digits = least / start, 2
    while share < 1:
        one = 10 ** (digits - 1 - math.floor(math.log10(share)))
        rounded = math.ceil(share * one) / one
        if rounded < 1 and rounded * start >= least:
            return rounded
        digits += 1
        if digits > 6:
            break
    return 1.0


def _shown(kind: str, number: float) -> str:
    return f"{number:,.{DECIMALS.get(kind, 0)}f}"
