"""The plan says what `dvc repro` would run, and reading it changes nothing."""

from pathlib import Path

import pytest

from dvc_parallel import plan
from dvc_parallel.errors import RunError
from dvc_parallel.options import Options, check
from dvc_projects import DEEP, DIAMOND, UNCACHED, Make, Project, step


def states(found: plan.Plan) -> dict[str, str]:
    return {name: node.state for name, node in found.nodes.items()}


def test_which_stages_workers_run_and_whose_runs_dvc_keeps(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make(UNCACHED).folder)
    nodes = plan.read().nodes
    assert {name: (node.state, node.cacheable) for name, node in nodes.items()} == {
        "drawn": ("run", False),
        "page": ("run", False),
        "score": ("run", True),
        "always": ("run", False),
        "after": ("run", True),
        "kept": ("here", False),
        "end": ("here", True),
        "silent": ("here", False),
    }


def test_what_is_measured_runs_here_after_the_workers(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would take its time; and a label that means nothing here changes nothing."""
    out = {"cache": False, "labels": ["measured"]}
    timed = step("timed", "left.txt", outs=[{"timed.txt": out}])
    other = step("other", "right.txt", outs=[{"other.txt": out | {"labels": ["drawn"]}}])
    project = make(DIAMOND | timed | other)
    monkeypatch.chdir(project.folder)
    workers = dict.fromkeys([*DIAMOND, "other"], "run")
    assert states(plan.read()) == {**workers, "timed": "here"}
    project.run("dvc", "repro", "-q")
    assert set(states(plan.read()).values()) == {"unchanged"}


def test_targets_and_what_they_depend_on(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(DIAMOND)
    project.write("sub/dvc.yaml", "stages: {inner: {cmd: cp ../top.txt a.txt, "
                  "deps: [../top.txt], outs: [a.txt]}}")  # fmt: skip
    monkeypatch.chdir(project.folder)
    assert set(plan.read().nodes) == {"top", "left", "right", "bottom"}
    assert set(plan.read(["left"]).nodes) == {"top", "left"}
    assert "sub/dvc.yaml:inner" in plan.read(all_pipelines=True).nodes
    with pytest.raises(RunError, match="nowhere"):
        plan.read(["nowhere"])


def test_a_frozen_stage_separates_those_after_it_from_changes(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make(DEEP | {"second": {**DEEP["second"], "frozen": True}})
    monkeypatch.chdir(project.folder)
    assert states(plan.read()) == {"first": "run", "second": "here", "third": "here"}
    for name in ("first", "second", "third"):
        project.write(f"{name}.txt", name)
    project.run("dvc", "commit", "--force", "-q")
    assert set(states(plan.read()).values()) == {"unchanged"}
    project.write("source.txt", "other\n")
    assert states(plan.read()) == {"first": "run", "second": "unchanged", "third": "unchanged"}


def test_reading_the_plan_writes_nothing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(step("first", "data.csv"))
    project.write("data.csv", "1\n")
    project.run("dvc", "add", "-q", "data.csv")
    project.write(".gitignore", "")
    before = project.files()
    monkeypatch.chdir(project.folder)
    assert states(plan.read()) == {"data.csv.dvc": "unchanged", "first": "run"}
    assert project.files() == before


def test_a_project_needs_dvc_and_git(
    template: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = template.copy(tmp_path / "project")
    monkeypatch.chdir(project.folder)
    project.run("rm", "-r", ".dvc")
    with pytest.raises(RunError, match="not inside of a DVC repository"):
        plan.read()
    project.run("rm", "-rf", ".git")
    project.run("dvc", "init", "-q", "--no-scm")
    with pytest.raises(RunError, match="no Git repository here"):
        plan.read()


def test_options_that_do_not_go_together() -> None:
    check(Options())
    check(Options(scheduler="tcp://host:1", remote="x"))
    for options, message in (
        (Options(jobs=0), "--jobs 0: must be at least 1"),
        (Options(remote="x"), "--remote goes with --scheduler"),
        (Options(tls_key=Path("x")), "--tls-key goes with --scheduler"),
    ):
        with pytest.raises(RunError, match=message):
            check(options)
