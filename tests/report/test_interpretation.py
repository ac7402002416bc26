"""What the trade-off curve and the inputs say, in words."""

import copy
import math

import pandas as pd

from made_up_results import results
from secateur.report import interpretation

ERRORS = {
    ("dense", 0.0): [1, 1], ("pruned", 0.5): [1, 2], ("random", 0.5): [2, 3],
    ("smaller", 0.5): [3, 4], ("pruned", 0.9): [5, 6], ("random", 0.9): [6, 7],
    ("smaller", 0.9): [5, math.nan],
}  # fmt: skip
POINTS = pd.DataFrame(
    [(kind, seed, sparsity, value) for (kind, sparsity), values in ERRORS.items()
     for seed, value in enumerate(values)],
    columns=["kind", "seed", "sparsity", "error"],
)  # fmt: skip


def test_says_at_which_sparsities_pruning_earns_its_name() -> None:
    clear, rest = interpretation.pruning(POINTS).split(". ")
    assert "random and smaller" in clear
    assert clear.endswith("0.5")
    assert "Not so at 0.9 (2 of 2 against random, 1 of 2 against smaller)" in rest


def test_says_nothing_where_there_is_nothing_to_compare_with() -> None:
    alone = POINTS[POINTS["kind"].isin(["dense", "pruned"])]
    assert interpretation.pruning(alone) == ""
    assert interpretation.pruning(POINTS[POINTS["kind"] == "dense"]) == ""


def test_counts_the_points_that_collapsed_by_kind() -> None:
    text = interpretation.collapsed(POINTS, 6.5)
    for word in ("14", "2 ", "1 random, 1 smaller"):
        assert word in text
    assert "None" in interpretation.collapsed(POINTS.dropna(), 100)


def test_says_which_models_still_read_noise() -> None:
    read = {
        "none": {"0": [0, 1], "1": [2]},
        "some": {"0": [0, 5], "1": [2]},
        "whole": {"0": [5, 6], "1": [0, 5, 6]},
        "all": {"0": None, "1": None},
    }
    text = interpretation.noise_read(read, 7)
    assert [part.split(": ")[1] for part in text.strip(".").split("; ")] == [
        "none", "some", "whole, all",
    ]  # fmt: skip
    assert interpretation.noise_read({"a": {"0": [0, 1]}}, 5) == ""


def test_counts_the_inputs_that_are_read() -> None:
    text = interpretation.inputs_read({"a": {"0": [0], "1": [0, 2]}, "b": {"0": None}}, 7)
    for word in ("of 7", "a 1.5, b 7"):
        assert word in text


def test_files_that_are_not_there_are_named_with_the_reason() -> None:
    found = {"a": {}, "b": {"minified_float16": {"10": "too large", "2": "too large"}}}
    assert interpretation.left_out(found) == [
        "b, minified_float16: left out, because of seed 2, 10: too large."
    ]


def test_says_which_models_are_of_their_best_epoch() -> None:
    assert interpretation.kept({}) == "A model keeps the weights of its last epoch."
    text = interpretation.kept({"half": "val_loss", "small": "val_auc"})
    assert "half (by val_loss), small (by val_auc)" in text


def test_says_which_files_to_ship_are_larger_than_their_keras_files() -> None:
    made = results([0.1] * 5)
    assert interpretation.larger(made.sizes, made.data.task) == ""
    sizes = copy.deepcopy(dict(made.sizes))
    sizes["control"]["minified_float32"]["gzip_bytes"]["median"] = 7000
    text = interpretation.larger(sizes, made.data.task)
    assert "control (7,000 against 6,000 bytes)" in text
    assert not {"baseline", "finetuned"} & set(text.split())
    sizes["control"]["minified_float32"]["gzip_bytes"]["median"] = 6000
    assert interpretation.larger(sizes, made.data.task) == ""
