"""`secateur search` on the whole tiny pipeline: real DVC, Optuna, tfmot and LiteRT."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from project import Repository, ran

RECORD = "metrics/searches/tuned.json"
SEARCH: dict[str, Any] = {
    "recipe": "tuned",
    "vary": {
        "recipes.finetuned.schedule.target_sparsity": [0.25, 0.5, 0.75],
        "recipes.tuned.epochs": {"low": 1, "high": 3},
    },
    "minimize": ["gzip_bytes", "error"],
    "at_most": {"error_ratio": 100.0},
    "trials": 4,
    "reduction_factor": 2,
    "under_way": 2,
    "unseen_seeds": [7, 8],
}
COMMAND = (sys.executable, "-m", "secateur", "search")


def searching(repository: Repository, **changed: Any) -> Repository:
    repository.params["search"] = {**SEARCH, **changed}
    repository.write_params()
    repository.commit("a search")
    return repository


def experiments(repository: Repository) -> set[str]:
    refs = repository.git("for-each-ref", "--format=%(refname)", "refs/exps").split()
    return {ref.rsplit("/", 1)[1] for ref in refs}


def kill_after_a_trial(repository: Repository) -> None:
    """Begin a search on one worker, and kill it as soon as a trial has ended."""
    with subprocess.Popen(
        [*COMMAND, "--jobs", "1"], cwd=repository.folder, env=repository.env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout
        assert any(line.startswith("trial 1, 2 seeds") for line in process.stdout)
        os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def searched(repository: Repository) -> Repository:
    searching(repository)
    repository.output = repository.run(*COMMAND, "--jobs", "2")
    return repository


def test_a_search_from_the_trials_to_the_page(searched: Repository, tmp_path: Path) -> None:
    found = json.loads(searched.text(RECORD))
    names = {int(name.rsplit("-", 1)[1]): name for name in experiments(searched)}
    assert len(found["trials"]) == 4
    assert names.keys() == {1, 2, 3, 4}
    assert f"trial N is the experiment {names[1][:-1]}N" in searched.output
    assert found["best"] in found["front"]
    today = found["trials"][0]
    assert today["values"] == {
        "recipes.finetuned.schedule.target_sparsity": 0.5, "recipes.tuned.epochs": 2,
    }  # fmt: skip
    assert {"1", "2"} == set(today["figures"])  # with the first seed, and with all
    # Its figures with all seeds are those of the pipeline itself: the same file, on the same rows.
    sizes = json.loads(searched.text("metrics/sizes.json"))["tuned"]
    own = sizes[today["figures"]["2"]["artifact"]]
    assert today["figures"]["2"]["gzip_bytes"] == own["gzip_bytes"]["median"]
    assert today["figures"]["2"]["error"] == pytest.approx(own["validation"]["median"])
    # The best, and today's, with unseen seeds, on test rows.
    judged = {own["number"]: own for own in found["judged"]}
    assert set(judged) == {found["best"], 1}
    for one in judged.values():
        assert set(one["errors"]) == {"7", "8"}
    assert "on unseen seeds" in searched.output
    # The same again makes nothing; on one worker, from nothing and killed, it gives the same bytes.
    before = searched.text(RECORD)
    assert "4 trials are known from before" in searched.run(*COMMAND)
    assert searched.text(RECORD) == before
    other = searched.copy(tmp_path / "other")
    (other.folder / RECORD).unlink()
    for made in (".dvc/tmp/search/trials.sqlite",):
        (other.folder / made).unlink()
    other.env["PYTHONPATH"] = str(other.folder / "src")
    kill_after_a_trial(other)
    again = other.run(*COMMAND, "--jobs", "1")
    assert "trial 1," not in again  # what had ended is not made again
    assert other.text(RECORD) == before
    # DVC takes an experiment of it.
    other.run("dvc", "exp", "apply", names[2])
    assert (
        json.loads(other.text("search/trial.json"))
        == found["trials"][1]["figures"][str(max(map(int, found["trials"][1]["figures"])))]
    )
    assert ran(other.run("dvc", "repro", "search/dvc.yaml")) == []
    # The page shows it, and a recipe of it is taken over: what it trained is not trained again.
    assert found["trials"][1]["values"] != today["values"]
    said = searched.run(*COMMAND, "--apply", "lean", "--trial", "2")
    assert "recipes.lean_finetuned, recipes.lean: added" in said
    recipes = YAML(typ="safe").load(searched.text("params.yaml"))["recipes"]
    assert recipes["lean"]["start"] == "lean_finetuned"
    output = searched.run("dvc", "repro", "report", "prune@lean")
    assert {"prune@lean_finetuned", "prune@lean"} <= set(ran(output))
    assert "lean: finished before, kept in" in output
    page = searched.text("metrics/report.html")
    assert 'id="table-trials_tuned"' in page


def test_a_recipe_that_cannot_be_tried_fails_and_the_others_go_on_without_test_rows(
    repository: Repository,
) -> None:
    # With one epoch, the schedule's last step is not reached.
    vary = {"recipes.dense_only.epochs": [2, 1]}
    searching(repository, recipe="dense_only", vary=vary, trials=4, minimize=["error"])
    script = repository.folder / "stages/trial.py"
    begin = "            _train(told.train)\n"
    spy = '            assert list(Path().rglob("train")) and not list(Path().rglob("test*"))\n'
    assert script.read_text().count(begin) == 1
    script.write_text(script.read_text().replace(begin, spy + begin))
    repository.commit("a spy")
    output = repository.run(*COMMAND)
    assert "failed: recipes.dense_only.epochs: 1 epochs" in output
    found = json.loads(repository.text("metrics/searches/dense_only.json"))
    assert any(trial["why"] for trial in found["trials"])
    assert all("epochs" in trial["why"] for trial in found["trials"] if trial["why"])
    assert found["best"] is not None
    assert found["judged"]


def test_without_the_section_nothing_runs(repository: Repository) -> None:
    output = repository.run(*COMMAND, ok=False)
    assert "error: params.yaml: search: missing: this section says what varies" in output
