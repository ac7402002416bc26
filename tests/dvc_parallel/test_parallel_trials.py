"""Trials: versions of a pipeline that a search makes one after the other."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dvc_projects import Make, Project, Stages, wait_for, wait_until
from test_parallel_cluster import Cluster, with_remote
from test_parallel_sweep import experiments, shown

DRIVER = Path(__file__).with_name("trials_driver.py")
PREPARE: Stages = {
    "prepare": {"cmd": "echo prepare >> $COUNT; cp source.txt data.txt", "deps": ["source.txt"],
                "outs": ["data.txt"]},
    "unused": {"cmd": "echo unused >> $COUNT; echo 1 > unused.txt", "deps": ["source.txt"],
               "outs": ["unused.txt"]},
}  # fmt: skip
SCORE = """\
stages:
  score:
    wdir: ..
    cmd: python score.py
    deps: [data.txt, score.py]
    params:
      - search/params.yaml: [rate]
    outs: [search/model.txt]
    metrics:
      - search/score.json: {cache: false}
"""
SCRIPT = """\
import json, os, pathlib, sys
rate = float(pathlib.Path("search/params.yaml").read_text().split()[1])
with open(os.environ["COUNT"], "a") as count:
    count.write(f"score-{rate:g}\\n")
if rate == 13:
    sys.exit("error: 13 is too high")
pathlib.Path("search/model.txt").write_text(f"model of {rate}")
pathlib.Path("search/score.json").write_text(json.dumps({"mse": rate / 2}))
"""


@pytest.fixture
def project(make: Make, tmp_path: Path) -> Project:
    project = make(PREPARE)
    project.env["COUNT"] = str(tmp_path / "count")
    project.write("score.py", SCRIPT)
    project.write("trial.dvc.yaml", SCORE)
    project.commit()
    return project


def trials(project: Project, *arguments: str) -> str:
    return project.run(sys.executable, str(DRIVER), *arguments)


def counted(project: Project) -> list[str]:
    path = Path(project.env["COUNT"])
    return sorted(path.read_text().split()) if path.exists() else []


def test_each_trial_is_an_experiment_that_dvc_shows_applies_and_makes_a_branch_of(
    project: Project,
) -> None:
    project.run("dvc", "repro", "-q")
    project.commit()
    before, refs = project.files(), project.run("git", "for-each-ref", "refs/heads", "HEAD")
    output = trials(project, "3", "2")
    for rate in range(3):
        assert f"trial-{rate} {{'mse': {rate / 2}}}" in output
    # Nothing of the workspace has changed, and what trials start from did not run again.
    assert project.files() == before
    assert project.run("git", "for-each-ref", "refs/heads", "HEAD") == refs
    assert counted(project) == ["prepare", "score-0", "score-1", "score-2", "unused"]
    head = project.run("git", "rev-parse", "HEAD")
    for ref in experiments(project).values():
        assert project.run("git", "rev-parse", f"{ref}^") == head
    assert {name: row["mse"] for name, row in shown(project).items()} == {
        f"trial-{rate}": str(rate / 2) for rate in range(3)
    }
    project.run("dvc", "exp", "apply", "trial-2")
    assert json.loads(project.files()["search/score.json"]) == {"mse": 1.0}
    assert project.files()["search/model.txt"] == b"model of 2.0"
    assert "up to date" in project.run("dvc", "status", "search/dvc.yaml")
    assert project.run("dvc", "repro", "search/dvc.yaml")
    assert counted(project).count("score-2") == 1
    # What `dvc exp run` would have committed is the same, but for `.gitignore`.
    ours = project.run("git", "ls-tree", "-r", experiments(project)["trial-2"]).splitlines()
    project.run("git", "add", "-A")
    project.run("git", "commit", "-q", "-m", "applied")
    theirs = project.run("git", "ls-tree", "-r", "HEAD").splitlines()
    assert ours == theirs
    project.run("dvc", "exp", "branch", "trial-1", "of-trial")
    assert "of-trial" in project.run("git", "branch")


def test_what_a_trial_starts_from_counts_though_dvc_lock_is_not_in_git_yet(
    project: Project,
) -> None:
    def mark() -> str:
        return next(line for line in trials(project, "1", "1").splitlines() if "mark" in line)

    project.run("dvc", "repro", "-q")
    assert "dvc.lock" in project.run("git", "ls-files", "--others", "--exclude-standard")
    before = mark()
    assert counted(project) == ["prepare", "score-0", "unused"]
    project.write("source.txt", "other\n")
    project.run("dvc", "repro", "-q")
    other = mark()
    assert other != before
    project.commit()
    assert mark() == other
    assert "dvc.lock" in project.run("git", "ls-files")


def test_what_a_trial_starts_from_runs_once_for_all(project: Project) -> None:
    output = trials(project, "3", "2")
    assert output.count("{'mse': ") == 3
    assert counted(project) == ["prepare", "score-0", "score-1", "score-2"]
    assert experiments(project).keys() == {"trial-0", "trial-1", "trial-2"}


def test_a_trial_that_fails_is_told_with_its_last_words_and_is_no_experiment(
    project: Project,
) -> None:
    project.run("dvc", "repro", "-q")
    project.commit()
    output = trials(project, "0", "2", "13", "4")
    assert "trial-13 error: 13 is too high" in output
    assert "trial-4 {'mse': 2.0}" in output
    assert "dvc repro" not in output  # it would not mend it
    assert experiments(project).keys() == {"trial-4"}


def test_equal_trials_run_once_and_of_one_name_the_last_counts(project: Project) -> None:
    project.run("dvc", "repro", "-q")
    project.commit()
    output = trials(project, "0", "1", "5", "5", "6", "5")
    assert output.count("trial-5 {'mse': 2.5}") == 3
    assert counted(project).count("score-5") == 1
    again = trials(project, "0", "1", "5", "6")
    assert "trial-6 {'mse': 3.0}" in again
    assert counted(project).count("score-6") == 1  # restored from the run cache


def test_a_killed_search_keeps_what_has_ended(project: Project) -> None:
    project.run("dvc", "repro", "-q")
    slow = SCRIPT.replace(
        "if rate == 13", "import time; time.sleep(600 * (rate == 9))\nif rate == 13"
    )
    project.write("score.py", slow)
    project.commit()
    with subprocess.Popen(
        [sys.executable, str(DRIVER), "0", "1", "1", "2", "9"], cwd=project.folder,
        env=project.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:  # fmt: skip
        wait_for(process, "trial-2")
        wait_until(lambda: "score-9" in counted(project))
        os.killpg(process.pid, signal.SIGKILL)
    assert experiments(project).keys() == {"trial-1", "trial-2"}
    trials(project, "0", "1", "1", "2", "3")
    assert counted(project).count("score-1") == 1


def test_workers_elsewhere_run_trials_and_their_files_come_back(
    project: Project, tmp_path: Path
) -> None:
    project.run("dvc", "repro", "-q")
    project.commit()
    far = with_remote(project, tmp_path)
    far.commit()
    cluster = Cluster(tmp_path / "cluster")
    try:
        cluster.add_worker(COUNT=far.env["COUNT"])
        far.env["SCHEDULER"] = cluster.address
        output = trials(far, "0", "1", "7", "13", "8")
    finally:
        cluster.close()
    assert "trial-7 {'mse': 3.5}" in output
    assert "trial-13 error: 13 is too high" in output
    assert "dvc repro" not in output
    assert experiments(far).keys() == {"trial-7", "trial-8"}
    far.run("dvc", "exp", "apply", "trial-8")
    assert far.files()["search/model.txt"] == b"model of 8.0"


def test_a_repository_without_a_commit_is_refused(project: Project) -> None:
    project.run("git", "checkout", "-q", "--orphan", "empty")
    output = project.run(sys.executable, str(DRIVER), "1", "1", status=2)
    assert "no commit yet; an experiment belongs to one" in output
