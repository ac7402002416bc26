"""Comparisons of made-up results: what counts, and the exit status."""

from typing import Any

import pytest

from dvc_verify import comparison
from dvc_verify.comparison import Comparison
from dvc_verify.contents import Contents
from dvc_verify.differences import Metric, Output

OUTPUT = Output("train", "model", "a" * 32, "b" * 32, "")
METRIC = Metric("score.json", "r2", 0.8, 0.9)  # a relative difference of 0.125


@pytest.mark.parametrize(
    ("outputs", "metrics", "tolerance", "status"),
    [
        ([], [], None, 0),
        ([OUTPUT], [], None, 1),
        ([], [METRIC], None, 1),
        ([OUTPUT], [], 0.0, 0),
        ([OUTPUT], [METRIC], 0.2, 0),
        ([OUTPUT], [METRIC], 1e-6, 1),
        ([], [METRIC._replace(committed=None)], 0.9, 1),
    ],
)
def test_bytes_count_without_a_tolerance_and_metrics_beyond_it(
    outputs: list[Output], metrics: list[Metric], tolerance: float | None, status: int
) -> None:
    assert comparison.report(Comparison(outputs, metrics, []), tolerance) == status


def test_the_origin_stands_before_what_follows_from_it(capsys: pytest.CaptureFixture[str]) -> None:
    follows = Output("score", "scores", "c" * 32, "d" * 32, "draw")
    comparison.report(Comparison([follows, OUTPUT], [], []), None)
    rows = [line.split()[0] for line in capsys.readouterr().out.splitlines() if "a" * 32 in line or
            "c" * 32 in line]  # fmt: skip
    assert rows == ["train", "score"]


def compared(old: Contents, new: Contents, old_hash: str = "h", new_hash: str = "h") -> Comparison:
    def lock(value: str) -> dict[str, dict[str, Any]]:
        return {"score": {"outs": [{"path": "score.json", "hash": "md5", "md5": value}]}}

    return comparison.compare(lock(old_hash), lock(new_hash), old, new)


CACHED = Contents({}, {"score.json": None}, {})  # a clone has the hash and not the figures
MADE = Contents({}, {"score.json": {"r2": 0.9}}, {})


def test_no_tolerance_lets_cached_metrics_with_another_hash_pass() -> None:
    found = compared(CACHED, MADE, "h", "other")
    assert [metric.key for metric in found.metrics] == ["r2"]
    assert comparison.report(found, 0.99) == 1


def test_cached_metrics_with_the_same_hash_are_identical() -> None:
    assert compared(CACHED, MADE) == Comparison([], [], [])


def test_a_metrics_file_that_git_has_lost_differs() -> None:
    old = Contents({"score.json": "none"}, {"score.json": None}, {})
    found = compared(old, Contents({"score.json": "h"}, MADE.metrics, {}))
    assert found.outputs == [Output("score", "score.json", "none", "h", "")]


def test_a_tampered_figure_in_git_differs_under_the_right_hash() -> None:
    old = Contents({"score.json": "tampered"}, {"score.json": {"r2": 0.8}}, {})
    found = compared(old, Contents({"score.json": "h"}, MADE.metrics, {}))
    assert found.outputs == [Output("score", "score.json", "tampered", "h", "")]
    assert found.metrics == [METRIC]


def test_figures_in_other_files_are_named_and_no_tolerance_asks_for_them() -> None:
    old = Contents({"score.json": "tampered"}, {}, {"score.json": {"r2": 0.8}})
    found = compared(old, Contents({"score.json": "h"}, {}, MADE.metrics))
    assert found.outputs == [Output("score", "score.json", "tampered", "h", "")]
    assert (found.metrics, found.figures) == ([], [METRIC])
    assert (comparison.report(found, None), comparison.report(found, 0.01)) == (1, 0)
