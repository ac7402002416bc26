"""`sweep`: many parameter sets, each an experiment as `dvc exp run` makes it."""

import csv
import json
import subprocess
from pathlib import Path

import pytest

from dvc_parallel import sweep
from dvc_parallel.errors import RunError
from dvc_parallel.options import Options
from dvc_projects import FOREACH, Make, Project, Stages, step

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
def project(make: Make, tmp_path: Path) -> Project:
    project = make(TRAIN)
    project.env["COUNT"] = str(tmp_path / "count")
    project.write("score.py", SCORE)
    project.commit()
    return project


def experiments(project: Project) -> dict[str, str]:
    """The experiments' references, by name."""
    refs = project.run("git", "for-each-ref", "--format=%(refname)", "refs/exps").split()
    return {ref.rsplit("/", 1)[1]: ref for ref in refs}


def shown(project: Project) -> dict[str, dict[str, str]]:
    lines = project.run("dvc", "exp", "show", "--csv").splitlines()
    return {row["Experiment"]: row for row in csv.DictReader(lines) if row["Experiment"]}


def test_each_set_is_an_experiment_that_dvc_shows_and_applies(
    project: Project, tmp_path: Path
) -> None:
    other = project.copy(tmp_path / "other")
    for one in (project, other):
        one.write("source.txt", "edited, not committed\n")
    before = project.files()
    refs = project.run("git", "for-each-ref", "refs/heads", "refs/tags", "HEAD")
    output = project.sweep("-S", "rate=0.5,3")
    assert "2 of 2 experiments" in output
    # Nothing of the workspace has changed, and stages in common ran once.
    assert project.files() == before
    assert project.run("git", "for-each-ref", "refs/heads", "refs/tags", "HEAD") == refs
    assert project.run("git", "stash", "list") == ""
    count = (tmp_path / "count").read_text().split()
    assert sorted(count) == ["prepare", "score", "score", "train", "train"]
    figures = {name: row["mse"] for name, row in shown(project).items()}
    assert figures == {"rate-0.5": "0.25", "rate-3": "1.5"}
    for ref in experiments(project).values():
        assert project.run("git", "rev-parse", f"{ref}^") == project.run("git", "rev-parse", "HEAD")
    project.run("dvc", "exp", "apply", "rate-3")
    assert json.loads(project.files()["score.json"]) == {"mse": 1.5}
    assert "rate: 3" in project.files()["params.yaml"].decode()
    assert "up to date" in project.run("dvc", "status")
    assert (tmp_path / "count").read_text().split() == count
    # DVC's own experiment of the same set is the same.
    other.run("dvc", "exp", "run", "-S", "rate=3")
    assert other.files()["dvc.lock"] == project.files()["dvc.lock"]
    assert other.files()[".gitignore"] == project.files()[".gitignore"]
    (own,) = (ref for name, ref in experiments(other).items() if not name.startswith("EXEC"))
    listed = other.run("git", "ls-tree", "-r", own).splitlines()
    ours = project.run("git", "ls-tree", "-r", experiments(project)["rate-3"]).splitlines()
    assert [line for line in ours if not line.endswith("\t.gitignore")] == listed


def test_parameters_that_make_stages(make: Make) -> None:
    project = make(FOREACH)
    project.sweep("-S", "words=[a],[a,b]", "--name", "words")
    refs = experiments(project)
    assert set(refs) == {"words-1", "words-2"}
    project.run("dvc", "exp", "apply", "words-2")
    assert project.files()["gather.txt"].decode().split()[:3] == [".gitignore", "a.txt", "b.txt"]
    assert "each/b.txt" in project.run("git", "show", f"{refs['words-2']}:dvc.lock")
    assert "each/b.txt" not in project.run("git", "show", f"{refs['words-1']}:dvc.lock")


def test_a_set_that_fails_keeps_the_others_and_force_replaces(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("score.py", SCORE.replace("; json", "; assert rate != '7'; json"))
    head = project.run("git", "rev-parse", "HEAD").strip()
    ref = f"refs/exps/{head[:2]}/{head[2:]}/rate-5"
    project.run("git", "update-ref", ref, head)  # an experiment of this name
    monkeypatch.chdir(project.folder)
    with pytest.raises(RunError, match="rate-5 exists"):
        sweep.run(Options(), ["rate=5,7"], None, force=False)
    output = project.sweep("-S", "rate=5,7", "--force", status=1)
    assert "rate-7: score: failed" in output
    assert "AssertionError" in output
    assert "1 of 2 experiments" in output
    assert experiments(project) == {"rate-5": ref}
    assert json.loads(project.run("git", "show", f"{ref}:score.json")) == {"mse": 2.5}
    assert project.run("git", "rev-parse", f"{ref}^").strip() == head


def test_the_same_command_goes_on_where_a_set_failed(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flaky = f"import os; assert rate != '7' or os.path.exists({str(tmp_path / 'up')!r}); json"
    project.write("score.py", SCORE.replace("; json", f"; {flaky}", 1))
    project.write("untracked.txt", "1\n")
    project.write("ignored.txt", "1\n")
    project.write(".gitignore", "ignored.txt\n")
    project.run("git", "add", ".gitignore")
    project.write_stages(TRAIN | step("other", "untracked.txt") | step("more", "ignored.txt"))
    output = project.sweep("-S", "rate=5,6,7", status=1)
    assert "2 of 3 experiments" in output
    assert "same command" in output
    before = {ref: project.run("git", "rev-parse", ref) for ref in experiments(project).values()}
    (tmp_path / "up").touch()
    (tmp_path / "count").unlink()
    output = project.sweep("-S", "rate=5,6,7")
    assert "rate-5: rate=5; it exists and is kept" in output
    assert "3 of 3 experiments, 2 of them from before" in output
    assert (tmp_path / "count").read_text().split() == ["score"]
    assert before == {ref: project.run("git", "rev-parse", ref) for ref in before}
    assert "0 stages" not in project.sweep("-S", "rate=5,6,7")  # nothing to do: no workers
    # Whatever else the experiments would be made from is no reason to keep them.
    monkeypatch.chdir(project.folder)
    for name, text, message in (
        ("untracked.txt", "2\n", "with another untracked.txt"),
        ("ignored.txt", "2\n", "other files that more reads"),
        ("score.py", SCORE, "with another score.py"),
        ("params.yaml", "rate: 1\nwords: [one]\n", "with another params.yaml"),
    ):
        kept = (project.folder / name).read_text()
        project.write(name, text)
        with pytest.raises(RunError, match=f"rate-5 exists.*{message}; --force"):
            sweep.run(Options(), ["rate=5"], None, force=False)
        project.write(name, kept)


def test_data_that_were_not_added_are_in_no_experiment(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make(step("first", "data.csv"))
    project.write("data.csv", "1\n")
    project.run("dvc", "add", "-q", "data.csv")
    project.commit()
    project.sweep("-S", "rate=2")
    project.write("data.csv", "2\n")
    monkeypatch.chdir(project.folder)
    with pytest.raises(RunError, match=r"^data\.csv: has changed.*`dvc add` it"):
        sweep.run(Options(), ["rate=3"], None, force=False)
    project.run("dvc", "add", "-q", "data.csv")
    with pytest.raises(RunError, match=r"rate-2 exists.*another data\.csv\.dvc"):
        sweep.run(Options(), ["rate=2"], None, force=False)


@pytest.mark.parametrize(
    ("given", "name", "message"),
    [
        ("nothing=1", None, "nothing: 'nothing': no such parameter; there is: rate"),
        ("ratee=1", None, "did you mean 'rate'"),
        ("rate", None, "must be NAME=VALUE"),
        ("none.yaml:rate=1", None, "none.yaml: not found"),
        ("rate=[", None, "--set-param: "),
        ("rate=9", "a b", "--name a b: "),
    ],
)
def test_sets_that_cannot_be_experiments(
    project: Project, monkeypatch: pytest.MonkeyPatch, given: str, name: str | None, message: str
) -> None:
    monkeypatch.chdir(project.folder)
    with pytest.raises(RunError, match=message):
        sweep.run(Options(), [given], name, force=False)
    assert experiments(project) == {}


def test_a_set_that_cannot_work_is_refused_before_any_stage(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)

    def check(path: Path, name: str) -> None:
        assert name == "params.yaml"
        if "9" in path.read_text():
            raise ValueError("rate: 9: must be less")

    with pytest.raises(RunError, match="rate=9: rate: 9: must be less"):
        sweep.run(Options(), ["rate=2,9"], None, False, check)
    assert experiments(project) == {}
    assert not Path(project.env["COUNT"]).exists()


def test_an_experiment_needs_a_commit(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(step("first", "source.txt"))
    project.run("rm", "-rf", ".git")
    project.run("git", "init", "-q")
    monkeypatch.chdir(project.folder)
    with pytest.raises(RunError, match="has no commit yet"):
        sweep.run(Options(), ["rate=2"], None, force=False)


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
