"""Names and values of metrics."""

import math
from typing import Any

import pytest

from dvc_verify import revision_metrics
from dvc_verify.errors import CheckError


def named(**data: Any) -> revision_metrics.Metrics:
    return revision_metrics.by_name("main", {"a/s.json": {"data": data}}, {"a/s.json": "s"})


def test_a_file_is_named_by_its_stem_or_its_path_if_others_share_it() -> None:
    assert revision_metrics.file_names({"a/s.json"}) == {"a/s.json": "s"}
    shared = {"s.json", "s.yaml"}
    assert revision_metrics.file_names(shared) == {"s.json": "s.json", "s.yaml": "s.yaml"}


def test_values_by_seed_replace_their_summaries_and_nothing_else() -> None:
    mse = {"seeds": {0: 1, 1: 2}, "median": 1.5, "mean": 1.5, "other": 5}
    assert named(mse=mse) == {"s.mse": {"0": 1.0, "1": 2.0}, "s.mse.other": {"": 5.0}}


def test_a_key_seeds_that_is_not_a_mapping_is_a_metric() -> None:
    assert named(mse={"seeds": 3, "mean": 1}) == {"s.mse.seeds": {"": 3.0}, "s.mse.mean": {"": 1.0}}


def test_truth_values_count_and_texts_do_not() -> None:
    assert named(dead=True, name="x") == {"s.dead": {"": 1.0}}


def test_an_integer_too_large_for_a_float_is_infinite() -> None:
    assert named(n=10**400) == {"s.n": {"": math.inf}}


@pytest.mark.parametrize(
    ("shown", "message"),
    [
        ({}, "no metrics"),
        ({"s.json": {"data": {"name": "x"}}}, "no metrics"),
        ({"s.json": {"error": ValueError("damaged")}}, r"s\.json.*damaged"),
        ({"s.json": {"data": {"a": {"b": 1}, "a.b": 2}}}, r"s\.a\.b"),
    ],
)
def test_metrics_that_cannot_be_compared_are_named(shown: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckError, match=message):
        revision_metrics.by_name("main", shown, {"s.json": "s"})
