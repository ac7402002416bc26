"""A pull request's worth on the real pipeline: branch, edit, `dvc repro`, diff, gate, verify."""

import json
import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from dvc_verify import gate, verify
from import_graph import ROOT
from project import Repository, ran


def test_tampered_results_are_found_and_named(
    repository: Repository, capfd: pytest.CaptureFixture[str]
) -> None:
    """One figure of a metric, and one byte of the hash of a file that nothing else depends on.

    All the rest, which ran side by side, is reproduced by `dvc repro` under other conditions and
    found identical.
    """
    detail = json.loads(repository.text("metrics/detail.json"))
    own = detail["sizes"]["finetuned"]["stripped"]["bytes"]
    true = own["median"]
    own["median"] = true + 1
    (repository.folder / "metrics/detail.json").write_text(json.dumps(detail, indent=2))
    lock = repository.text("dvc.lock")
    at = lock.index("    - path: models/network.svg")
    digest = re.findall(r"md5: (\w{32})", lock[at:])[0]
    wrong = ("0" if digest[0] != "0" else "1") + digest[1:]
    lock = lock[:at] + lock[at:].replace(digest, wrong, 1)
    (repository.folder / "dvc.lock").write_text(lock)
    repository.commit("tampered")
    assert verify.run(3) == 1
    output = capfd.readouterr().out
    assert set(ran(output)) == set(YAML(typ="safe").load(lock)["stages"])
    assert "the same as here" in output
    lines = [line.split() for line in output.splitlines()]
    hashes = [line for line in lines if len(line) == 4 and re.fullmatch(r"\w{32}", line[3])]
    differing = [line[:2] for line in hashes]
    assert differing == [
        ["build_model", "models/network.svg"],
        ["report", "metrics/detail.json"],
    ]
    assert ["build_model", "models/network.svg", wrong, digest] in lines
    (metric,) = [line for line in lines if line[:1] == ["metrics/detail.json"]]
    assert metric[1:4] == ["sizes.finetuned.stripped.bytes.median", str(true + 1), str(true)]


def test_an_edited_module_without_a_run_is_found_at_once(
    repository: Repository, capfd: pytest.CaptureFixture[str]
) -> None:
    with (repository.folder / "src/secateur/evaluate/sizes.py").open("a") as file:
        file.write("# edited\n")
    repository.commit("edited")
    assert verify.run() == 2
    output = capfd.readouterr()
    assert "measure_sizes: src/secateur/evaluate modified" in output.err
    assert ran(output.out) == []


def test_a_recipe_made_worse_on_a_branch(
    repository: Repository, capfd: pytest.CaptureFixture[str]
) -> None:
    repository.git("checkout", "-q", "-b", "sparser")
    repository.params["recipes"]["finetuned"]["schedule"]["target_sparsity"] = 0.95
    repository.write_params()
    repository.run("dvc", "repro")
    repository.commit("sparser")
    diff = json.loads(repository.run("dvc", "metrics", "diff", "main", "--json"))
    keys = set(diff["metrics/summary.json"])
    assert "finetuned.mse" in keys
    assert {key.split(".")[0] for key in keys} == {"finetuned", "tuned"}  # which starts from it
    assert verify.run(lock_only=True) == 0
    assert gate.run("main") == 1
    beyond = [line for line in capfd.readouterr().out.splitlines() if "worse than" in line]
    assert beyond[0].startswith("detail.evaluation.tuned.stripped.mse ")
    assert all("tuned" in line for line in beyond[:-1])
    assert gate.run("sparser") == 0
    assert gate.run("no-such-branch") == 2


def test_the_workflow_runs_what_anyone_can_run_and_pins_its_actions() -> None:
    workflow: dict[str, Any] = YAML(typ="safe").load(ROOT / ".github/workflows/ci.yml")
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    commands = " ".join(step.get("run", "") for step in steps)
    for target in ("make lint", "make test", "make verify", "make --silent gate"):
        assert target in commands
    assert "GITHUB_STEP_SUMMARY" in commands
    used = [step["uses"] for step in steps if "uses" in step]
    assert all(re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action) for action in used)
    caches = [step["with"] for step in steps if step.get("uses", "").startswith("actions/cache@")]
    assert len(caches) == len(workflow["jobs"])
    assert all("hashFiles('requirements.lock')" in cache["key"] for cache in caches)
