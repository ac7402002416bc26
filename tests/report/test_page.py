"""The page and its Markdown: of numbers, of classes, and of runs that went wrong."""

import copy
import math
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt

from made_up_results import (
    MADE,
    REGRESSION,
    SEEDS,
    measured_of,
    of_few_seeds,
    results,
    results_of_classes,
)
from secateur.report import page
from secateur.report.budget import Budget
from secateur.report.page import Report
from secateur.report.references import Reference
from secateur.report.results import Data, Results


def write(made: Results, **changed: Any) -> Report:
    return page.write(made, {**MADE, **changed}, "report")


@pytest.fixture(scope="module")
def ordinary() -> Report:
    return write(results([0.1] * 5), params={"a": "</code><script>x"})


def test_pictures_on_one_page_share_no_name(ordinary: Report) -> None:
    names = re.findall(r'\sid="([^"]+)"', ordinary.html)
    assert len(names) == len(set(names))
    for used in re.findall(r'(?:href="|url\()#([^")]+)', ordinary.html):
        assert used in names


def test_what_comes_from_params_is_shown_as_text(ordinary: Report) -> None:
    assert "known &lt;b&gt; $x" in ordinary.html
    assert "known <b>" not in ordinary.html
    assert "</code><script>x" not in ordinary.html


def test_every_model_has_its_pictures_and_every_table_is_there(ordinary: Report) -> None:
    names = {picture.name for picture in ordinary.pictures}
    for model in ("baseline", "control", "finetuned"):
        assert {f"curves_{model}", f"residuals_{model}", f"predicted_{model}"} <= names
    assert {
        "size_against_error",
        "trade_off",
        "zeros",
        "error_by_cost",
        "alive_hidden_1",
        "weights_finetuned",
    } <= names
    assert {"kernels_control", "kernels_finetuned"} <= names
    tables = {"models", "front", "inputs", "trade_off", "size_table", "recipes", "costs",
              "device_files"}  # fmt: skip
    assert ordinary.tables.keys() == tables


def test_the_sparsity_of_each_layer_is_shown_where_a_recipe_sets_it(ordinary: Report) -> None:
    made = results([0.1] * 5)
    own = made.recipes["finetuned"].model_copy(update={"spread": "global"})
    written = write(made._replace(recipes={**made.recipes, "finetuned": own}))
    assert written.tables["layers"] in written.markdown
    assert 'id="table-layers"' in written.html
    for text in (ordinary.html, ordinary.markdown):
        assert "Sparsity of each layer" not in text


def test_a_run_that_went_wrong_is_still_shown() -> None:
    made = results([math.nan] * 5)
    predicted = {**made.predicted, "finetuned": dict.fromkeys(SEEDS, np.full(50, np.nan))}
    curves = made.curves.copy()
    curves.loc[curves["model"] == "finetuned", ["loss", "val_loss"]] = math.nan
    zeros = {"hidden_1": np.zeros((7, 8)), "output": np.zeros((8, 1))}
    compacted = {seed: {"output": np.zeros((1, 1))} for seed in SEEDS}
    written = write(made._replace(
        predicted=predicted, curves=curves, points=made.points.assign(error=math.inf),
        after={**made.after, "finetuned": dict.fromkeys(SEEDS, zeros)},
        compacted={**made.compacted, "finetuned": compacted},
    ))  # fmt: skip
    for text in (written.html, written.markdown):
        assert "five of five runs diverged (seed 0, 1, 2, 3, 4)" in text
        assert "not finite" in text
        assert not re.search(r">\s*nan\b", text)


@pytest.mark.parametrize("names", [["no", "yes"], ["a|b", "<b>", "c"]], ids=str)
def test_a_run_of_classes_is_judged_by_what_it_is(names: list[str]) -> None:
    written = write(results_of_classes(names))
    pictures = {picture.name: picture for picture in written.pictures}
    for text in (written.html, written.markdown):
        for phrase in (
            "test log loss, median (min to max)", "validation log loss", "0.9877 (0.9877",
            "not finite (not finite", "D² of the log loss", "one of five runs diverged (seed 4)",
            "Which class is taken for which",
            "How sure of the true class",
        ):  # fmt: skip
            assert phrase in text.replace("\xa0", " "), phrase
        for phrase in (
            "MSE",
            "Friedman",
            "ReLU of",
            "esidual",
            "noise",
            "nputs survive",
            "#inputs",
        ):
            assert phrase not in text, phrase
    assert {"confusion_finetuned", "certainty_finetuned"} <= pictures.keys()
    assert not any(name.startswith(("residuals_", "predicted_")) for name in pictures)
    for axis in ("true class", "predicted class", "% of rows"):
        assert any(axis in picture.svg for picture in pictures.values())
    assert f">{names[-1]}<" in pictures["confusion_baseline"].svg
    assert "mean over the classes" in written.tables["classes"] or len(names) == 2
    assert written.tables["classes"].isascii()


def test_own_data_have_their_names_and_units() -> None:
    names = ["age", "a | b", *(f"number {i}" for i in range(5))]
    data = Data(REGRESSION, "price", names, std=2.5)
    written = write(results([0.1] * 5, output="linear", data=data))
    for text in (written.html, written.markdown):
        assert text.count("price was standardized") == 1
        assert "2.5; times 6.25" in text
        assert "of 7, median over the seeds: baseline 3, control 3" in text
        for phrase in ("Friedman", "noise", "ReLU of"):
            assert phrase not in text
    assert r"| a \| b " in written.markdown
    svgs = {picture.name: picture.svg for picture in written.pictures}
    assert "price in standard deviations" in svgs["residuals_baseline"]
    assert "predicted price, standardized" in svgs["predicted_baseline"]


def test_a_baseline_that_came_trained_is_said_to() -> None:
    made = results([0.1] * 5)
    came = made.curves[(made.curves["model"] == "baseline") & (made.curves["epoch"] == 1)]
    rest = made.curves[made.curves["model"] != "baseline"]
    written = write(made._replace(curves=pd.concat([came.assign(epoch=0, sparsity=0.0), rest])))
    assert "baseline: no training here" in written.markdown
    assert "trained elsewhere" in written.html
    assert "The baseline was not trained here" in written.html


@pytest.mark.parametrize(
    ("seeds", "note", "over"),
    [(1, "Seed 0. ", "over 1 seed."), (4, "the lower of the two in the middle", "over 4 seeds.")],
)
def test_counts_its_seeds(seeds: int, note: str, over: str) -> None:
    made = of_few_seeds(results([0.1] * 5), seeds)
    made.evaluation["baseline"]["collapsed"] = 1
    made.evaluation["baseline"]["stripped"]["r2"]["seeds"]["0"] = -0.1
    text = write(made).html
    assert note in text
    assert over in text
    assert "1 seeds" not in text
    assert ("baseline: the only run collapsed" in text) == (seeds == 1)


def test_of_five_seeds_one_is_in_the_middle(ordinary: Report) -> None:
    assert "whose test MSE is the median. " in ordinary.html
    assert "over 5 seeds." in ordinary.html


def test_odd_names_and_numbers_are_borne() -> None:
    """A recipe may be called like a picture, or long; a diverged model has weights to match."""
    made = results([0.1] * 5)
    more = ("axis", "scale", "a_recipe_with_a_name_of_more_than_forty_letters")
    wild = {seed: {"hidden_1": np.full((7, 8), np.nan), "output": np.full((8, 1), np.inf)}
            for seed in SEEDS}  # fmt: skip
    own = made.curves[made.curves["model"] == "finetuned"]
    copied = ("recipes", "evaluation", "sizes", "costs", "predicted", "before", "after",
              "compacted", "inputs", "left_out")  # fmt: skip
    made = made._replace(
        models=[*made.models, *more],
        curves=pd.concat([made.curves, *(own.assign(model=model) for model in more)]),
        references=[Reference(name="字 🔥 $", gzip_bytes=10**12, error=1e-300)],
        **{
            name: {**(entries := getattr(made, name)),
                   **dict.fromkeys(more, entries["finetuned"])}
            for name in copied
        },
    )  # fmt: skip
    made.validation["against_baseline"].update(
        dict.fromkeys(more, made.validation["against_baseline"]["finetuned"])
    )
    made = made._replace(after={**made.after, "axis": wild})
    names = [picture.name for picture in write(made).pictures]
    assert len(names) == len(set(names))


NASTY = ["*bold*|x", "<script>alert(1)</script>", "`a` [b](c) \u202e", "שלום " + "x" * 200]


def test_names_of_the_users_own_are_shown_and_are_no_markup() -> None:
    """Classes, columns, the target, references and parameters."""
    classes = results_of_classes(NASTY)
    made = results([0.1] * 5)
    numbers = made._replace(
        data=made.data._replace(features=NASTY + ["x"] * 3, target=NASTY[1], friedman=False),
        references=[Reference(name=name[:30], gzip_bytes=2500, error=0.3) for name in NASTY],
    )
    fenced = {**MADE, "params": {"report": {"references": ["```", "````\n</details>"]}}}
    for shown in (classes, numbers):
        written = page.write(shown, fenced, "report")
        html = MarkdownIt("commonmark").enable("table").render(written.markdown)
        for text in (written.html, html):
            assert "<script>alert" not in text
            assert "<strong>bold" not in text
            assert "<em>bold" not in text
            assert 'href="c"' not in text
        assert html.count("</details>") == 1
        for picture in written.pictures:
            ElementTree.fromstring(picture.svg)


def test_what_a_device_calls_itself_is_no_markup() -> None:
    """A user copies its file from elsewhere; the reasons of tools hold names of files, too."""
    made = results([0.1] * 5, budget=Budget(latency_ratio=1.0, cycles=1))
    del made.costs["finetuned"]["minified_int8"]
    for number, figures in enumerate(made.costs["finetuned"].values()):
        figures["why"] = {"ethos_u": f"{NASTY[number]} {NASTY[1]}"}
    times = measured_of({"baseline/minified_float32": 1.0})
    times.processor = " ".join(NASTY)
    written = write(made._replace(measured={name: times for name in NASTY}))  # noqa: C420
    html = MarkdownIt("commonmark").enable("table").render(written.markdown)
    for text in (written.html, html):
        assert "&lt;script&gt;" in text
        assert "<script>alert" not in text
        assert "<strong>bold" not in text
        assert 'href="c"' not in text
        assert "\u202e" not in text
    for picture in written.pictures:
        ElementTree.fromstring(picture.svg)


def test_the_page_says_what_the_device_pays(ordinary: Report) -> None:
    for text in (ordinary.html, ordinary.markdown):
        assert "For LiteRT on a CPU, take finetuned" in text
        assert "750 (0.50) !" in text.replace("\xa0", " ")
        assert "No time has been measured" in text
        assert "budget" not in text.partition("What the device pays")[2].partition("Training")[0]
    made = results([0.1] * 5, budget=Budget(macs=1000))
    for text in (write(made).html, write(made).markdown):
        assert "finetuned breaks the budget of 1,000 with 3,000, 200% above" in text
        assert "How far each" in text or "macs, at most 1,000" in text


def test_more_inputs_than_the_table_shows_are_counted() -> None:
    made = results([0.1] * 5)
    for friedman in (True, False):
        names = [f"x{i}" for i in range(70)]
        many = write(made._replace(data=made.data._replace(features=names, friedman=friedman)))
        assert "shows the first 64 of 70 inputs" in many.markdown
        assert "shows the first 64 of 70 inputs" in many.html


def test_the_page_says_which_epoch_a_model_is_of_and_which_file_is_large(ordinary: Report) -> None:
    made = results([0.1] * 5, best_baseline="val_mae")
    own = made.recipes["finetuned"].model_copy(update={"restore_best": True})
    sizes = copy.deepcopy(dict(made.sizes))
    sizes["control"]["minified_float32"]["gzip_bytes"]["median"] = 7000
    made = made._replace(recipes={**made.recipes, "finetuned": own}, sizes=sizes)
    written = write(made)
    for text, plain in ((written.html, ordinary.html), (written.markdown, ordinary.markdown)):
        assert "baseline (by val_mae), finetuned (by val_loss)" in text
        assert "control (7,000 against 6,000 bytes)" in text
        assert "its last epoch. A long training" in plain
        assert "Of these it is the best one" not in plain
        assert "are larger than the stripped" not in plain
    curves = made.curves.assign(
        epoch=made.curves["epoch"].where(made.curves["model"] != "baseline", 0)
    )
    assert made._replace(curves=curves).of_best_epochs() == {"finetuned": "val_loss"}
