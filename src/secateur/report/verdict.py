"""What the seeds say of the recipes, in words: never more than they do."""

import math
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from secateur.recipes import Recipe
from secateur.report.words import compare, count, number, spread, sureness

# A file is one to ship if its test MSE is at most so many times that of the model behind it.
LOSS = 1.05


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

    The recipe is not chosen by the test set, so that its figures stay fair. `curves` has `model`,
    `seed`, `epoch` and `val_loss`.
    """
    last = curves.loc[curves.groupby(["model", "seed"])["epoch"].idxmax()]
    # A loss that is not finite must not be left out of the median, as pandas would.
    validation = last.fillna({"val_loss": math.inf}).groupby("model")["val_loss"].median()
    pruned = sorted(name for name, recipe in recipes.items() if recipe.schedule)
    most = min(validation["baseline"], sys.float_info.max)  # one that diverged is never good
    good = [name for name in pruned if validation[name] <= most]
    sentences: list[str]
    chosen = None
    if good:
        chosen = min(good, key=lambda name: _bytes(sizes[name]))
        sentences = _result(chosen, evaluation, sizes, recipes)
        better = [name for name in good if validation[name] < validation[chosen]]
        if better:
            sentences.append(
                _more(chosen, min(better, key=lambda name: _bytes(sizes[name])), sizes)
            )
    elif pruned:
        nearest = min(pruned, key=lambda name: validation[name])
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


def to_ship(rungs: Mapping[str, Any]) -> str:
    """The rung with the fewest gzipped bytes of those that predict as the stripped model does."""
    source = rungs["stripped"]["mse"]["median"]
    files = {rung: figures for rung, figures in rungs.items() if rung != "unstripped"}
    if source is not None:
        files = {
            rung: figures
            for rung, figures in files.items()
            if figures["mse"]["median"] is not None and figures["mse"]["median"] <= LOSS * source
        }
    return min(files, key=lambda rung: files[rung]["gzip_bytes"]["median"])


def control(name: str, recipes: Mapping[str, Recipe]) -> str | None:
    """The model that is trained like this one with nothing pruned; None: there is none.

    Of those the one that trains for as long, if there is one.
    """
    own = recipes[name]
    alike = [
        other
        for other, recipe in sorted(recipes.items())
        if (recipe.start, recipe.training, recipe.schedule) == (own.start, own.training, None)
    ]
    if not own.schedule:
        return None
    if alike:
        return min(alike, key=lambda other: recipes[other].epochs != own.epochs)
    return "baseline" if own.start == "initial" and own.training is None else None


def _bytes(rungs: Mapping[str, Any]) -> float:
    return rungs[to_ship(rungs)]["gzip_bytes"]["median"]


def _result(
    name: str,
    evaluation: Mapping[str, Any],
    sizes: Mapping[str, Any],
    recipes: Mapping[str, Recipe],
) -> list[str]:
    """What the chosen recipe's file is worth, and how sure that is."""
    other = control(name, recipes)
    file, dense = (sizes[model][to_ship(sizes[model])] for model in (name, other or "baseline"))
    sparsity = evaluation[name]["stripped"]["sparsity"]["kernels"]["median"]
    size, before = (rung["gzip_bytes"]["median"] for rung in (file, dense))
    seeds = len(file["mse"]["seeds"])
    sentences = [
        f"{name}: {sparsity:.0%} of the kernel weights gone, {abs(1 - size / before):.0%} "
        f"{'fewer' if size <= before else 'more'} bytes ({size:,.0f} against {before:,.0f}, "
        f"gzipped), test MSE {spread(file['mse'])} against {spread(dense['mse'])} of "
        + (f"{other}, the same training without pruning" if other else "the dense baseline")
        + (
            ". This is one seed, which proves nothing."
            if seeds == 1
            else f"; median, minimum and maximum of {count(seeds)} seeds."
        )
    ]
    if other is None:
        sentences.append(
            f"What pruning alone cost is not measured here: no recipe trains as {name} does with "
            "nothing pruned (scope: none)."
        )
    if seeds > 1:
        for model in dict.fromkeys((other or "baseline", "baseline")):
            mse = sizes[model][to_ship(sizes[model])]["mse"]
            words = "the baseline" if model == "baseline" else model
            sentences.append(sureness(compare(file["mse"]["seeds"], mse["seeds"]), words))
    sentences.append(
        f"The file is {to_ship(sizes[name])}. Of the recipes whose median validation MSE is no "
        f"higher than the baseline's, {name} has the smallest file; a file counts if its test MSE "
        f"is at most {LOSS - 1:.0%} above that of the model it was made from."
    )
    return sentences


def _more(chosen: str, other: str, sizes: Mapping[str, Any]) -> str:
    """What a recipe gives that takes more bytes and has a lower validation MSE."""
    one, file = (sizes[name][to_ship(sizes[name])] for name in (chosen, other))
    more = file["gzip_bytes"]["median"] - one["gzip_bytes"]["median"]
    mse = file["mse"]
    words = f"For {more:,.0f} bytes more, {other} has a test MSE of {spread(mse)}."
    if len(mse["seeds"]) == 1:
        return words
    return f"{words} {sureness(compare(mse['seeds'], one['mse']['seeds']), chosen)}"


def _dead(score: Mapping[str, Any]) -> str:
    r2 = score["stripped"]["r2"]["seeds"]
    seeds = [seed for seed, value in r2.items() if value is None or not value > 0]
    return f"seed {', '.join(sorted(seeds, key=int))}"
