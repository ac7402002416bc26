"""`secateur sweep`: many parameter sets, each an experiment as `dvc exp run` makes it."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from secateur.parallel import sweep
from secateur.parallel.errors import RunError
from toys import SHAPES, Project, Stages, step

TRAIN: Stages = {
    "prepare": {"cmd": "echo prepare >> $COUNT; cp source.txt data.txt", "deps": ["source.txt"],
                "outs": ["data.txt"]},
    "train": {"cmd": "echo train >> $COUNT; sed 's/words.*//' params.yaml > model.txt",
              "deps": ["data.txt"], "params": ["rate"], "outs": ["model.txt"]},
    "score": {"cmd": "echo score >> $COUNT; python score.py", "deps": ["model.txt", "score.py"],
              "metrics": [{"score.json": {"cache": False}}]},
}  # fmt: skip
SCORE = "import json; rate = open('model.txt').read().split()[1]; "
SCORE += "json.dump({'mse': float(rate) / 2}, open('score.json', 'w'))\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "toy", TRAIN)
    project.env = {**project.env, "COUNT": str(tmp_path / "count")}
    project.write("score.py", SCORE)
    project.commit()
    return project


def run(project: Project, *options: str, status: int = 0) -> str:
    return project.run(sys.executable, "-m", "secateur", "sweep", *options, status=status)


def shown(project: Project) -> dict[str, dict[str, str]]:
    lines = project.run("dvc", "exp", "show", "--csv").splitlines()
    return {row["Experiment"]: row for row in csv.DictReader(lines) if row["Experiment"]}


def test_each_set_is_an_experiment_that_dvc_shows_and_applies(
    project: Project, tmp_path: Path
) -> None:
    project.write("source.txt", "edited, not committed\n")
    before = project.files()
    refs = project.run("git", "for-each-ref", "refs/heads", "refs/tags", "HEAD")
    output = run(project, "-S", "rate=0.5,3", "--jobs", "2")
    assert "2 of 2 experiments" in output
    # Nothing of the workspace has changed, and stages in common ran once.
    assert project.files() == before
    assert project.run("git", "for-each-ref", "refs/heads", "refs/tags", "HEAD") == refs
    assert project.run("git", "stash", "list") == ""
    count = (tmp_path / "count").read_text().split()
    assert sorted(count) == ["prepare", "score", "score", "train", "train"]
    table = shown(project)
    assert {name: row["mse"] for name, row in table.items()} == {
        "rate-0.5": "0.25",
        "rate-3": "1.5",
    }
    for ref in project.run("git", "for-each-ref", "--format=%(refname)", "refs/exps").split():
        assert project.run("git", "rev-parse", f"{ref}^") == project.run("git", "rev-parse", "HEAD")
    project.run("dvc", "exp", "apply", "rate-3")
    assert json.loads(project.files()["score.json"]) == {"mse": 1.5}
    assert "rate: 3" in project.files()["params.yaml"].decode()
    assert "up to date" in project.run("dvc", "status")
    assert (tmp_path / "count").read_text().split() == count
    # What DVC makes by itself of the same, elsewhere.
    other = Project(tmp_path / "other", TRAIN)
    other.env = project.env
    for name in ("score.py", "source.txt"):
        other.write(name, before[name].decode())
    other.run("git", "add", "score.py")
    other.run("dvc", "exp", "run", "-S", "rate=3")
    assert other.files()["dvc.lock"] == project.files()["dvc.lock"]
    assert other.files()[".gitignore"] == project.files()[".gitignore"]


def test_stages_that_the_parameters_make(tmp_path: Path) -> None:
    project = Project(tmp_path / "toy", SHAPES["foreach"])
    run(project, "-S", "words=[a],[a,b]", "--name", "words", "--jobs", "2")
    assert set(shown(project)) == {"words-1", "words-2"}
    project.run("dvc", "exp", "apply", "words-2")
    assert project.files()["gather.txt"].decode().split()[:3] == [".gitignore", "a.txt", "b.txt"]
    project.run("dvc", "exp", "apply", "words-1")
    assert "each/b.txt" not in project.files()["dvc.lock"].decode()


def test_what_cannot_be_an_experiment(project: Project) -> None:
    run(project, "-S", "rate=2", "--jobs", "1")
    exists = run(project, "-S", "rate=2,4", status=2)
    assert "the experiment rate-2 exists; --force replaces it, --name names anew" in exists
    run(project, "-S", "rate=2,4", "--force", "--jobs", "2")
    assert set(shown(project)) == {"rate-2", "rate-4"}
    for given, expected in (
        ("nothing=1", "Could not override 'nothing'"),
        ("rate", "must be NAME=VALUE"),
        ("none.yaml:rate=1", "none.yaml: not found"),
        ("rate=[", "--set-param: "),
    ):
        assert expected in run(project, "-S", given, status=2)
    assert "Git cannot call anything" in run(project, "-S", "rate=9", "--name", "a b", status=2)
    assert set(shown(project)) == {"rate-2", "rate-4"}


def test_a_set_that_fails_keeps_the_others(project: Project) -> None:
    project.write("score.py", SCORE.replace("; json", "; assert rate != '7'; json"))
    output = run(project, "-S", "rate=5,7,9", "--jobs", "2", status=1)
    assert "rate-7: score: failed" in output
    assert "AssertionError" in output
    assert "2 of 3 experiments" in output
    assert set(shown(project)) == {"rate-5", "rate-9"}


def test_names_follow_from_the_values() -> None:
    names = {
        "a.b.final_sparsity=0.5": "final_sparsity-0.5",
        "+new=[1, 2]": "new-1-2",
        "text='..'": "text",
        "path=a/b.lock": "path-a-b",
        "x=" + "1" * 200: "x-" + "1" * 78,
    }
    for given, expected in names.items():
        assert sweep.name_of({"params.yaml": [given]}) == expected
        ref = f"refs/exps/aa/bb/{expected}"
        assert subprocess.run(["git", "check-ref-format", ref], check=False).returncode == 0


def test_all_combinations() -> None:
    sets = sweep.parameter_sets(["a=1,2", "b=choice(x,y)", "other.yaml:c=range(1,3)"])
    assert len(sets) == 8
    assert sets[0] == {"params.yaml": ["a=1", "b=x"], "other.yaml": ["c=1"]}
    with pytest.raises(RunError, match="glob"):
        sweep.parameter_sets(["a=glob(*)"])


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    project = Project(tmp_path / "toy", step("first", "source.txt"))
    project.run("rm", "-rf", ".git")
    project.run("git", "init", "-q")
    assert "has no commit yet" in run(project, "-S", "rate=2", status=2)
    assert "first: done" in project.repro("--jobs", "1")  # which needs none
