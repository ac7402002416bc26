"""Differences between two locks and two versions of a metrics file."""

import math
from typing import Any

import pytest

from dvc_verify import differences
from dvc_verify.differences import Output
from dvc_verify.paths import overlap


def files(**hashes: str) -> list[dict[str, Any]]:
    """Entries of a lock; `a_b` is the path `a/b`."""
    return [
        {"path": name.replace("_", "/"), "hash": "md5", "md5": value, "size": 1}
        for name, value in hashes.items()
    ]


def lock(**changes: Any) -> dict[str, dict[str, Any]]:
    """The chain draw -> train -> score, and a stage that depends on nothing."""
    return {
        "draw": {"outs": files(folder="d")},
        "train": {"deps": files(folder_data="f", code="c"), "outs": files(model="m")},
        "score": {"deps": files(model="m"), "outs": files(scores="s")},
        "alone": {"outs": files(other="o")},
    } | changes


def test_the_same_lock_has_no_differences() -> None:
    assert differences.outputs(lock(), lock(), {}) == []


def test_what_follows_names_the_first_stage_that_differs() -> None:
    """`train` reads a file in the folder that `draw` writes; `score` reads what `train` writes."""
    new = lock(
        draw={"outs": files(folder="D")},
        train={"deps": files(folder_data="F", code="c"), "outs": files(model="M")},
        score={"deps": files(model="M"), "outs": files(scores="S")},
        alone={"outs": files(other="O")},
    )
    assert differences.outputs(lock(), new, {}) == [
        Output("draw", "folder", "d", "D", ""),
        Output("train", "model", "m", "M", "draw"),
        Output("score", "scores", "s", "S", "draw"),
        Output("alone", "other", "o", "O", ""),
    ]


def test_a_wrong_hash_of_a_dependency_is_a_difference() -> None:
    wrong = lock(train={"deps": files(folder_data="X", code="c"), "outs": files(model="m")})
    assert differences.outputs(wrong, lock(), {}) == [
        Output("train", "folder/data (a dependency)", "X", "f", "")
    ]


def test_a_file_in_git_may_differ_where_the_lock_does_not() -> None:
    in_git = {"scores": ("old", "s"), "other": ("o", "o")}
    assert differences.outputs(lock(), lock(), in_git) == [
        Output("score", "scores", "old", "s", "")
    ]


def test_outputs_of_one_side_alone_differ() -> None:
    new = lock(alone={"outs": files(another="a")})
    assert differences.outputs(lock(), new, {}) == [
        Output("alone", "another", "none", "a", ""),
        Output("alone", "other", "o", "none", ""),
    ]


def test_a_wrong_size_beside_the_right_hash_is_a_difference() -> None:
    wrong = lock(alone={"outs": [{**files(other="o")[0], "size": 2}]})
    (found,) = differences.outputs(wrong, lock(), {})
    assert (found.committed, found.new) == ("o (2 bytes)", "o (1 bytes)")


def test_an_output_that_is_not_compared_is_no_difference_anywhere() -> None:
    new = lock(
        draw={"outs": files(folder="D")},
        train={"deps": files(folder_data="F", code="c"), "outs": files(model="M")},
        score={"deps": files(model="M"), "outs": files(scores="s")},
    )
    assert differences.outputs(lock(), new, {}, not_compared=["folder", "model"]) == []


def test_metrics_that_differ() -> None:
    old = {"a": {"b": 2.0, "gone": 1, "nan": math.nan}, "l": [1, 2], "zero": 0.0, "s": "x"}
    new = {"a": {"b": 3.0, "new": 1, "nan": math.nan}, "l": [1, 2], "zero": 1e-9, "s": "y"}
    found = {m.key: (m.committed, m.new, m.relative) for m in differences.metrics("f", old, new)}
    assert found == {
        "a.b": (2.0, 3.0, 0.5),
        "a.gone": (1, None, math.inf),
        "a.new": (None, 1, math.inf),
        "zero": (0.0, 1e-9, math.inf),
        "s": ("x", "y", math.inf),
    }


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("a", "a", True), ("a", "a/b", True), ("a/b", "a", True), ("a", "ab", False),
     ("a/b", "a/c", False)],
)  # fmt: skip
def test_paths_overlap_if_one_is_inside_the_other(one: str, other: str, expected: bool) -> None:
    assert overlap(one, other) is expected
