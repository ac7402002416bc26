"""What the page says of a removal of channels: its worth, its cost, chance, and what is left."""

import math
from typing import Any

import numpy as np
import pytest

from made_up_results import MADE, REGRESSION, SEEDS, metrics_of, results
from secateur.core import params
from secateur.core.tasks import TASKS, Task
from secateur.recipes.recipe import Recipe, Recipes
from secateur.report import channel_sentences, channels, page, remaining_weights, result_tables
from secateur.report.results import Results

OWN = [0.1, 0.11, 0.12, 0.13, 0.14]
LOWER, HIGHER = [0.05] * 5, [0.3] * 5


def recipe(start: str = "baseline", **own: Any) -> Recipe:
    asked = {"start": start, "epochs": 2, "patience": None,
             "channels": {"keep": {"weights": 0.5}, **own}}  # fmt: skip
    found: dict[str, Recipe] = params.validate(Recipes, {"thin": asked}, "here")
    return found["thin"]


def made(
    controls: dict[str, list[float]], task: Task = REGRESSION, one: Recipe | None = None
) -> Results:
    """Results whose recipe `finetuned` leaves half of the first layer's eight units."""
    given = results(OWN, task=task)
    figures = {
        name: metrics_of(errors, 100, 0.0, task)["evaluation"]["stripped"]
        for name, errors in controls.items()
    }
    left = {seed: {"hidden_1": np.ones((7, 4)), "output": np.ones((4, 1))} for seed in SEEDS}
    return given._replace(
        recipes={**given.recipes, "finetuned": one or recipe()},
        controls={"finetuned": figures},
        after={**given.after, "finetuned": left},
        compacted={**given.compacted, "finetuned": left},
    )


def said(controls: dict[str, list[float]], seeds: int = 5, **more: Any) -> str:
    given = made(controls, **more)
    for figures in (
        given.evaluation["finetuned"]["stripped"],
        *given.controls["finetuned"].values(),
    ):
        for figure in figures.values():
            for seed in SEEDS[seeds:] if "seeds" in figure else ():
                del figure["seeds"][str(seed)]
    return " ".join(channel_sentences.sentences(given, "finetuned")).replace("\xa0", " ")


def test_removal_beats_the_small_network_where_all_seeds_agree() -> None:
    text = said({"from_scratch": [0.2, 0.21, 0.22, 0.23, 0.24]})
    assert "finetuned: removing channels beats training the small network: test MSE 0.5" in text
    assert "times (95% interval 0.5" in text
    assert "over five seeds, p = " in text
    assert "better in all five seeds." in text


@pytest.mark.parametrize("errors", [LOWER, OWN])
def test_removal_does_not_beat_it_where_no_seed_is_better(errors: list[float]) -> None:
    text = said({"from_scratch": errors})
    assert "removing channels does not beat training the small network" in text
    assert ("test MSE 2.3" in text and "better in none of five" in text) == (errors == LOWER)
    assert ("equally good in all five seeds." in text) == (errors == OWN)


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ([0.2, 0.21, 0.22, 0.1, 0.1], "three of five seeds."),
        ([0.2, 0.21, 0.05, 0.05, 0.05], "two of five seeds."),
        ([0.05, 0.05, 0.12, 0.2, 0.2], "two of five seeds."),
    ],
)
@pytest.mark.parametrize("control", ["from_scratch", "random"])
def test_seeds_that_do_not_agree_do_not_tell(errors: list[float], told: str, control: str) -> None:
    """A bare majority is no result anywhere else on the page either."""
    text = said({control: errors})
    whether = {
        "from_scratch": "removing channels beats training the small network",
        "random": "channels chosen by l2 are better than channels chosen by chance",
    }
    assert f"these seeds do not tell whether {whether[control]}: test MSE" in text
    assert f", better in {told}" in text


def test_one_seed_proves_nothing() -> None:
    for errors, word in ((HIGHER, "better in the only seed by 0.2"), (LOWER, "worse in the only")):
        text = said({"from_scratch": errors}, seeds=1)
        assert "these seeds do not tell whether" in text
        assert word in text
        assert "which proves nothing." in text
    assert "better in both seeds." in said({"from_scratch": HIGHER}, seeds=2)


def test_removal_has_a_cost_beside_the_same_training() -> None:
    text = said({"same_training": LOWER})
    assert "test MSE 0.12 (0.1 to 0.14) against 0.05 (0.05 to 0.05) of the same training" in text
    assert "accuracy" not in text
    assert "small network" not in text


@pytest.mark.parametrize(
    ("apart", "told"),
    [
        ([0.001, 0.002, 0.003, 0.004, -0.1], "in the median over the seeds 0.2 points lower."),
        ([0.0, 0.0, 0.0, 0.01, -0.01], "in the median over the seeds the same."),
        ([-0.01] * 5, "in the median over the seeds 1 point higher."),
    ],
)
def test_of_classes_the_cost_is_in_points_of_accuracy_too(apart: list[float], told: str) -> None:
    given = made({"same_training": LOWER}, TASKS["multiclass"])
    other = given.controls["finetuned"]["same_training"]["accuracy"]["seeds"]
    for seed, higher in zip(other, apart, strict=True):
        other[seed] += higher
    (text,) = channel_sentences.sentences(given, "finetuned")
    assert "accuracy 0.9877" in text
    assert told in text
    table = channels.section(given)["channels"]
    heads = [cell.text for cell in table.head]
    assert heads[-2:] == ["test accuracy", "accuracy, against the same training without removal"]


def test_what_counts_the_seeds_of_an_accuracy_counts_those_that_are_better() -> None:
    """Beside errors, "lower in 0 of 5" would praise nothing, and of accuracies it would."""
    given = made({"same_training": LOWER}, TASKS["multiclass"])
    other = given.controls["finetuned"]["same_training"]["accuracy"]["seeds"]
    for seed, higher in zip(other, (-0.01, -0.01, -0.01, 0.01, 0.01), strict=True):
        other[seed] += higher
    (row,) = channels.section(given)["channels"].rows
    assert row[-1].text.replace("\xa0", " ") == "+0.01, higher in 3 of 5"


@pytest.mark.parametrize(("errors", "are"), [(HIGHER, "are better"), (LOWER, "are not better")])
def test_a_score_is_compared_with_chance(errors: list[float], are: str) -> None:
    text = said({"random": errors}, one=recipe(score="l2"))
    assert f"channels chosen by l2 {are} than channels chosen by chance: " in text
    assert ("better in all five seeds" in text) == (errors == HIGHER)
    assert ("better in none of five seeds" in text) == (errors == LOWER)


def test_a_choice_by_chance_is_not_compared_with_itself() -> None:
    assert said({"random": OWN}, one=recipe(score="random")) == ""


def test_seeds_that_diverged_are_named_and_have_no_figure() -> None:
    lost = [math.nan, 0.2, 0.3, 0.3, 0.3]
    text = said({"from_scratch": lost, "same_training": lost})
    assert (
        "do not tell whether removing channels beats training the small network: better in all "
        "five seeds; the small network diverged in one of five" in text
    )
    assert (
        "what the removal cost has no figure: the same training without removal diverged in one "
        "of five seeds." in text
    )
    assert "nan" not in text
    assert "not finite" not in text


def test_nothing_is_said_of_two_that_diverged_in_every_seed() -> None:
    given = made({"from_scratch": [math.nan] * 5, "random": [math.nan] * 5})
    own = given.evaluation["finetuned"]["stripped"]["mse"]
    own.update(median=None, seeds=dict.fromkeys(own["seeds"]))
    worth, chance = channel_sentences.sentences(given, "finetuned")
    for sentence in (worth, chance):
        assert "nothing can be said of whether" in sentence
        assert "finetuned diverged in all five seeds and the " in sentence


def test_the_table_has_what_is_left_and_each_control() -> None:
    found = channels.section(made({"same_training": LOWER, "random": HIGHER}))
    table = found["channels"]
    heads = [cell.text for cell in table.head]
    assert heads[-2:] == [channels.HEADS["same_training"], channels.HEADS["random"]]
    ((name, weights, *_, same, chance),) = table.rows
    assert (name.text, weights.text) == ("finetuned", "50.0%")  # 32 of 64
    assert same.text.startswith("+0.07, lower")
    assert chance.text.startswith("-0.18, lower")
    (picture,) = found["channel_groups"]
    assert "hidden_1: 8, finetuned leaves 4" in picture.alt
    assert found["left_whole"] == ["Left whole, as it is an output of the network: output."]


def test_of_a_chain_each_recipe_is_told_of_and_what_it_leaves_is_of_its_start() -> None:
    """A recipe without controls has no comparison."""
    given = made({"from_scratch": HIGHER})
    fewer = {seed: {"hidden_1": np.ones((7, 2)), "output": np.ones((2, 1))} for seed in SEEDS}
    given = given._replace(
        recipes={**given.recipes, "control": recipe("finetuned", controls=[])},
        before={**given.before, "control": given.after["finetuned"]},
        after={**given.after, "control": fewer},
    )
    found = channels.section(given)
    rows = {row[0].text: row for row in found["channels"].rows}
    assert [rows[name][1].text for name in ("control", "finetuned")] == ["50.0%", "50.0%"]
    assert rows["control"][-1].text == "-"
    assert remaining_weights.gone(given, "control") == pytest.approx(0.75)
    assert all(sentence.startswith("finetuned") for sentence in found["channel_sentences"])
    (picture,) = found["channel_groups"]
    assert "hidden_1: 8, control leaves 2, finetuned leaves 4" in picture.alt


def test_beside_the_sparsity_stands_how_many_weights_are_left() -> None:
    """A removal makes no zeros: "0.0%" alone hides what it did."""
    cells = {row[0].text: row[1].text for row in result_tables.models(made({})).rows}
    assert cells["finetuned"].replace("\xa0", " ") == "50.0%, of 50.0% of the weights"
    assert cells["baseline"] == cells["control"] == "0.0%"


def test_below_the_costs_of_the_summary_stands_what_compares_two_types() -> None:
    given = results(OWN)
    del given.costs["control"]["minified_float32"]
    summary = page.write(given, MADE, "report").summary
    costs = summary.partition("compared with")[2]
    assert "\n\n- On the microcontroller these ratios compare files of two types: " in costs


def test_the_page_has_a_section_with_such_a_recipe_and_none_without() -> None:
    with_it, without = (
        page.write(made({"from_scratch": HIGHER}), MADE, "report"),
        page.write(results(OWN), MADE, "report"),
    )
    names = {picture.name for picture in with_it.pictures}
    assert "channel_groups" in names
    for text in (with_it.html, with_it.markdown):
        assert "whether" not in text
        assert "beats training the small network: test MSE" in text
        assert "Left whole, as it is an output of the network: output." in text
    assert 'href="#channels"' in with_it.html
    sentences = "".join(
        f"- {said}\n"
        for said in channel_sentences.sentences(made({"from_scratch": HIGHER}), "finetuned")
    )
    assert (
        f"{with_it.tables['channels']}\n{sentences}\n{with_it.tables['costs']}" in with_it.summary
    )
    assert with_it.summary.isascii()
    assert without.summary == f"{without.tables['models']}\n{without.tables['costs']}"
    for text in (without.html, without.markdown):
        for word in ("Left whole", 'id="channels"', "## Channels", "channel_groups"):
            assert word not in text
    assert "channels" not in without.tables
