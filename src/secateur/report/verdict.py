"""The verdict on the recipes: it claims only what the seeds support."""

import math
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from secateur.core.tasks import Task
from secateur.recipes.recipe import RESERVED
from secateur.report import channel_sentences, cost_sentences, remaining_weights
from secateur.report.choice import LOSS, control, missed, to_ship
from secateur.report.formatting import as_number, compare, count, number, spread, sureness
from secateur.report.results import Results


class Verdict(NamedTuple):
    """The result in a few sentences, the most important first."""

    chosen: str | None  # the recipe to take
    sentences: list[str]
    warnings: list[str]  # of collapsed runs


def verdict(results: Results) -> Verdict:
    """Choose the recipe with the smallest file among those no worse than the baseline.

    Validation rows decide which recipes are no worse. The test set does not choose, because its
    figures must stay fair; but it bars a recipe that collapsed in most of its runs, and every
    recipe where the baseline did. A larger file is offered beside it only if it is better.
    """
    task, recipes, curves = results.data.task, results.recipes, results.curves
    last = curves.loc[curves.groupby(["model", "seed"])["epoch"].idxmax()]
    # pandas would leave a loss that is not finite out of the median.
    validation = last.fillna({"val_loss": math.inf}).groupby("model")["val_loss"].median()
    pruned = sorted(name for name, recipe in recipes.items() if recipe.smaller)
    most = min(validation["baseline"], sys.float_info.max)  # a diverged recipe is never good
    good = [name for name in pruned if validation[name] <= most and not _lost(results, name)]
    sentences: list[str]
    chosen = None
    if pruned and _lost(results, "baseline"):
        share = _share(results.evaluation["baseline"]["collapsed"], results.seeds())
        sentences = [
            f"Nothing is recommended: of the dense baseline, {share} collapsed, and there is "
            "nothing to compare with."
        ]
    elif good:
        chosen = min(good, key=lambda name: _bytes(results, name))
        sentences, least = _result(chosen, results), _error(results, chosen)
        # Who would pay bytes for a file that is worse on test rows? Validation is of the network.
        better = [
            name
            for name in good
            if validation[name] < validation[chosen] and _error(results, name) < least
        ]
        if better:
            sentences.append(
                _more(chosen, min(better, key=lambda name: _bytes(results, name)), results)
            )
    elif pruned:
        nearest = min(pruned, key=lambda name: validation[name])
        finite = math.isfinite(validation[nearest])
        sentences = [
            f"No recipe keeps the validation {task.label} of the dense baseline "
            f"({number(validation['baseline'])}, median over the seeds). "
            + (
                f"The nearest is {nearest}, with {number(validation[nearest])}."
                if finite
                else "Each diverged."
            )
        ]
    else:
        sentences = ["No recipe prunes anything: there is nothing to choose."]
    warnings = [
        f"{model}: {_share(len(seeds), results.seeds())} {what} (seed {', '.join(seeds)}): {why}."
        for model, score in results.evaluation.items()
        for seeds, what, why in (
            (_diverged(score, task), "diverged", "its predictions are not finite"),
            (_guessing(score, task), "collapsed", f"no better than {task.guess}"),
        )
        if seeds
    ]
    return Verdict(chosen, sentences, warnings)


def _lost(results: Results, model: str) -> bool:
    """Return whether most runs of a model collapsed or diverged."""
    return bool(2 * results.evaluation[model]["collapsed"] > results.seeds())


def _file(results: Results, model: str) -> Mapping[str, Any]:
    """Return the figures of the model's file to ship."""
    return results.sizes[model][to_ship(results.sizes[model], results.data.task)]


def _bytes(results: Results, model: str) -> float:
    return _file(results, model)["gzip_bytes"]["median"]


def _error(results: Results, model: str) -> float:
    """Return the test error of the model's file to ship."""
    return as_number(_file(results, model)[results.data.task.metric]["median"])


def _result(name: str, results: Results) -> list[str]:
    """Compare the chosen recipe's file with its control and say how sure the result is."""
    figure, label = results.data.task.metric, results.data.task.label
    other = control(name, results.recipes, results.elsewhere())
    file, dense = (_file(results, model) for model in (name, other or "baseline"))
    target = missed(results.evaluation[name])
    aim = "" if target is None else f" (the target was {target:.0%})"
    alike = "the same training without pruning"
    if results.recipes[name].start not in RESERVED:
        alike = f"the same training from {results.recipes[name].start} without further pruning"
    artifact = to_ship(results.sizes[name], results.data.task)
    if artifact.startswith("clustered"):
        alike += ", and not clustered, which trains for longer"
    size, before = (figures["gzip_bytes"]["median"] for figures in (file, dense))
    seeds, gone = results.seeds(), remaining_weights.gone(results, name)
    sentences = [
        f"For LiteRT on a CPU, take {name}: {gone:.0%} of the kernel weights gone{aim}, "
        f"{abs(1 - size / before):.0%} {'fewer' if size <= before else 'more'} bytes "
        f"({size:,.0f} against {before:,.0f}, gzipped), test {label} "
        f"{spread(file[figure])} against {spread(dense[figure])} of "
        + (f"{other}, {alike}" if other else "the dense baseline")
        + (
            ". This is one seed, which proves nothing."
            if seeds == 1
            else f"; median, minimum and maximum of {count(seeds)} seeds."
        )
    ]
    if other is None and not results.recipes[name].channels:
        sentences.append(
            f"What pruning alone cost is not measured here: no recipe trains as {name} does with "
            "nothing pruned (scope: none)."
        )
    if seeds > 1:
        for model in dict.fromkeys((other or "baseline", "baseline")):
            found = compare(file[figure]["seeds"], _file(results, model)[figure]["seeds"])
            against = "the baseline" if model == "baseline" else model
            sentences.append(sureness(found, against, f"test {label}"))
    if results.recipes[name].channels:
        sentences += channel_sentences.sentences(results, name)
    sentences.append(
        f"The file is {artifact}. Of the recipes whose "
        f"median validation {label} is no higher than the baseline's, {name} has the smallest "
        f"file; a file counts if its test {label} is at most {LOSS - 1:.0%} above its source "
        "model's."
    )
    return sentences + cost_sentences.on_devices(results, name)


def _more(chosen: str, other: str, results: Results) -> str:
    """Say what a recipe with lower validation and test errors gives for more bytes."""
    figure = f"test {results.data.task.label}"
    one, file = (_file(results, name) for name in (chosen, other))
    # Of the bytes as they are shown: a median of an even number of seeds may end in a half.
    more = round(file["gzip_bytes"]["median"]) - round(one["gzip_bytes"]["median"])
    mine, its = (artifact[results.data.task.metric] for artifact in (file, one))
    price = f"For {more:,} bytes more" if more else "In as many bytes"
    sentence = f"{price}, {other} has a {figure} of {spread(mine)}."
    if results.seeds() == 1:
        return sentence
    return f"{sentence} {sureness(compare(mine['seeds'], its['seeds']), chosen, figure)}"


def _share(part: int, whole: int) -> str:
    return "the only run" if whole == 1 else f"{count(part)} of {count(whole)} runs"


def _diverged(score: Mapping[str, Any], task: Task) -> list[str]:
    """Return the seeds whose error is not finite."""
    return _failed(score, task, lambda explained: explained is None)


def _guessing(score: Mapping[str, Any], task: Task) -> list[str]:
    """Return the seeds that predict no better than a guess."""
    return _failed(score, task, lambda explained: explained is not None and not explained > 0)


def _failed(
    score: Mapping[str, Any], task: Task, fails: Callable[[float | None], bool]
) -> list[str]:
    explained = score["stripped"][task.explained]["seeds"]
    return sorted((seed for seed, value in explained.items() if fails(value)), key=int)
