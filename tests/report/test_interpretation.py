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


def test_channels_do_not_count_where_pruning_is_compared_at_one_sparsity() -> None:
    """They are not as large as what pruning leaves."""
    more = POINTS.replace({"kind": {"dense": "channels"}}).assign(sparsity=0.5)
    both = pd.concat([POINTS, more[more["kind"] == "channels"]])
    assert interpretation.pruning(both) == interpretation.pruning(POINTS)


def curve(channels: list[tuple[int, float]], smaller: list[tuple[int, float]]) -> pd.DataFrame:
    """Points of two seeds, as bytes and error of both."""
    rows = [
        (kind, seed, number / 10, size, error)
        for kind, points in (("channels", channels), ("smaller", smaller))
        for number, (size, error) in enumerate(points, start=1)
        for seed in (0, 1)
    ]
    return pd.DataFrame(rows, columns=["kind", "seed", "sparsity", "gzip_bytes", "error"])


def test_says_where_removing_channels_beats_a_small_network_of_its_size() -> None:
    """In order: larger than all, beats the next larger one, beaten by a smaller one, neither."""
    own = [(900, 0.1), (500, 0.2), (300, 0.9), (50, 0.95)]
    small = [(600, 0.3), (250, 0.5), (100, 0.6)]
    said = interpretation.fewer_channels(curve(own, small))
    for word in ("at one of four points", "It does not at one", "At two the curve has neither"):
        assert word in said
    none = interpretation.fewer_channels(curve([(300, 0.9)], small))
    assert "at none of one" in none
    assert "has neither" not in none
    diverged = interpretation.fewer_channels(curve([(500, math.nan)], small))
    assert "It does not at one" in diverged
    assert interpretation.fewer_channels(curve([], small)) == ""
    assert interpretation.fewer_channels(curve(own, [])) == ""


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
    assert interpretation.larger(made) == ""
    sizes = copy.deepcopy(dict(made.sizes))
    sizes["control"]["minified_float32"]["gzip_bytes"]["median"] = 7000
    text = interpretation.larger(made._replace(sizes=sizes))
    assert "control (7,000 against 6,000 bytes)" in text
    assert not {"baseline", "finetuned"} & set(text.split())
    sizes["control"]["minified_float32"]["gzip_bytes"]["median"] = 6000
    assert interpretation.larger(made._replace(sizes=sizes)) == ""
