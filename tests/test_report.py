"""What the report says, draws and writes, on a small run made up here."""

import json
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from conftest import TINY, Repository
from import_graph import ROOT
from secateur.core import params
from secateur.core.errors import InputError
from secateur.core.seeds import over_seeds
from secateur.core.tasks import TASKS, Task
from secateur.recipes.recipe import Recipe, Recipes
from secateur.recipes.training import Training
from secateur.report import (
    draw_classes,
    draw_kernels,
    draw_models,
    draw_sizes,
    environment,
    formatting,
    interpretation,
    metrics,
    page,
    remaining_units,
    result_tables,
    style,
    svg,
    table,
    verdict,
)
from secateur.report.draw_sizes import File, pareto
from secateur.report.references import Reference, Report
from secateur.report.results import Data, Results

SEEDS = (0, 1, 2, 3, 4)
REGRESSION = TASKS["regression"]


def made_up(
    errors: list[float], size: int, sparsity: float, task: Task = REGRESSION
) -> dict[str, Any]:
    """A model's entries in `evaluation.json` and `sizes.json`, as they are read back."""
    dead = [value > 1 or math.isnan(value) for value in errors]
    by_seed = dict(zip(SEEDS, errors, strict=True))
    file = {seed: {"gzip_bytes": size, task.metric: value} for seed, value in by_seed.items()}
    of_classes = {"accuracy": 0.98765, "roc_auc": math.nan, "f1": 0.5}
    score = {
        seed: {
            task.metric: value,
            task.explained: 1 - value,
            **({} if task == REGRESSION else of_classes),
            "sparsity": {"kernels": sparsity, "hidden_1": sparsity, "output": sparsity},
        }
        for seed, value in by_seed.items()
    }
    small = {
        seed: {**own, "gzip_bytes": size // 3, "entropy_bytes": size / 9}
        for seed, own in file.items()
    }
    evaluation = {"collapsed": sum(dead), "stripped": over_seeds(score)}
    sizes = {"stripped": over_seeds(file), "minified_float32": over_seeds(small)}
    null = json.loads(json.dumps([evaluation, sizes]), parse_constant=lambda _: None)
    return {"evaluation": null[0], "sizes": null[1]}


@pytest.fixture
def recipes() -> dict[str, Recipe]:
    return params.validate(
        Recipes, {name: TINY["recipes"][name] for name in ("control", "finetuned")}, "here"
    )


Make = Callable[..., Results]


@pytest.fixture
def make(recipes: dict[str, Recipe]) -> Make:
    """A run of a baseline, a control and one recipe with the test MSEs given."""

    def run(
        finetuned: list[float], size: int = 3000, task: Task = REGRESSION, **changed: Any
    ) -> Results:
        models = {
            "baseline": made_up([0.2, 0.21, 0.22, 0.23, 0.24], 6000, 0.0, task),
            "control": made_up([0.12, 0.2, 0.12, 0.12, 0.12], 6000, 0.0, task),
            "finetuned": made_up(finetuned, size, 0.5, task),
        }
        random = np.random.default_rng(0)
        kernels = {
            seed: {"hidden_1": random.normal(size=(7, 8)), "output": random.normal(size=(8, 1))}
            for seed in SEEDS
        }
        compacted = {
            seed: {"hidden_1": np.ones((3, 4)), "output": np.ones((4, 1))} for seed in SEEDS
        }
        true = random.normal(size=50)
        losses = {"baseline": 0.3, "control": 0.2, "finetuned": 0.25}
        curves = pd.DataFrame(
            [
                (model, seed, epoch, loss / epoch + 1, loss + 1 / epoch, 0.1 * epoch)
                for model, loss in losses.items()
                for seed in SEEDS
                for epoch in range(1, 6)
            ],
            columns=["model", "seed", "epoch", "loss", "val_loss", "sparsity"],
        )
        points = pd.DataFrame(
            [
                (kind, seed, sparsity, 1000 * (1 - sparsity) + 50, 1 / (1.01 - sparsity))
                for kind, sparsity in (("dense", 0.0), ("pruned", 0.5), ("pruned", 0.9))
                for seed in SEEDS
            ],
            columns=["kind", "seed", "sparsity", "gzip_bytes", "error"],
        )
        made = Results(
            data=Data(task, "y", [f"x{i}" for i in range(7)], friedman=True),
            models=list(models),
            recipes=recipes,
            training=params.validate(Training, TINY["training"], "here"),
            references=[Reference(name="known <b> $x", gzip_bytes=2500, error=0.3),
                        Reference(name="only bytes", gzip_bytes=1500)],
            evaluation={name: found["evaluation"] for name, found in models.items()},
            sizes={name: found["sizes"] for name, found in models.items()},
            curves=curves,
            points=points,
            output="relu",
            true=true,
            predicted={name: {seed: true + 0.1 * seed for seed in SEEDS} for name in models},
            before=dict.fromkeys(("control", "finetuned"), kernels),
            after=dict.fromkeys(models, kernels),
            compacted=dict.fromkeys(models, compacted),
            inputs={name: {str(seed): [0, 1, 6] for seed in SEEDS} for name in models},
        )  # fmt: skip
        return made._replace(**changed)

    return run


MADE = {
    "params": {"seeds": list(SEEDS)},
    "seeds": list(SEEDS),
    "versions": table.plain("versions", ("package", "version"), [("numpy", "9.9")]),
    "digest": "0123abcd",
}


# What the seeds say


def test_says_the_result_with_its_spread(make: Make) -> None:
    found = verdict.verdict(make([0.1, 0.11, 0.09, 0.1, 0.1]))
    assert found.chosen == "finetuned"
    assert found.sentences[0].replace("\xa0", " ") == (
        "finetuned: 50% of the kernel weights gone, 50% fewer bytes (1,000 against 2,000, gzipped),"
        " test MSE 0.1 (0.09 to 0.11) against 0.12 (0.12 to 0.2) of control, the same training "
        "without pruning; median, minimum and maximum of five seeds."
    )
    assert found.sentences[1:3] == [
        f"Its test MSE is lower than that of {other} in all five seeds (sign test: p = 0.062, the "
        "least that so few seeds can give: no proof)."
        for other in ("control", "the baseline")
    ]
    assert found.sentences[3].startswith("The file is minified_float32. Of the recipes whose")
    assert len(found.sentences) == 4
    assert found.warnings == []


def test_claims_nothing_that_the_seeds_do_not_bear_out(make: Make) -> None:
    """A lower median is no result where the seeds disagree."""
    sentences = verdict.verdict(make([0.1, 0.205, 0.11, 0.1, 0.3])).sentences
    text = " ".join(sentences)
    assert "the baseline in four of five seeds: these seeds do not tell which is better" in text
    assert "of control in three of five seeds: these seeds do not tell" in text
    assert "in all" not in text


def test_says_that_it_is_worse_and_larger(make: Make) -> None:
    text = " ".join(verdict.verdict(make([0.4, 0.5, 0.6, 0.5, 0.5], size=9000)).sentences)
    assert "50% more bytes (3,000 against 2,000" in text
    assert "higher than that of the baseline" in text


def test_one_seed_proves_nothing(make: Make) -> None:
    run = make([0.1] * 5)
    one = json.loads(json.dumps([run.evaluation, run.sizes]))
    for seeds in lists_of_seeds(one):
        for seed in ("1", "2", "3", "4"):
            del seeds[seed]
    sentences = verdict.verdict(run._replace(evaluation=one[0], sizes=one[1])).sentences
    assert sentences[0].endswith(
        "the same training without pruning. This is one seed, which proves nothing."
    )
    assert "lower than" not in " ".join(sentences)


def lists_of_seeds(data: Any) -> Iterator[dict[str, Any]]:
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        if key == "seeds":
            yield value
        elif isinstance(value, dict | list):
            yield from lists_of_seeds(value)


def test_says_where_nothing_tells_what_pruning_cost(make: Make) -> None:
    run = make([0.1] * 5)
    untrained = run.recipes["finetuned"].model_copy(update={"start": "initial"})
    alone = untrained.model_copy(update={"training": run.training})
    assert verdict.control("finetuned", {"finetuned": untrained}) == "baseline"
    assert verdict.control("finetuned", {"finetuned": alone}) is None
    assert verdict.control("control", run.recipes) is None
    same = run.recipes["control"].model_copy(update={"start": "initial", "training": run.training})
    longer = same.model_copy(update={"epochs": 99})
    recipes = {"finetuned": alone, "a": longer, "b": same}
    assert verdict.control("finetuned", recipes) == "b"  # as many epochs
    found = verdict.verdict(run._replace(recipes={**run.recipes, "finetuned": alone}))
    assert "of the dense baseline; median" in found.sentences[0]
    assert found.sentences[1].startswith("What pruning alone cost is not measured here")


def test_a_file_that_has_lost_the_model_is_not_the_one_to_ship() -> None:
    def artifact(size: int, mse: float | None) -> dict[str, Any]:
        return {"gzip_bytes": {"median": size}, "mse": {"median": mse}}

    artifacts = {
        "unstripped": artifact(1, 1.0), "stripped": artifact(100, 1.0), "float16": artifact(50, 1.049),
        "int8": artifact(40, 1.06), "diverged": artifact(30, None),
    }  # fmt: skip
    assert verdict.to_ship(artifacts, REGRESSION) == "float16"
    diverged = {**artifacts, "stripped": artifact(100, None)}
    assert verdict.to_ship(diverged, REGRESSION) == "diverged"


def test_tells_of_the_recipe_that_predicts_better_in_more_bytes(make: Make) -> None:
    run = make([0.2] * 5)
    found = verdict.verdict(
        run._replace(
            recipes={**run.recipes, "better": run.recipes["finetuned"]},
            evaluation={**run.evaluation, "better": run.evaluation["finetuned"]},
            sizes={**run.sizes, "better": made_up([0.1] * 5, 3300, 0.5)["sizes"]},
            curves=pd.concat(
                [run.curves, run.curves[run.curves["model"] == "control"].assign(model="better")]
            ),
        )
    )
    assert found.chosen == "finetuned"
    assert found.sentences[-1].startswith("For 100 bytes more, better has a test MSE of 0.1 (0.1")
    assert "lower than that of finetuned in all five seeds" in found.sentences[-1]


def test_names_collapsed_runs_and_keeps_them(make: Make) -> None:
    found = verdict.verdict(make([0.1, math.nan, 0.1, 200.0, 0.1]))
    assert found.warnings == [
        "finetuned: two of five runs collapsed (seed 1, 3): no better than predicting the mean."
    ]
    assert "test MSE not finite (not finite to not finite)" in found.sentences[0].replace(
        "\xa0", " "
    )


def test_chooses_by_validation_and_not_by_the_test_set(make: Make) -> None:
    run = make([0.01] * 5)
    curves = run.curves.copy()
    curves.loc[curves["model"] == "finetuned", "val_loss"] += 1
    found = verdict.verdict(run._replace(curves=curves))
    assert found.chosen is None
    assert found.sentences[0].startswith("No recipe keeps the validation MSE of the dense baseline")
    curves.loc[curves["model"] == "finetuned", "val_loss"] = math.nan
    assert verdict.verdict(run._replace(curves=curves)).chosen is None  # not finite is not low
    curves["val_loss"] = math.nan
    assert (
        verdict.verdict(run._replace(curves=curves)).chosen is None
    )  # nor beside a baseline like it


def test_without_a_pruning_recipe_there_is_nothing_to_choose(make: Make) -> None:
    run = make([0.1] * 5)
    control = {"control": run.recipes["control"]}
    assert "nothing to choose" in verdict.verdict(run._replace(recipes=control)).sentences[0]


files = st.lists(
    st.builds(
        File, st.just("m"), st.just("r"), st.integers(1, 9),
        st.sampled_from([1.0, 2.0, 3.0, 4.0, math.inf, math.nan]),
    )
)  # fmt: skip


@settings(deadline=None)  # a busy machine is no failure
@given(files)
def test_the_front_is_what_no_other_beats(found: list[File]) -> None:
    finite = [file for file in found if math.isfinite(file.error)]
    front = pareto(found)
    for file in finite:
        beaten = any(
            other.gzip_bytes <= file.gzip_bytes and other.error <= file.error
            and (other.gzip_bytes, other.error) != (file.gzip_bytes, file.error)
            for other in finite
        )  # fmt: skip
        assert (file in front) == (not beaten)


# Drawing


def test_a_picture_is_the_same_each_time_and_says_what_it_shows() -> None:
    points = [File("a", "stripped", 100, 0.5), File("b", "compacted", 50, 0.25)]
    reference = [Reference(name='<script>"x"', gzip_bytes=80, error=0.3)]

    def drawn() -> svg.Picture:
        with style.style():
            return draw_sizes.size_against_error(points, pareto(points), reference, REGRESSION)

    picture = drawn()
    assert picture == drawn()
    assert '<svg role="img" aria-label="Down and to the left is better' in picture.svg
    assert "b compacted 50 bytes, MSE 0.25" in picture.alt
    assert pareto([*points, File("c", "compacted", 60, 0.249)]) == points[1:]  # rounding
    assert "<script>" not in picture.svg
    assert "<metadata" not in picture.svg
    assert not re.search(r"\d{4}-\d\d-\d\d", picture.svg)
    assert "test MSE (median of the seeds)" in picture.svg  # text stays text
    assert style.INK not in picture.inline()
    assert 'fill="#ffffff"' in picture.standalone()


def test_pictures_on_one_page_share_no_name(make: Make) -> None:
    html = page.write(make([0.1] * 5), MADE, "report").html
    names = re.findall(r'\sid="([^"]+)"', html)
    assert len(names) == len(set(names))
    for used in re.findall(r'(?:href="|url\()#([^")]+)', html):
        assert used in names


# The page


def test_a_run_that_went_wrong_is_still_shown(make: Make) -> None:
    run = make([math.nan] * 5)
    predicted = {**run.predicted, "finetuned": dict.fromkeys(SEEDS, np.full(50, np.nan))}
    curves = run.curves.copy()
    curves.loc[curves["model"] == "finetuned", ["loss", "val_loss"]] = math.nan
    points = run.points.assign(error=math.inf)
    zeros = {"hidden_1": np.zeros((7, 8)), "output": np.zeros((8, 1))}
    kernels = dict.fromkeys(SEEDS, zeros)
    compacted = {seed: {"output": np.zeros((1, 1))} for seed in SEEDS}
    written = page.write(
        run._replace(
            predicted=predicted, curves=curves, points=points,
            after={**run.after, "finetuned": kernels}, compacted={**run.compacted, "finetuned": compacted},
        ),
        MADE,
        "report",
    )  # fmt: skip
    for text in (written.html, written.markdown):
        assert "five of five runs collapsed (seed 0, 1, 2, 3, 4)" in text
        assert "not finite" in text
        assert not re.search(r">\s*nan\b", text)


def test_what_comes_from_params_is_shown_as_text(make: Make) -> None:
    written = page.write(make([0.1] * 5), {**MADE, "params": {"a": "</code><script>x"}}, "report")
    assert "known &lt;b&gt; $x" in written.html
    assert "known <b>" not in written.html
    assert "</code><script>x" not in written.html


def test_counts_the_seeds_that_read_an_input() -> None:
    table = result_tables.inputs({"a": {"0": [0], "1": [0, 2]}}, ["x0", "x1", "x2"])
    assert [cell.text for cell in table.rows[0]] == ["a", "2", "0", "1"]
    assert [cell.shade for cell in table.rows[0]] == [None, 1.0, 0.0, 0.5]


def test_many_inputs_do_not_make_an_endless_table() -> None:
    names = [f"column {i}" for i in range(5000)]
    table = result_tables.inputs({"baseline": {"0": list(range(5000))}}, names)
    assert len(table.head) == len(table.rows[0]) == 1 + result_tables.INPUTS
    table = result_tables.inputs({"baseline": {"0": None, "1": [0, 2]}}, names, downwards=True)
    assert [cell.text for cell in table.head] == ["input", "baseline"]
    assert [[c.text for c in row] for row in table.rows[:2]] == [
        ["column 0", "2"],
        ["column 1", "1"],
    ]
    assert len(table.rows) == result_tables.INPUTS


def test_a_thinned_curve_keeps_its_peaks() -> None:
    losses = np.ones(5000)
    losses[[777, 2345]] = 9, 0.1
    losses[3000] = np.nan
    drawn = draw_models._thinned(losses)
    assert len(drawn) <= draw_models.POINTS + 2
    assert {0, 777, 2345, 4999} <= set(drawn)
    assert list(drawn) == sorted(drawn)
    assert list(draw_models._thinned(losses[:10])) == list(range(10))


def test_says_where_pruning_earns_its_name() -> None:
    mse = {
        ("dense", 0.0): [1, 1], ("pruned", 0.5): [1, 2], ("random", 0.5): [2, 3],
        ("smaller", 0.5): [3, 4], ("pruned", 0.9): [5, 6], ("random", 0.9): [6, 7],
        ("smaller", 0.9): [5, math.nan],
    }  # fmt: skip
    points = pd.DataFrame(
        [(kind, seed, sparsity, value) for (kind, sparsity), values in mse.items()
         for seed, value in enumerate(values)],
        columns=["kind", "seed", "sparsity", "error"],
    )  # fmt: skip
    assert interpretation.pruning(points) == (
        "Pruned is better than random and smaller in every seed at a sparsity of 0.5. "
        "Not so at 0.9 (2 of 2 against random, 1 of 2 against smaller)."
    )
    assert interpretation.pruning(points[points["kind"].isin(["dense", "pruned"])]) == ""
    assert interpretation.collapsed(points, 6.5) == (
        "Of the 14 networks of the trade-off curve 2 collapsed: 1 random, 1 smaller."
    )
    assert "None of the networks" in interpretation.collapsed(points.dropna(), 100)


def test_which_models_still_read_noise() -> None:
    read = {
        "none": {"0": [0, 1], "1": [2]},
        "some": {"0": [0, 5], "1": [2]},
        "whole": {"0": [5, 6], "1": [0, 5, 6]},
    }
    assert interpretation.noise_read(read, 7) == (
        "No seed reads any of them: none; some seeds read some: some; every seed reads all: whole."
    )
    assert interpretation.noise_read({"a": {"0": [0, 1]}}, 5) == ""


@pytest.mark.parametrize(
    "reference",
    [
        {"name": "", "gzip_bytes": 1},
        {"name": "two\nlines", "gzip_bytes": 1},
        {"name": "a", "gzip_bytes": 0},
        {"name": "a", "gzip_bytes": 1, "error": 0.0},
        {"name": "a", "gzip_bytes": 1, "mse": 1.0},
    ],
)
def test_a_reference_that_cannot_be_drawn_is_refused(reference: dict[str, Any]) -> None:
    with pytest.raises(params.InputError, match=r"report\.references\.0"):
        params.validate(Report, {"references": [reference]}, "params.yaml: report")


# Other tasks and data than the published ones


def of_classes(make: Make, names: list[str]) -> Results:
    """Images and a small network with a convolution, which cannot be compacted."""
    task = TASKS["binary" if len(names) == 2 else "multiclass"]
    random = np.random.default_rng(1)
    true = np.arange(60) % len(names)
    given = random.dirichlet(np.ones(len(names)), (len(SEEDS), len(true)))
    run = make([0.1, 0.11, 0.09, 0.1, math.nan], task=task)
    predicted = {seed: own[:, 1] if len(names) == 2 else own
                 for seed, own in zip(SEEDS, given, strict=True)}  # fmt: skip
    kernels = {"conv_1": random.normal(size=(3, 3, 1, 4)), "output": random.normal(size=(64, 3))}
    kernels["conv_1"][..., 0] = 0
    return run._replace(
        data=Data(task, "kind", classes=names),
        output="softmax",
        true=true,
        predicted=dict.fromkeys(run.models, predicted),
        before=dict.fromkeys(run.before, dict.fromkeys(SEEDS, kernels)),
        after=dict.fromkeys(run.models, dict.fromkeys(SEEDS, kernels)),
        compacted=dict.fromkeys(run.models, dict.fromkeys(SEEDS, kernels)),
        inputs={name: {str(seed): None for seed in SEEDS} for name in run.models},
    )


@pytest.mark.parametrize("names", [["no", "yes"], ["a|b", "<b>", "c"]], ids=str)
def test_a_run_of_classes_is_judged_by_what_it_is(make: Make, names: list[str]) -> None:
    written = page.write(of_classes(make, names), MADE, "report")
    pictures = {picture.name: picture for picture in written.pictures}
    for text in (written.html, written.markdown):
        for phrase in (
            "test log loss, median (min to max)", "validation log loss", "0.9877 (0.9877",
            "not finite (not finite", "only how frequent each class is (D² of the log loss",
            "one of five runs collapsed (seed 4): no better than guessing by how frequent each",
            "Which class is taken for which", "How sure of the true class", "conv_1 3 × 3 × 1 × 4",
            "Of a convolution the inputs", "conv_1: filters that are not all zero, of 4; fewest, 3",
        ):  # fmt: skip
            assert phrase in text.replace("\xa0", " ")
        for phrase in (
            "MSE",
            "Friedman",
            "ReLU of",
            "esidual",
            "noise",
            "nputs survive",
            "#inputs",
        ):
            assert phrase not in text
    assert {"confusion_finetuned", "certainty_finetuned"} <= pictures.keys()
    assert not any(name.startswith(("residuals_", "predicted_")) for name in pictures)
    for axis in ("true class", "predicted class", "% of rows"):
        assert any(axis in picture.svg for picture in pictures.values())
    assert ">yes<" in pictures["confusion_baseline"].svg or ">c<" in (
        pictures["confusion_baseline"].svg
    )
    assert "mean over the classes" in written.tables["classes"] or len(names) == 2
    assert written.tables["classes"].isascii()


@pytest.mark.parametrize("count", [2, 3])
def test_predictions_of_classes_that_went_wrong_are_still_shown(make: Make, count: int) -> None:
    run = of_classes(make, [f"class {i}" for i in range(count)])
    one = run.predicted["baseline"][0]
    predicted = {
        **run.predicted,
        "control": dict.fromkeys(SEEDS, np.full_like(one, np.nan)),
        "finetuned": dict.fromkeys(SEEDS, np.zeros_like(one)),  # always the first
    }
    pictures = {
        p.name: p for p in page.write(run._replace(predicted=predicted), MADE, "r").pictures
    }
    assert "accuracy 0.0%; no row" in pictures["confusion_control"].title
    assert "100.0% of predictions are no number" in pictures["confusion_control"].alt
    assert "100.0% of predictions are no number" in pictures["certainty_control"].alt
    wrong = "100.0% of class 1 is taken for class 0"
    assert f"accuracy {1 / count:.1%}; {wrong}" in pictures["confusion_finetuned"].title


def test_a_confusion_matrix_has_the_shares_of_each_true_class() -> None:
    true = np.array([0, 0, 0, 0, 1, 2])
    sure = np.eye(3)[[0, 0, 0, 2, 1, 0]]
    other = np.eye(3)[[0, 0, 0, 0, 1, 2]]
    other[4] = np.nan
    shares, right, missing = draw_classes._shares(true, {0: sure, 1: other}, 3)
    assert shares.tolist() == [[7 / 8, 0, 1 / 8], [0, 1 / 2, 0], [1 / 2, 0, 1 / 2]]
    assert (right, missing) == (pytest.approx(9 / 12), pytest.approx(1 / 12))
    given = draw_classes._of_true(np.array([0.25, 0.25]), np.array([0, 1]))
    assert given.tolist() == [0.75, 0.25]


@pytest.mark.parametrize("count", [2, 20, 21, 300])
def test_many_classes_are_shown_without_numbers(count: int) -> None:
    true = np.arange(600) % count
    guesses = {0: np.eye(count)[true] if count > 2 else true.astype(float)}
    names = [f"a class with a long name, {i}" for i in range(count)]
    with style.style():
        picture = draw_classes.confusion("a", true, guesses, names)
    assert picture.title == "a: accuracy 100.0%; no row is taken for another class"
    assert (">100<" in picture.svg) == (count <= draw_classes.NUMBERED)
    assert len(picture.svg) < 60_000
    assert "several classes" in picture.alt or count < 300


@pytest.mark.parametrize("counts", [[50, 50], [10, 30, 60]])
def test_who_only_knows_how_frequent_classes_are_has_this_log_loss(counts: list[int]) -> None:
    true = np.repeat(np.arange(len(counts)), counts)
    shares = np.tile(np.array(counts) / sum(counts), (len(true), 1))
    known = log_loss(true, shares, labels=np.arange(len(counts)))
    assert interpretation.guess(true, TASKS["multiclass"]) == pytest.approx(known)


def test_own_data_have_their_names_and_units(make: Make) -> None:
    names = ["age", "a | b", *(f"number {i}" for i in range(5))]
    run = make([0.1] * 5, output="linear", data=Data(REGRESSION, "price", names, std=2.5))
    written = page.write(run, MADE, "report")
    for text in (written.html, written.markdown):
        assert text.count("price was standardized: an MSE is in squares of its standard") == 1
        assert "over the training rows, 2.5; times 6.25 it is in squares of the unit" in text
        assert "Inputs still read, of 7, median over the seeds: baseline 3, control 3" in text
        for phrase in ("Friedman", "noise", "ReLU of"):
            assert phrase not in text
    assert r"| a \| b " in written.markdown
    svgs = {picture.name: picture.svg for picture in written.pictures}
    assert "predicted minus true, price in standard deviations" in svgs["residuals_baseline"]
    assert "predicted price, standardized" in svgs["predicted_baseline"]


def test_a_baseline_that_came_trained_is_no_control(make: Make) -> None:
    run = make([0.1] * 5)
    came = run.curves[(run.curves["model"] == "baseline") & (run.curves["epoch"] == 1)]
    rest = run.curves[run.curves["model"] != "baseline"]
    run = run._replace(curves=pd.concat([came.assign(epoch=0, sparsity=0.0), rest]))
    assert run.elsewhere()
    untrained = run.recipes["finetuned"].model_copy(update={"start": "initial"})
    assert verdict.control("finetuned", {"finetuned": untrained}, elsewhere=True) is None
    written = page.write(run, MADE, "report")
    assert "baseline: no training here; validation MSE" in written.markdown
    assert "the baseline (dense, trained elsewhere)" in written.html
    assert "The baseline was not trained here" in written.html


def test_many_layers_and_large_kernels_keep_the_page_light(make: Make) -> None:
    random = np.random.default_rng(0)
    large = {f"layer_{i}": random.normal(size=(1000, 1000)).astype("f") for i in range(3)}
    small = {f"small_{i}": random.normal(size=(4, 9)) for i in range(20)}
    kernels = {0: {**small, **large, "output": random.normal(size=(9, 1))}}
    with style.style():
        picture = draw_kernels.kernels("a", kernels[0], kernels[0], "")
    assert len(picture.svg) < 250_000
    assert "Of 24 layers those 6 that have the most weights." in picture.alt
    assert "so that fewer look blank than are" in picture.alt
    run = make([0.1] * 5)
    same = dict.fromkeys(run.models, kernels)
    with style.style():
        assert (
            len(remaining_units.figures(run._replace(after=same, compacted=same)))
            == remaining_units.LAYERS
        )


@pytest.mark.parametrize(
    ("seeds", "note", "over"),
    [(1, "Seed 0. ", "over 1 seed."), (4, "the lower of the two in the middle", "over 4 seeds."),
     (5, "whose test MSE is the median. ", "over 5 seeds.")],
)  # fmt: skip
def test_counts_its_seeds(make: Make, seeds: int, note: str, over: str) -> None:
    run = make([0.1] * 5)
    some = json.loads(json.dumps([run.evaluation, run.sizes]))
    for by_seed in lists_of_seeds(some):
        for seed in SEEDS[seeds:]:
            del by_seed[str(seed)]
    some[0]["baseline"]["collapsed"] = 1
    text = page.write(run._replace(evaluation=some[0], sizes=some[1]), MADE, "report").html
    assert note in text
    assert over in text
    assert "1 seeds" not in text
    assert ("baseline: the only run collapsed" in text) == (seeds == 1)


def test_the_last_activation_is_read(tmp_path: Path) -> None:
    layers = [{"config": {"activation": "relu"}}, {"config": {"activation": "softmax"}}]
    path = tmp_path / "seed_0.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"config": {"layers": layers}})
    assert metrics.output_activation(path) == "softmax"
    path.write_bytes(b"")
    with pytest.raises(InputError, match=r"seed_0\.h5: damaged"):
        metrics.output_activation(path)


# Of a real run


def test_every_figure_of_the_metrics_is_in_the_tables(
    twins: tuple[Repository, Repository, str],
) -> None:
    repository, _, _ = twins
    evaluation, sizes = (
        json.loads(repository.text(f"metrics/{name}.json")) for name in ("evaluation", "sizes")
    )
    for name in ("report.html", "report.md"):
        text = repository.text(f"metrics/{name}").replace("\xa0", " ")
        for model, score in evaluation.items():
            assert formatting.spread(score["stripped"]["mse"]).replace("\xa0", " ") in text
            for seed_mse in score["stripped"]["mse"]["seeds"].values():
                assert formatting.number(seed_mse) in text
            for artifact in sizes[model].values():
                assert f"{artifact['gzip_bytes']['median']:,.0f}" in text
        for section in ("Models", "Size and error", "Training", "Residuals", "Inputs"):
            assert section.lower() in text.lower()


def test_markdown_shows_every_picture_and_nothing_else_lies_there(
    twins: tuple[Repository, Repository, str],
) -> None:
    repository, _, _ = twins
    shown = set(re.findall(r"\]\(report/([^)]+)\)", repository.text("metrics/report.md")))
    assert shown == {path.name for path in (repository.folder / "metrics/report").iterdir()}


def test_the_page_is_light(twins: tuple[Repository, Repository, str]) -> None:
    for page_file in (ROOT / "metrics/report.html", twins[0].folder / "metrics/report.html"):
        if page_file.exists():  # a clone that has reproduced nothing yet has not the first
            assert page_file.stat().st_size < 2_000_000


def test_the_commit_is_found_by_what_the_page_says(
    twins: tuple[Repository, Repository, str],
) -> None:
    repository, _, _ = twins
    (command,) = re.findall(r"\$ (git log -S .*)", repository.text("metrics/report.md"))
    assert environment.digest(repository.folder / f"metrics/{name}.json"
                              for name in ("evaluation", "sizes")) in command  # fmt: skip
    assert "results" in repository.run(*command.split())


# What it reads


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"baseline": {}}'], ids=repr
)
def test_damaged_metrics_are_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "sizes.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"sizes\.json: (not found|damaged or stale)"):
        metrics.read_json(path, ["baseline", "finetuned"])


@pytest.mark.parametrize(
    "content", [None, b"", b"kind,mse\n", b"\xff\xfe\x00", b"kind,loss\na,1\n", b"kind,mse\na,b\n"],
    ids=repr,
)  # fmt: skip
def test_a_damaged_table_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "trade_off.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"trade_off\.csv: (not found|damaged|holds no row)"):
        metrics.read_csv(path, {"kind": str, "mse": float})


def test_tables_and_figures_bear_odd_names_and_numbers(make: Make) -> None:
    """A recipe may be called like a picture, or long; a diverged model has weights to match."""
    run = make([0.1] * 5)
    long = "a_recipe_with_a_name_of_more_than_forty_letters"
    wild = {seed: {"hidden_1": np.full((7, 8), np.nan), "output": np.full((8, 1), np.inf)}
            for seed in SEEDS}  # fmt: skip

    def with_more(entries: Any) -> Any:
        return {**entries, **dict.fromkeys(("axis", "scale", long), entries["finetuned"])}

    more = run.curves[run.curves["model"] == "finetuned"]
    run = run._replace(
        models=[*run.models, "axis", "scale", long],
        **{
            name: with_more(getattr(run, name))
            for name in (
                "recipes", "evaluation", "sizes", "predicted", "before", "after", "compacted",
                "inputs",
            )
        },
        curves=pd.concat([run.curves, *(more.assign(model=m) for m in ("axis", "scale", long))]),
        references=[Reference(name="字 🔥 $", gzip_bytes=10**12, error=1e-300)],
    )  # fmt: skip
    run = run._replace(after={**run.after, "axis": wild})
    names = [picture.name for picture in page.write(run, MADE, "report").pictures]
    assert len(names) == len(set(names))
