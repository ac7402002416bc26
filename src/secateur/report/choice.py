"""What is compared with what: a model's file to ship, its control, and its target sparsity."""

from collections.abc import Mapping
from typing import Any

from secateur.core.tasks import Task
from secateur.evaluate import scoring
from secateur.recipes.recipe import Recipe

# A file may ship if its error is at most so many times its source model's.
LOSS = 1.05
# What Keras reads, and no device.
KERAS_FILES = ("unstripped", "stripped", "compacted", "clustered")


def to_ship(artifacts: Mapping[str, Any], task: Task) -> str:
    """Return the smallest TFLite artifact, gzipped, that predicts like the stripped model.

    If none does, it is the smallest of the model's Keras files. A model whose predictions are not
    finite has no such file either: it is the stripped model itself.
    """
    source = artifacts["stripped"][task.metric]["median"]
    if source is None:
        return "stripped"
    files = {
        artifact: figures
        for artifact, figures in artifacts.items()
        if artifact != "unstripped"
        and (own := figures[task.metric]["median"]) is not None
        and own <= LOSS * source
    }
    ships = [artifact for artifact in files if artifact not in KERAS_FILES]
    return min(ships or files, key=lambda artifact: files[artifact]["gzip_bytes"]["median"])


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
