"""Results tell which seed is best and whether the baseline was trained here."""

import math

import pandas as pd

from made_up_results import of_few_seeds, results, validated


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
