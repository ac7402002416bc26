"""What stands in the tables."""

import math

import pytest

from made_up_results import results, results_of_classes
from project import TINY
from secateur.core.params import validate
from secateur.recipes.recipe import Recipes
from secateur.recipes.training import Training
from secateur.report import result_tables
from secateur.report.table import Table


def texts(table: Table) -> list[list[str]]:
    return [[cell.text.replace("\xa0", " ") for cell in row] for row in (table.head, *table.rows)]


def test_counts_the_seeds_that_read_an_input() -> None:
    table = result_tables.inputs({"a": {"0": [0], "1": [0, 2]}}, ["x0", "x1", "x2"])
    assert texts(table)[1] == ["a", "2", "0", "1"]
    assert [cell.shade for cell in table.rows[0]] == [None, 1.0, 0.0, 0.5]


def test_many_inputs_do_not_make_an_endless_table() -> None:
    names = [f"column {i}" for i in range(5000)]
    table = result_tables.inputs({"baseline": {"0": list(range(5000))}}, names)
    assert len(table.head) == len(table.rows[0]) == 1 + result_tables.INPUTS
    table = result_tables.inputs({"baseline": {"0": None, "1": [0, 2]}}, names, downwards=True)
    assert texts(table)[:3] == [["input", "baseline"], ["column 0", "2"], ["column 1", "1"]]
    assert len(table.rows) == result_tables.INPUTS


def test_a_model_is_compared_with_the_baseline_and_with_its_control() -> None:
    _, baseline, control, finetuned = texts(result_tables.models(results([0.1] * 5)))
    assert baseline[4:6] == ["-", "-"]
    assert control[4:6] == ["-0.1, lower in 5 of 5", "-"]
    assert finetuned[1:3] == ["50.0%", "0.1 (0.1 to 0.1)"]
    assert finetuned[4:6] == ["-0.12, lower in 5 of 5", "-0.02, lower in 5 of 5 (control)"]
    assert finetuned[6:] == ["-", "3,000", "1,000 (minified_float32)", "0.1 (0.1 to 0.1)"]


def test_collapsed_runs_are_counted_beside_the_error() -> None:
    found = texts(result_tables.models(results([0.1, math.nan, 0.1, 200.0, 0.1])))
    assert found[3][2].endswith(", 1 of 5 diverged, 1 of 5 collapsed")


def test_a_diverged_model_has_no_file_to_ship() -> None:
    found = texts(result_tables.models(results([math.nan] * 5)))
    assert found[3][8:] == ["none", "not finite (not finite to not finite)"]
    assert found[3][2].endswith("5 of 5 diverged")


def test_a_missed_target_stands_beside_the_sparsity() -> None:
    made = results([0.1] * 5)
    made.evaluation["finetuned"]["target"] |= {"kernels": 0.6, "hidden_1": 0.6}
    assert texts(result_tables.models(made))[3][1] == "50.0% (target 60.0%)"
    made.evaluation["finetuned"]["target"]["kernels"] = 0.504
    assert texts(result_tables.models(made))[3][1] == "50.0%"


@pytest.mark.parametrize(
    ("names", "over"), [(["no", "yes"], ["F1, of yes"]), (["a", "b", "c"], [])]
)
def test_figures_of_classes_say_what_they_are_of(names: list[str], over: list[str]) -> None:
    head, *rows = texts(result_tables.classes(results_of_classes(names)))
    auc = "ROC AUC, mean over the classes" if len(names) > 2 else "ROC AUC"
    assert head[2:-1] == ["balanced accuracy", auc, "macro F1", *over]
    assert rows[0][1].startswith("0.9877")
    assert rows[0][2].startswith("0.75")
    assert rows[0][3].startswith("not finite")
    assert len(rows[0]) == len(head)
    assert rows[0][-1].startswith("0.75")


def test_files_stand_by_size_and_floors_last() -> None:
    head, *rows = texts(result_tables.size_table(results([0.1] * 5)))
    assert head[1:] == ["baseline", "control", "finetuned"]
    assert rows == [
        ["stripped", "6,000, 0.22", "6,000, 0.12", "3,000, 0.1"],
        ["minified_int8", "2,090, 0.264", "2,090, 0.144", "1,090, 0.12"],
        ["minified_float32", "2,000, 0.22", "2,000, 0.12", "1,000, 0.1"],
        ["floor of minified_float32", "667", "667", "333"],
        ["floor of minified_int8", "667", "667", "333"],
    ]


def test_points_of_the_curve_stand_by_sparsity_and_kind() -> None:
    points = results([0.1] * 5).points
    points = points.assign(kind=points["kind"].where(points["seed"] < 4, "random"))
    head, *rows = texts(result_tables.trade_off(points[points["sparsity"] > 0]))
    assert head == ["sparsity", "pruned", "random"]
    assert [row[0] for row in rows] == ["50%", "90%"]
    assert rows[0][1] == "1.96 (1.96 to 1.96), 550 bytes"


def test_the_dense_point_stands_in_a_row_of_its_own() -> None:
    _, dense, *rows = texts(result_tables.trade_off(results([0.1] * 5).points))
    assert dense[0] == "dense"
    assert [row[0] for row in rows] == ["50%", "90%"]


def test_recipes_tell_how_they_prune_and_train() -> None:
    recipes = validate(Recipes, TINY["recipes"], "here")
    training = validate(Training, TINY["training"], "here")
    rows = {row[0]: row for row in texts(result_tables.recipes(recipes, training))}
    assert rows["dense_only"] == [
        "dense_only", "initial", "hidden_1", "PolynomialDecay, 75%", "2 to 6", "2 × 3", "2", "2",
        "Adam", "0.01, constant",
    ]  # fmt: skip
    assert rows["control"][2:8] == ["none", "-", "-", "-", "2", "-"]
    assert rows["finetuned"][4] == "0 on"
    more = {"class_weight": "balanced", "augmentation": [{"type": "RandomFlip"}]}
    changed = validate(Training, {**TINY["training"], **more}, "here")
    rows = {row[0]: row for row in texts(result_tables.recipes(recipes, changed))}
    assert rows["control"][8] == "Adam, balanced classes, RandomFlip"
    schedule = {"type": "ExponentialDecay", "decay_epochs": 2, "decay_rate": 0.5}
    more = {"clipnorm": 0.5, "label_smoothing": 0.1, "learning_rate_schedule": schedule}
    changed = validate(Training, {**TINY["training"], **more, "warmup_epochs": 1}, "here")
    rows = {row[0]: row for row in texts(result_tables.recipes(recipes, changed))}
    assert rows["control"][8] == "Adam, clipnorm 0.5, label smoothing 0.1"
    assert rows["control"][9] == "0.01, ExponentialDecay after 1 epochs of warm-up"
    more = {"monitor": "val_mae", "restore_best": True, "distill": {"from": "baseline"}}
    taught = {"control": {**TINY["recipes"]["control"], **more, "patience": 5}}
    (row,) = texts(result_tables.recipes(validate(Recipes, taught, "here"), training))[1:]
    assert row[7:9] == ["5 by val_mae, best epoch", "Adam, 50% distilled from baseline"]


def test_recipes_tell_their_spread_and_the_schedule_of_each_layer() -> None:
    own = {**TINY["recipes"]["finetuned"], "spread": "global"}
    each = {
        "hidden_1": TINY["recipes"]["dense_only"]["schedule"],
        "output": TINY["recipes"]["finetuned"]["schedule"],
    }
    layers = {key: own[key] for key in ("start", "epochs", "patience")} | {"schedule": each}
    recipes = validate(Recipes, {"together": own, "apart": layers}, "here")
    table = result_tables.recipes(recipes, validate(Training, TINY["training"], "here"))
    rows = {row[0]: row for row in texts(table)}
    assert rows["together"][2:5] == ["whole", "ConstantSparsity, 50%, global", "0 on"]
    assert rows["apart"][2:5] == [
        "hidden_1, output", "hidden_1: PolynomialDecay, 75%; output: ConstantSparsity, 50%",
        "hidden_1: 2 to 6; output: 0 on",
    ]  # fmt: skip


def test_the_sparsity_of_each_layer_stands_where_a_recipe_sets_it() -> None:
    made = results([0.1] * 5)
    assert result_tables.layers(made) is None
    own = made.recipes["finetuned"].model_copy(update={"spread": "erdos_renyi_kernel"})
    made = made._replace(recipes={**made.recipes, "finetuned": own})
    made.evaluation["finetuned"]["stripped"]["sparsity"]["output"]["median"] = 0.25
    table = result_tables.layers(made)
    assert table is not None
    assert texts(table) == [
        ["layer", "weights", "finetuned"], ["hidden_1", "56", "50.0%"], ["output", "8", "25.0%"],
    ]  # fmt: skip


def test_a_file_that_was_left_out_is_said_in_its_cell() -> None:
    made = results([0.1] * 5)
    del made.sizes["finetuned"]["minified_float32"]
    missing = {**made.left_out, "finetuned": {"minified_float32": {"3": "too large"}}}
    table = texts(result_tables.size_table(made._replace(left_out=missing)))
    (row,) = [row for row in table if row[0] == "minified_float32"]
    assert row[3] == "left out"
    assert row[1] != "left out"
