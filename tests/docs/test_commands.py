"""Every shell command in the documentation runs, in order, in a copy of a small project.

`NOT_RUN` lists the others with the reason. The small project has other recipes and seeds than the
documentation's, and what would train for minutes finds nothing to do.
"""

import copy
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from dvc_internals import experiment_ref, parameter_sets, set_parameters
from dvc_parallel.sweep import name_of
from import_graph import ROOT
from project import Repository

PAGES = [
    ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "examples/README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]  # fmt: skip
NOT_RUN = {
    r"make (test|lint)\b|pytest ": "it is this test suite, or its linters",
    r"make (install|bench|docs)\b": "it installs packages, or takes an hour",
    r"make example": "it trains for minutes; tests/stages/test_examples.py runs the code",
    r"dask |secateur repro --scheduler": "it needs servers; tests/dvc_parallel starts them",
    r"secateur search|dvc exp apply smallest-": "it trains recipes; tests/stages/test_search.py "
    "runs them",
    r"secateur sweep": "it trains three networks; `test_the_sweep` checks its parameters",
    r"secateur verify": "it runs the whole pipeline; tests/stages/test_pull_request.py runs it",
    r"secateur (init|update)|cd \.\./wine": "it is about another project; tests/project and "
    "tests/stages/test_init.py run it",
    r"secateur publish|dvc (artifacts|remote)": "nothing is recommended in the small project; "
    "tests/command/test_publish.py runs both",
    r"python3 -m venv|\S*pip install": "it installs packages",
    r"sed -i": "it edits the documentation's parameters; `test_every_edit` runs it on those",
}
# What the small project has in place of the documentation's recipes and seeds.
SMALL = {
    "--model small": "--model dense_only",
    "secateur export-c small": "secateur export-c dense_only",
    "secateur channels small": "secateur channels dense_only",
    "--seed 3": "--seed 1",
    # Nothing is recommended after three epochs; an option that is given twice counts as the last.
    "secateur predict": "secateur predict --model tuned",
    "secateur export recommended": "secateur export tuned",
    "secateur export-c recommended": "secateur export-c tuned",
}
MADE: dict[str, Any] = {}  # what has run and found nothing to do, on a page: it would not again
STATUS = {"secateur gate main": 1}  # the README says so: the branch is worse


def blocks(page: Path) -> list[str]:
    """The commands of a page's console blocks, without their comments."""
    text = page.read_text(encoding="utf-8")
    found = []
    for block in re.findall(r"^ *```console\n(.*?)^ *```", text, re.M | re.S):
        for line in re.sub(r"\\\n *", "", block).splitlines():
            if line.lstrip().startswith("$ "):
                found.append(re.sub(r"\s+#.*$", "", line.strip().removeprefix("$ ")))
    return found


def reason(command: str) -> str | None:
    return next((why for what, why in NOT_RUN.items() if re.match(what, command)), None)


@pytest.fixture
def user(repository: Repository, tmp_path: Path) -> Repository:
    """A user's shell in the project: a home with files of hers, an editor and a browser."""
    home = tmp_path / "home"
    home.mkdir()
    columns = {f"x{number}": np.linspace(0, 1, 5) for number in range(6)}
    for path in (home / "wine.csv", home / "new_wines.csv", repository.folder / "new.csv"):
        pd.DataFrame(columns).to_csv(path, index=False)
    repository.env |= {
        "HOME": str(home), "EDITOR": "git checkout -q", "BROWSER": shutil.which("true") or "",
        "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com",
        "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.com",
    }  # fmt: skip
    for name in ("ARGS", "MAKEFLAGS", "MAKEOVERRIDES"):  # of a `make test` with options
        repository.env.pop(name, None)
    (repository.folder / ".venv").symlink_to(sys.prefix)
    MADE.clear()
    return repository


def run(user: Repository, command: str) -> str:
    # `make` must not install anything into this environment.
    command = re.sub(r"^make ", "make -o install -o .venv/installed ", command)
    for documented, small in SMALL.items():
        command = command.replace(documented, small)
    done = MADE.get(command)
    if done is None:
        if re.match(r"(make|secateur|dvc) .*re(pro|port)\b", command):
            # The small project's parameters take seconds, whatever the page has put there.
            user.git("checkout", "HEAD", "--", "params.yaml")
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command], cwd=user.folder, env=user.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        assert done.returncode == STATUS.get(command, 0), f"{command}\n{done.stdout}"
    if re.match(r"(make|secateur|dvc) .*re(pro|port)\b", command):
        MADE[command] = done
        if user.git("branch", "--show-current").strip() != "main":
            make_worse(user)
    return str(done.stdout)


def make_worse(user: Repository) -> None:
    """Metrics that a branch has made worse, as if its run had given them."""
    path = user.folder / "metrics/detail.json"
    metrics = json.loads(path.read_text())
    models = metrics["evaluation"].values()
    for errors in [kind["mse"] for model in models for kind in _with_mse(model)]:
        errors |= {name: value * 10 for name, value in errors.items() if name != "seeds"}
        errors["seeds"] = {seed: value * 10 for seed, value in errors["seeds"].items()}
    path.write_text(json.dumps(metrics, indent=2, sort_keys=True) + "\n")
    brief = json.loads(user.text("metrics/summary.json"))
    for model in brief.values():
        model["mse"] *= 10
    text = json.dumps(brief, indent=2, sort_keys=True) + "\n"
    (user.folder / "metrics/summary.json").write_text(text)
    (user.folder / "metrics/report.md").write_text("# Worse\n")
    user.run("dvc", "commit", "-q", "--force", "report")


def _with_mse(model: Any) -> Iterator[dict[str, Any]]:
    return (kind for kind in model.values() if isinstance(kind, dict) and "mse" in kind)


def add_experiments(user: Repository) -> None:
    """Those of the documented sweep, as it leaves them, over a copy of another recipe's results."""
    yaml = YAML(typ="safe")
    head = user.git("rev-parse", "HEAD").strip()
    lock: dict[str, Any] = yaml.load(user.text("dvc.lock"))
    for stage, folder in (("prune", "trained"), ("train_controls", "controls"),
                          ("cluster", "clustered"), ("mix_precision", "mixed"),
                          ("convert", "tflite")):  # fmt: skip
        entry = copy.deepcopy(lock["stages"][f"{stage}@dense_only"])
        entry["outs"][0]["path"] = f"models/{folder}/smallest"
        lock["stages"][f"{stage}@smallest"] = entry
    params: dict[str, Any] = yaml.load(user.text("params.yaml"))
    smallest = params["recipes"]["smallest"] = copy.deepcopy(params["recipes"]["dense_only"])
    for value in ("0.8", "0.84", "0.88"):
        smallest["schedule"]["final_sparsity"] = float(value)
        for name, content in (("params.yaml", params), ("dvc.lock", lock)):
            with (user.folder / name).open("w") as file:
                yaml.dump(content, file)
        user.git("add", "params.yaml", "dvc.lock")
        tree = user.git("write-tree").strip()
        commit = user.git("commit-tree", tree, "-p", head, "-m", value).strip()
        user.git("update-ref", experiment_ref(head, f"final_sparsity-{value}"), commit)
    user.git("checkout", "HEAD", "--", "params.yaml", "dvc.lock")


@pytest.mark.parametrize(
    "page", [p for p in PAGES if blocks(p)], ids=lambda page: f"{page.parent.name}/{page.name}"
)
def test_every_command_runs(page: Path, user: Repository) -> None:
    if "dvc exp" in page.read_text(encoding="utf-8"):
        add_experiments(user)
    for command in blocks(page):
        if reason(command) is None:
            output = run(user, command)
            if re.match("dvc (metrics diff|exp show)|git diff|secateur show", command):
                assert len(output.splitlines()) > 1, command


def test_every_reason_not_to_run_a_command_is_needed() -> None:
    commands = [command for page in PAGES for command in blocks(page)]
    assert len(commands) > 40
    exported = {"secateur export recommended", "secateur export-c recommended"}
    others = {
        "--model small", "secateur channels small", "secateur export-c small", "--seed 3",
        "secateur predict",
    }  # fmt: skip
    assert others | exported == set(SMALL)
    assert all(any(documented in command for command in commands) for documented in SMALL)
    params: dict[str, Any] = YAML(typ="safe").load(ROOT / "params.yaml")
    assert "small" in params["recipes"]
    assert 3 in params["seeds"]
    for what in NOT_RUN:
        for part in re.split(r"\|(?![^(]*\))", what):
            if part != r"make (install|bench|docs)\b":  # the first of three is there
                assert any(re.match(part, command) for command in commands), part


@pytest.mark.parametrize(
    "command", sorted({c for page in PAGES for c in blocks(page) if c.startswith("sed -i")})
)
def test_every_edit(command: str, tmp_path: Path) -> None:
    """It changes one line of the project's own parameters: the target sparsity of that recipe."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    load = YAML(typ="safe").load
    before: dict[str, Any] = load(ROOT / "params.yaml")
    after: dict[str, Any] = load(tmp_path / "params.yaml")
    ((name, edited),) = [
        (n, one) for n, one in after["recipes"].items() if one != before["recipes"][n]
    ]
    assert f"/{name}:/" in command
    edited["schedule"]["target_sparsity"] = before["recipes"][name]["schedule"]["target_sparsity"]
    assert after == before


def test_the_sweep(tmp_path: Path) -> None:
    """Its parameters can be set in the project's own file, and `dvc exp apply` names one of it."""
    commands = blocks(ROOT / "docs/many-machines.md")
    (sweep,) = [command.split() for command in commands if command.startswith("secateur sweep")]
    sets = parameter_sets([sweep[sweep.index("-S") + 1]])
    assert len(sets) == 3
    for overrides in sets:
        shutil.copy(ROOT / "params.yaml", tmp_path)
        set_parameters(tmp_path / "params.yaml", overrides["params.yaml"])
    (applied,) = [c.split()[-1] for c in commands if c.startswith("dvc exp apply")]
    assert applied in map(name_of, sets)


def test_dvc_shows_the_swept_column(user: Repository) -> None:
    """As documented, with the sizes and errors beside it."""
    add_experiments(user)
    metrics = json.loads(user.text("metrics/summary.json"))
    metrics["smallest"] = {"ship": {"mse": 1, "gzip_bytes": 2}}
    (user.folder / "metrics/summary.json").write_text(json.dumps(metrics))
    (show,) = [c for c in blocks(ROOT / "docs/many-machines.md") if c.startswith("dvc exp show")]
    lines = run(user, f"{show} --csv").splitlines()
    columns = lines[0].split(",")
    assert {name.rsplit(":", 1)[-1] for name in columns[2:]} == {
        "smallest.ship.gzip_bytes",
        "smallest.ship.mse",
        "recipes.smallest.schedule.final_sparsity",
    }
    assert sorted(float(line.split(",")[-1]) for line in lines if "final_sparsity-" in line) == [
        pytest.approx(value) for value in (0.8, 0.84, 0.88)
    ]  # fmt: skip
