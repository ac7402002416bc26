"""The verdict on the recipes: it claims only what the seeds support."""

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from secateur.choosing import choice
from secateur.core.tasks import Task
from secateur.recipes.recipe import RESERVED
from secateur.report import channel_sentences, cost_sentences, paired, remaining_weights
from secateur.report.controls import control, missed
from secateur.report.formatting import as_number, count, number, spread
from secateur.report.results import Results


class Verdict(NamedTuple):
    """The result in a few sentences, the most important first."""

    chosen: str | None  # the recipe to take
    sentences: list[str]
    warnings: list[str]  # of collapsed runs


def verdict(results: Results) -> Verdict:
    """Choose the recipe with the smallest file among those no worse than the baseline.

    `choosing.choice` decides, by validation rows alone. Test rows say here what it costs.
    """
    task, recipes = results.data.task, results.recipes
    pruned = sorted(name for name, recipe in recipes.items() if recipe.smaller)
    models = {name: results.evidence(name) for name in results.models}
    found = choice.recommend(models, pruned, as_number(results.validation["guess"]))
    sentences: list[str]
    if found.chosen:
        sentences = _result(found.chosen, results)
        if found.larger:
            sentences.append(_more(found.chosen, found.larger, results))
    elif found.lost:
        sentences = [
            "Nothing is recommended: most runs of the dense baseline collapsed, and there is "
            "nothing to compare with."
        ]
    elif found.nearest:
        error = models[found.nearest].error
        sentences = [
            f"No recipe keeps the validation {task.label} of the dense baseline "
            f"({number(models['baseline'].error)}, median over the seeds). "
            + (
                f"The nearest is {found.nearest}, with {number(error)}"
                f"{_far(results, found.nearest)}."
                if math.isfinite(error)
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
            (_far_off(score, task), "nearly collapsed", f"a test {task.label} over {choice.FAR} "
             "times the median of the model's seeds"),
        )
        if seeds
    ]  # fmt: skip
    return Verdict(found.chosen, sentences, warnings)


def _far(results: Results, name: str) -> str:
    """Say that a recipe is not chosen for one seed alone; empty if that is not why."""
    most = results.evidence("baseline").error
    own = results.evidence(name)
    if own.error > most or not choice.is_far(own, most):
        return ""
    return (
        f"; but a seed of it has {number(max(own.errors.values()))}, over {choice.FAR} times the "
        "baseline's median, and a network that now and then does not work is not recommended"
    )


def _file(results: Results, model: str) -> Mapping[str, Any]:
    """Return the figures of the model's file to ship."""
    return results.sizes[model][results.ships(model)]


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
    artifact = results.ships(name)
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
            against = "the baseline" if model == "baseline" else model
            other_seeds = _file(results, model)[figure]["seeds"]
            sentences.append(
                paired.sureness(file[figure]["seeds"], other_seeds, against, f"test {label}")
            )
    if results.recipes[name].channels:
        sentences += channel_sentences.sentences(results, name)
    sentences.append(
        f"The file is {artifact}. Validation rows alone chose it: of the recipes whose median "
        f"validation {label} is no higher than the baseline's, and no seed's over {choice.FAR} "
        f"times that, {name} has the smallest file; a file counts if its validation {label} is at "
        f"most {choice.LOSS - 1:.0%} above its source model's{_budget(results)}. "
        f"{_sure(name, results)}"
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
    return f"{sentence} {paired.sureness(mine['seeds'], its['seeds'], chosen, figure)}"


def _budget(results: Results) -> str:
    cares = {"file_bytes", "macs", "latency_ratio"} & results.budget.given().keys()
    return ", and one that breaks the budget only if each of the model's does" if cares else ""


def _sure(name: str, results: Results) -> str:
    """Say how sure it is that a recipe keeps the baseline's validation error."""
    found, rows = results.validation["against_baseline"][name], results.validation["rows"]
    label = results.data.task.label
    if found["ratio"] is None:
        return f"How sure that is has no figure: not each validation {label} is a number."
    one = "rows of its only seed" if results.seeds() == 1 else "rows and seeds"
    said = (
        f"On {rows:,} validation rows its {label} is {number(found['ratio'])} times the baseline's "
        f"(95% interval {number(found['low'])} to {number(found['high'])}, bootstrap over {one})"
    )
    sure = as_number(found["high"]) <= 1
    return f"{said}." if sure else f"{said}: that it is no higher is not sure."


def _share(part: int, whole: int) -> str:
    return "the only run" if whole == 1 else f"{count(part)} of {count(whole)} runs"


def _diverged(score: Mapping[str, Any], task: Task) -> list[str]:
    """Return the seeds whose error is not finite."""
    return _failed(score, task, lambda explained: explained is None)


def _guessing(score: Mapping[str, Any], task: Task) -> list[str]:
    """Return the seeds that predict no better than a guess."""
    return _failed(score, task, lambda explained: explained is not None and not explained > 0)


def _far_off(score: Mapping[str, Any], task: Task) -> list[str]:
    """Return the seeds that work, with an error far above the median of the model's seeds."""
    own = score["stripped"][task.metric]
    if own["median"] is None:
        return []
    works = _failed(score, task, lambda explained: explained is not None and explained > 0)
    return [seed for seed in works if as_number(own["seeds"][seed]) > choice.FAR * own["median"]]


def _failed(
    score: Mapping[str, Any], task: Task, fails: Callable[[float | None], bool]
) -> list[str]:
    explained = score["stripped"][task.explained]["seeds"]
    return sorted((seed for seed, value in explained.items() if fails(value)), key=int)
