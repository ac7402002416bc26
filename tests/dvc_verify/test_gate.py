"""`gate` on a DVC project: working tree against a revision."""

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dvc_verify import gate
from verify_project import Project

LIMITS = """\
score.*.mse: {better: lower, relative: 0.1}
score.*.bytes: {better: lower, absolute: 0, at_most: 5}
score.r2: {better: higher, absolute: 0.05}
score.same: {at_most: 1}
"""
MSE = {str(seed): 0.1 + 0.01 * seed for seed in range(5)}


def small(mse: dict[str, Any]) -> dict[str, Any]:
    return {"mse": {"median": 0.12, "seeds": mse}, "bytes": 4}


WORSE = small({seed: value + 0.05 for seed, value in MSE.items()})


@pytest.fixture
def limited(project: Project) -> Project:
    """With the limits committed."""
    project.write("limits.yaml", LIMITS)
    project.commit("limits")
    return project


def rows(output: str, start: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith(start)]


def test_the_same_metrics_are_within_their_limits(
    limited: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate.run("main") == 0
    summary = capsys.readouterr().out.splitlines()[-1]
    assert [int(word) for word in summary.split() if word.isdigit()] == [0, 0, 4, 0]


def test_a_worse_metric_on_a_branch_is_beyond_its_limit(
    limited: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    limited.run("git", "checkout", "-q", "-b", "worse")
    limited.edit_scores(small=WORSE)
    limited.commit("worse")
    assert gate.run("main") == 1
    (row,) = rows(capsys.readouterr().out, "score.small.mse")
    assert row.split()[:4] == ["score.small.mse", "0.12", "0.17", "+41.7%"]
    assert row.endswith("worse than allowed")
    assert gate.run("HEAD") == 0


def test_figures_of_files_that_dvc_does_not_list_count(
    limited: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    limited.write("detail.json", json.dumps({"mse": {"median": 0.12, "seeds": MSE}}))
    limits = "files: [detail.json]\ndetail.mse: {better: lower, relative: 0.1}\n"
    limited.write("limits.yaml", limits)
    assert gate.run("main") == 0
    (row,) = rows(capsys.readouterr().out, "detail.mse")
    assert row.endswith("  new")
    limited.commit("detail")
    limited.write("detail.json", json.dumps({"mse": {"seeds": WORSE["mse"]["seeds"]}}))
    assert gate.run("HEAD") == 1
    limited.write("detail.json", "{")
    assert gate.run("HEAD") == 2
    (limited.folder / "detail.json").unlink()
    assert gate.run("HEAD") == 2
    assert capsys.readouterr().err.count("the working tree: detail.json") == 2


def test_a_branch_may_have_a_name_that_dvc_gives_to_the_working_tree(limited: Project) -> None:
    limited.run("git", "branch", "workspace")
    limited.edit_scores(small=WORSE)
    limited.commit("worse")
    assert gate.run("workspace") == 1


def test_json_has_every_figure(limited: Project, capsys: pytest.CaptureFixture[str]) -> None:
    limited.edit_scores(r2=0.8, n=1)
    assert gate.run("main", style="json") == 1
    output = json.loads(capsys.readouterr().out)
    assert (output["base"], output["within"], output["new"]) == ("main", False, ["score.n"])
    r2 = {m["metric"]: m for m in output["metrics"]}["score.r2"]
    assert (r2["base"], r2["here"], r2["n"], r2["interval"]) == (0.9, 0.8, 1, None)
    assert r2["worse"] == pytest.approx(0.1)
    assert r2["limit"] == {"better": "higher", "absolute": 0.05}
    assert r2["faults"] == ["worse than allowed"]


def test_markdown_is_a_table_under_a_heading(
    limited: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    limited.edit_scores(r2=0.8, n=1)
    assert gate.run("main", style="markdown") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "### Gate against main"
    (row,) = [line for line in lines if line.startswith("| score.r2")]
    assert row.count("|") == lines[2].count("|") == 9
    assert "New, without a limit: score.n." in lines


@pytest.mark.parametrize(
    ("changes", "metric"),
    [
        ({"r2": None}, "score.r2"),
        ({"r2": math.nan}, "score.r2"),
        ({"r2": [0.9]}, "score.r2"),
        ({"small": small({seed: MSE[seed] for seed in "012"})}, "score.small.mse"),
        ({"small": small({**MSE, "2": None})}, "score.small.mse"),
        ({"small": None, "large": small(MSE)}, "score.small.bytes"),
    ],
)
def test_a_metric_that_is_gone_or_nan_is_beyond_any_limit(
    project: Project, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], metric: str
) -> None:
    """With a limit or without."""
    project.write("limits.yaml", "score.*.bytes: {at_most: 5}")
    project.edit_scores(**changes)
    assert gate.run("main") == 1
    (row,) = rows(capsys.readouterr().out, metric)
    assert "gone or not finite" in row


def test_what_has_a_value_on_one_side_alone_is_new_or_gone_and_stands_there_once(
    limited: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    limited.edit(
        "limits.yaml", "score.same: {at_most: 1}", "score.same: {at_most: 1, optional: true}"
    )
    limited.edit_scores(same=None, large={"bytes": 3}, huge={"bytes": 9}, n=1)
    assert gate.run("main") == 1
    output = capsys.readouterr().out
    for metric, cells in (
        ("score.large.bytes", ["-", "3", "-", "-", "-", "0, at most 5", "new"]),
        ("score.huge.bytes", ["-", "9", "-", "-", "-", "0, at most 5", "new; 9 is over 5"]),
        ("score.same", ["1", "-", "-", "-", "-", "at most 1", "gone"]),
    ):
        (row,) = rows(output, metric)
        assert re.split("  +", row) == [metric, *cells]
        assert output.count(metric) == 1
    assert "nan" not in output
    assert "New, without a limit: score.n.\n" in output
    summary = output.splitlines()[-1]
    assert summary.startswith("1 beyond their limits, 0 changed within them, 1 new, 1 gone, ")


def test_a_null_metric_is_gone(project: Project) -> None:
    project.write("limits.yaml", "score.*.bytes: {at_most: 5}")
    project.edit("score.json", '"r2": 0.9', '"r2": null')
    assert gate.run("main") == 1


def test_truth_values_and_keys_beside_seeds_are_compared(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("limits.yaml", "'*': {better: lower, absolute: 0}")
    project.edit_scores(dead=False, m={"seeds": {0: 1}, "b": 5})
    project.commit("more")
    project.edit_scores(dead=True, m={"seeds": {0: 1}, "b": 6})
    assert gate.run("HEAD") == 1
    found = [line.split()[0] for line in capsys.readouterr().out.splitlines() if " within" not in
             line and line.startswith("score.")]  # fmt: skip
    assert found == ["score.dead", "score.m.b"]


# Refused


def error_of(capsys: pytest.CaptureFixture[str], base: str) -> str:
    assert gate.run(base) == 2
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return error


def test_a_missing_limits_file_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "limits.yaml" in error_of(capsys, "main")


@pytest.mark.parametrize("base", ["no-such-branch", "", "HEAD:", "--all"])
def test_a_base_that_is_no_revision_is_refused(
    limited: Project, capsys: pytest.CaptureFixture[str], base: str
) -> None:
    assert repr(base) in error_of(capsys, base)


def test_a_limit_that_matches_no_metric_is_refused(
    limited: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    limited.edit("limits.yaml", "score.r2", "score.r3")
    error = error_of(capsys, "main")
    assert "limits.yaml: score.r3" in error
    assert "score.r2" in error
    limited.edit("limits.yaml", "absolute: 0.05", "absolute: 0.05, optional: true")
    assert gate.run("main") == 0


def test_a_base_without_metrics_is_refused(
    limited: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = limited.run("git", "hash-object", "-t", "tree", "-w", "/dev/null").strip()
    identity = ["-c", "user.name=t", "-c", "user.email=t@e"]
    commit = limited.run("git", *identity, "commit-tree", "-m", "empty", tree).strip()
    limited.run("git", "branch", "nothing", commit)
    assert "nothing has no metrics" in error_of(capsys, "nothing")


def test_a_damaged_metrics_file_is_refused(
    limited: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    limited.write("score.json", "{")
    assert "score.json" in error_of(capsys, "main")


def test_a_folder_outside_git_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "limits.yaml").write_text(LIMITS)
    assert "not a git repository" in error_of(capsys, "main")


def test_a_repository_without_dvc_is_refused(
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "plain").mkdir()
    monkeypatch.chdir(tmp_path / "plain")
    project.folder = tmp_path / "plain"
    project.run("git", "init", "-q", "-b", "main")
    project.write("limits.yaml", LIMITS)
    project.commit("plain")
    assert "main" in error_of(capsys, "main")


def test_a_bug_does_not_look_like_a_worse_metric(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dvc_verify.limits.read", lambda path: 1 / 0)
    assert gate.run("main") == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


def beside(*broken: str, unknown: Sequence[str] = ()) -> gate.Beside:
    """What a check of the caller's own found."""
    return gate.Beside("budget", list(broken), list(unknown), ["bytes: kept"], [{"kept": False}])


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (beside(), 0),
        (beside("cycles: broken"), 1),
        (beside(unknown=["cycles: nobody knows"]), 2),
        (beside("flash: broken", unknown=["cycles: nobody knows"]), 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("style", ["simple", "markdown", "json"])
def test_what_else_is_judged_counts_and_is_reported(
    limited: Project,
    capsys: pytest.CaptureFixture[str],
    found: gate.Beside,
    status: int,
    style: Any,
) -> None:
    assert gate.run("main", style=style, beside=found) == status
    output = capsys.readouterr().out
    if style == "json":
        told = json.loads(output)
        assert told["within"] == (status == 0)
        assert told["budget"] == [{"kept": False}]
        return
    for sentence in (*found.broken, *found.unknown, *found.kept):
        assert rows(output, f"- {sentence}")
    assert rows(output, "#### Budget" if style == "markdown" else "budget:")


def test_a_worse_metric_fails_whatever_else_is_unknown(
    limited: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    limited.edit_scores(small=WORSE)
    assert gate.run("main", beside=beside(unknown=["cycles: nobody knows"])) == 1
    assert "nobody knows" in capsys.readouterr().out
