"""What the seeds say, in words: never more than they do."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from secateur.friedman import USED
from secateur.recipes import Recipe
from secateur.report.words import compare, count, number, spread


class Verdict(NamedTuple):
    """The result in a few sentences, most important first."""

    chosen: str | None  # the recipe to take
    sentences: list[str]
    warnings: list[str]  # of collapsed runs


def verdict(
    evaluation: Mapping[str, Any],
    sizes: Mapping[str, Any],
    curves: pd.DataFrame,
    recipes: Mapping[str, Recipe],
) -> Verdict:
    """The smallest file of the recipes that are no worse than the baseline on validation rows.

    The test set has no part in the choice, so that its figures stay fair. `curves` has `model`,
    `seed`, `epoch` and `val_loss`.
    """
    last = curves.loc[curves.groupby(["model", "seed"])["epoch"].idxmax()]
    # A loss that is not finite must not be left out of the median, as pandas would.
    validation = last.fillna({"val_loss": math.inf}).groupby("model")["val_loss"].median()
    pruned = [name for name, recipe in recipes.items() if recipe.schedule]
    good = [name for name in sorted(pruned) if validation[name] <= validation["baseline"]]
    sentences: list[str]
    chosen = None
    if good:
        chosen = min(good, key=lambda name: _median_bytes(sizes[name], smallest(sizes[name])))
        sentences = _result(chosen, evaluation, sizes, recipes)
    elif pruned:
        nearest = min(sorted(pruned), key=lambda name: validation[name])
        sentences = [
            "No recipe keeps the validation MSE of the dense baseline "
            f"({number(validation['baseline'])}, median over the seeds). The nearest is {nearest}, "
            f"with {number(validation[nearest])}."
        ]
    else:
        sentences = ["No recipe prunes anything: there is nothing to choose."]
    warnings = [
        f"{model}: {count(score['collapsed'])} of {count(len(score['stripped']['mse']['seeds']))} "
        f"runs collapsed ({_dead(score)}): no better than predicting the mean."
        for model, score in evaluation.items()
        if score["collapsed"]
    ]
    return Verdict(chosen, sentences, warnings)


def controls(recipes: Mapping[str, Recipe]) -> list[str]:
    """The recipes that prune nothing: what further training does by itself."""
    return sorted(name for name, recipe in recipes.items() if not recipe.schedule)


def smallest(rungs: Mapping[str, Any]) -> str:
    """The rung with the fewest gzipped bytes."""
    return min(rungs, key=lambda rung: _median_bytes(rungs, rung))


def _median_bytes(rungs: Mapping[str, Any], rung: str) -> float:
    return rungs[rung]["gzip_bytes"]["median"]


def _result(
    name: str,
    evaluation: Mapping[str, Any],
    sizes: Mapping[str, Any],
    recipes: Mapping[str, Recipe],
) -> list[str]:
    """What the chosen recipe's smallest file is worth, and how sure that is."""
    rung, dense_rung = smallest(sizes[name]), smallest(sizes["baseline"])
    file, dense = sizes[name][rung], evaluation["baseline"]["stripped"]["mse"]
    sparsity = evaluation[name]["stripped"]["sparsity"]["kernels"]["median"]
    size, before = (r["gzip_bytes"]["median"] for r in (file, sizes["baseline"][dense_rung]))
    change = f"{abs(1 - size / before):.0%} {'fewer' if size <= before else 'more'} bytes"
    seeds = len(dense["seeds"])
    sentences = [
        f"{name}: {sparsity:.0%} of the kernel weights gone, {change} ({size:,.0f} against "
        f"{before:,.0f}, gzipped), test MSE {spread(file['mse'])} against {spread(dense)} dense; "
        + ("one seed." if seeds == 1 else f"median, minimum and maximum of {count(seeds)} seeds."),
        f"The file is {rung}; the baseline's {before:,.0f} bytes are its smallest, {dense_rung}. "
        "Chosen by validation MSE and bytes: the test set had no part.",
    ]
    others = {"baseline": "the baseline"}
    others |= {other: f"{other} (nothing pruned)" for other in controls(recipes)}
    alike: dict[tuple[int, int], list[str]] = {}
    for other, words in others.items():
        found = compare(file["mse"]["seeds"], evaluation[other]["stripped"]["mse"]["seeds"])
        alike.setdefault((found.lower, found.higher), []).append(words)
    for (lower, higher), names in alike.items():
        sentences.append(sureness(lower, higher, seeds, " and that of ".join(names)))
    if recipes[name].start == "initial":
        sentences.append(
            f"{name} starts from untrained weights: what differs is the whole training, and not "
            "pruning alone."
        )
    return sentences


def noise_read(read: Mapping[str, Mapping[str, Sequence[int]]], features: int) -> str:
    """Which models have stopped reading what does nothing."""
    if features <= USED:
        return ""
    counts = {
        model: [sum(column >= USED for column in columns) for columns in by_seed.values()]
        for model, by_seed in read.items()
    }
    rest = features - USED
    none = [model for model, found in counts.items() if not any(found)]
    whole = [model for model, found in counts.items() if all(n == rest for n in found)]
    some = [model for model in counts if model not in none + whole]
    said = [
        f"{words}: {', '.join(group)}"
        for words, group in (
            ("No seed reads any of them", none),
            ("some seeds read some", some),
            ("every seed reads all", whole),
        )
        if group
    ]
    text = "; ".join(said)
    return text[0].upper() + text[1:] + "."


def sureness(lower: int, higher: int, seeds: int, others: str) -> str:
    """How far the seeds bear out that a file's test MSE is lower, or higher, than others'."""
    if seeds == 1:
        return f"One seed says nothing of how its test MSE compares with that of {others}."
    if seeds in (lower, higher):
        return (
            f"Its test MSE is {'lower' if lower else 'higher'} than that of {others} in all "
            f"{count(seeds)} seeds; by chance alone so many would agree once in "
            f"{2 ** (seeds - 1):,} times."
        )
    return (
        f"Its test MSE is lower than that of {others} in {count(lower)} of {count(seeds)} seeds: "
        "these seeds do not tell which is better."
    )


def _dead(score: Mapping[str, Any]) -> str:
    r2 = score["stripped"]["r2"]["seeds"]
    seeds = [seed for seed, value in r2.items() if value is None or not value > 0]
    return f"seed {', '.join(sorted(seeds, key=int))}"
