"""What the page says of a removal of channels: its worth, its cost, chance, and what is left."""

import math
from typing import Any

import numpy as np
import pytest

from made_up_results import MADE, REGRESSION, SEEDS, metrics_of, results
from secateur.core import params
from secateur.core.tasks import TASKS, Task
from secateur.recipes.recipe import Recipe, Recipes
from secateur.report import channels, page
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


def said(controls: dict[str, list[float]], **more: Any) -> str:
    return " ".join(channels.sentences(made(controls, **more), "finetuned")).replace("\xa0", " ")


def test_removal_beats_the_small_network_in_more_than_half_of_the_seeds() -> None:
    text = said({"from_scratch": [0.2, 0.21, 0.22, 0.1, 0.1]})
    assert "removing channels beats training the small network" in text
    assert "in three of five seeds, by 0.1 test MSE" in text


@pytest.mark.parametrize("errors", [[0.2, 0.21, 0.05, 0.05, 0.05], LOWER, OWN])
def test_removal_does_not_beat_it_otherwise(errors: list[float]) -> None:
    text = said({"from_scratch": errors})
    assert "removing channels does not beat training the small network" in text
    assert ("better in two of five" in text) == (errors[0] == 0.2)
    assert ("and worse by 0.07" in text) == (errors != OWN)
    assert ("and worse" in text) == (errors != OWN)


def test_removal_has_a_cost_beside_the_same_training() -> None:
    text = said({"same_training": LOWER})
    assert "test MSE 0.12 (0.1 to 0.14) against 0.05 (0.05 to 0.05) of the same training" in text
    assert "accuracy" not in text
    assert "small network" not in text


def test_of_classes_the_cost_is_in_points_of_accuracy_too() -> None:
    given = made({"same_training": LOWER}, TASKS["multiclass"])
    other = given.controls["finetuned"]["same_training"]["accuracy"]["seeds"]
    for seed, higher in zip(other, (0.001, 0.002, 0.003, 0.004, -0.1), strict=True):
        other[seed] += higher
    (text,) = channels.sentences(given, "finetuned")
    assert "accuracy 0.9877" in text
    assert "0.2 points lower" in text
    table = channels.section(given)["channels"]
    heads = [cell.text for cell in table.head]
    assert heads[-2:] == ["test accuracy", "accuracy, against the same training without removal"]


def test_a_score_is_compared_with_chance() -> None:
    text = said({"random": HIGHER}, one=recipe(score="l2"))
    assert "chosen by l2 are better than channels chosen by chance in five of five seeds" in text


def test_a_control_that_diverged_is_worse_and_has_no_number() -> None:
    text = said({"from_scratch": [math.nan] * 5})
    assert "beats training the small network: in five of five seeds" in text
    assert "nan" not in text
    assert "not finite" not in text


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
    assert channels.gone(given, "control") == pytest.approx(0.75)
    assert all(sentence.startswith("finetuned") for sentence in found["channel_sentences"])
    (picture,) = found["channel_groups"]
    assert "hidden_1: 8, control leaves 2, finetuned leaves 4" in picture.alt


def test_the_page_has_a_section_with_such_a_recipe_and_none_without() -> None:
    with_it, without = (
        page.write(made({"from_scratch": HIGHER}), MADE, "report"),
        page.write(results(OWN), MADE, "report"),
    )
    names = {picture.name for picture in with_it.pictures}
    assert "channel_groups" in names
    for text in (with_it.html, with_it.markdown):
        assert "beats training the small network" in text
        assert "Left whole, as it is an output of the network: output." in text
    assert 'href="#channels"' in with_it.html
    for text in (without.html, without.markdown):
        for word in ("Left whole", 'id="channels"', "## Channels", "channel_groups"):
            assert word not in text
    assert "channels" not in without.tables
