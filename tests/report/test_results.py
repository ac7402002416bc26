"""Results tell which seed is best and whether the baseline was trained here."""

import math

import pandas as pd

from made_up_results import measured_of, of_few_seeds, results, validated
from secateur.report.budget import Budget


def test_the_best_seed_has_the_lowest_error_on_validation_rows() -> None:
    made = results([0.1] * 5)
    assert made.best_seed("finetuned") == 0  # of equals the first
    found = validated(made, "finetuned", [math.nan, 0.2, 0.3, 0.1, 0.2])
    assert found.best_seed("finetuned") == 3


def test_a_baseline_with_no_epoch_of_training_came_from_elsewhere() -> None:
    made = results([0.1] * 5)
    assert not made.elsewhere()
    came = made.curves[(made.curves["model"] == "baseline") & (made.curves["epoch"] == 1)]
    rest = made.curves[made.curves["model"] != "baseline"]
    assert made._replace(curves=pd.concat([came.assign(epoch=0), rest])).elsewhere()
    assert not made._replace(curves=rest).elsewhere()


def test_seeds_are_counted() -> None:
    assert results([0.1] * 5).seeds() == 5
    assert of_few_seeds(results([0.1] * 5), 2).seeds() == 2


def test_a_file_that_breaks_the_budget_does_not_ship_while_another_keeps_it() -> None:
    """By bytes, multiply-adds, and time that was measured of the very file."""
    made = validated(results([0.1] * 5), "finetuned", [0.25] * 5)
    for figures in made.sizes["finetuned"].values():  # all predict as well, int8 in more bytes
        figures["validation"]["median"] = 0.25
    small, large = "minified_float32", "minified_int8"
    made.sizes["finetuned"]["compacted_int8"] = made.sizes["finetuned"][small]  # not counted
    assert made.ships("finetuned") == small
    own = made.costs["finetuned"]
    for cost, key in (("file_bytes", "bytes"), ("macs", "macs")):
        costs = {small: {**own[small], key: {"median": 100.0}}, large: own[large]}
        costs[large] = {**own[large], key: {"median": 99.0}}
        found = made._replace(costs={**made.costs, "finetuned": costs})
        assert found._replace(budget=Budget(**{cost: 99})).ships("finetuned") == large
        assert found._replace(budget=Budget(**{cost: 98})).ships("finetuned") == small
    key = f"finetuned/{small}"
    slow = made._replace(
        measured={"pi4": measured_of({key: 1.2})}, hashes={key: "0" * 64},
        budget=Budget(latency_ratio=1.1),
    )  # fmt: skip
    assert slow.ships("finetuned") == large
    assert slow._replace(hashes={}).ships("finetuned") == small  # the time is of another file
