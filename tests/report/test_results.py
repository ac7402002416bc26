"""Results tell which seed is best and whether the baseline was trained here."""

import math

import pandas as pd

from made_up_results import of_few_seeds, results


def test_the_best_seed_has_the_lowest_last_validation_loss() -> None:
    made = results([0.1] * 5)
    assert made.best_seed("finetuned") == 0  # of equals the first
    curves = made.curves.copy()
    last = curves["epoch"] == 5
    curves.loc[last & (curves["seed"] == 3), "val_loss"] = 0.01
    curves.loc[~last & (curves["seed"] == 1), "val_loss"] = 0.001  # not the last
    curves.loc[last & (curves["seed"] == 0), "val_loss"] = math.nan
    assert made._replace(curves=curves).best_seed("finetuned") == 3


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
