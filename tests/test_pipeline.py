"""The real pipeline on tiny parameters, through the real DVC.

One repository is reproduced once for all tests (`twins`, in conftest.py); these ask what it holds
and, in the order of this file, change a copy of it.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from dvc.repo import Repo
from ruamel.yaml import YAML
from sklearn.metrics import mean_squared_error

from conftest import Repository, ran, write_params
from import_graph import ROOT, modules
from secateur.keras_io import h5_files
from secateur.compress import pruning

RECIPES = ["control", "dense_only", "finetuned", "whole_model"]
AFTER_A_RECIPE = [
    "strip", "shrink", "cluster", "convert", "evaluate", "measure_sizes", "report",
]  # fmt: skip


@pytest.fixture(scope="module")
def repository(
    twins: tuple[Repository, Repository, str], tmp_path_factory: pytest.TempPathFactory
) -> Repository:
    """The first twin's copy, which some tests change."""
    return twins[0].copy(tmp_path_factory.mktemp("pipeline") / "copy")


def changed(repository: Repository) -> set[str]:
    """The stages that DVC says have changed themselves; those after them follow when it runs."""
    with Repo(str(repository.folder)) as repo:
        return {stage.rpartition(":")[2] for stage in repo.status()}


# What a run leaves behind


def test_the_same_bytes_under_other_conditions(twins: tuple[Repository, Repository, str]) -> None:
    one, other, _ = twins
    assert one.text("dvc.lock") == other.text("dvc.lock")
    for name in ("evaluation.json", "sizes.json", "report.md", "report.html", "curves.csv"):
        assert one.text(f"metrics/{name}") == other.text(f"metrics/{name}")


def test_every_output_is_in_the_lock(repository: Repository) -> None:
    lock = YAML(typ="safe").load(repository.text("dvc.lock"))["stages"]
    hashed = {out["path"] for stage in lock.values() for out in stage["outs"]}
    assert {"data/train.parquet", "models/stripped", "metrics/sizes.json"} <= hashed
    assert hashed >= {f"models/pruned/{recipe}" for recipe in RECIPES}
    untracked = repository.git("status", "--porcelain")
    assert untracked == ""  # and nothing else appeared: no .gitignore beside an output


def test_a_run_says_what_trains_and_ends_with_the_table(
    twins: tuple[Repository, Repository, str],
) -> None:
    repository, _, output = twins
    lines = output.splitlines()
    for name in ("baseline", *RECIPES):
        for seed in (0, 1):
            (line,) = [line for line in lines if line.startswith(f"{name}, seed {seed}: ")]
            assert "epochs, validation MSE " in line
    assert repository.text("metrics/summary.md") in output
    noise = ("cuda", "onednn", "warning: all log", "tf_", "userwarning", "xla", "deprecat")
    assert not [line for line in lines if any(word in line.lower() for word in noise)]


def test_a_second_run_runs_nothing(repository: Repository) -> None:
    assert ran(repository.run("dvc", "repro")) == []
    assert changed(repository) == set()
    assert repository.git("status", "--porcelain") == ""


def read(repository: Repository, name: str) -> dict[str, Any]:
    return json.loads(repository.text(f"metrics/{name}.json"))


def test_scores_are_what_the_files_predict(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Computed again by other means: an eager Keras model and scikit-learn."""
    evaluation = read(repository, "evaluation")
    test = pd.read_parquet(repository.folder / "data/test.parquet")
    assert sorted(evaluation) == ["baseline", *RECIPES]
    for name in RECIPES:
        for artifact, folder in (("unstripped", "pruned"), ("stripped", "stripped")):
            for seed in ("0", "1"):
                model = h5_files.load(
                    repository.folder / "models" / folder / name / f"seed_{seed}.h5"
                )
                predicted = model(test.drop(columns="y").to_numpy(np.float32)).numpy()
                mse = evaluation[name][artifact]["mse"]["seeds"][seed]
                assert mse == pytest.approx(mean_squared_error(test["y"], predicted), rel=1e-4)
                zeros = evaluation[name][artifact]["sparsity"]
                for layer, kernel in pruning.kernels(model).items():
                    assert zeros[layer]["seeds"][seed] == np.mean(kernel == 0)


def test_stripping_changes_no_prediction_and_shrinks_the_file(repository: Repository) -> None:
    evaluation, sizes = read(repository, "evaluation"), read(repository, "sizes")
    for name in RECIPES:
        assert evaluation[name]["stripped"] == evaluation[name]["unstripped"]
        stripped, unstripped = (sizes[name][artifact] for artifact in ("stripped", "unstripped"))
        if name == "control":  # never had wrappers
            assert stripped["bytes"] == unstripped["bytes"]
        else:
            assert stripped["gzip_bytes"]["max"] < unstripped["gzip_bytes"]["min"]


def test_sparsity_reaches_its_target(repository: Repository) -> None:
    evaluation = read(repository, "evaluation")
    assert evaluation["whole_model"]["target"] == {"hidden_1": 0.5, "output": 0.5}
    assert evaluation["dense_only"]["target"] == {"hidden_1": 0.75, "output": 0.0}
    for name in RECIPES:
        for layer, target in evaluation[name]["target"].items():
            reached = evaluation[name]["stripped"]["sparsity"][layer]["seeds"].values()
            assert list(reached) == pytest.approx([target] * 2, abs=0.1), (name, layer)


def test_sizes_are_those_of_the_files(repository: Repository) -> None:
    sizes = read(repository, "sizes")
    for name in RECIPES:
        for seed in ("0", "1"):
            path = repository.folder / f"models/stripped/{name}/seed_{seed}.h5"
            assert sizes[name]["stripped"]["bytes"]["seeds"][seed] == path.stat().st_size


def test_dvc_shows_metrics_and_plots(repository: Repository) -> None:
    shown = json.loads(repository.run("dvc", "metrics", "show", "--json"))
    assert "control" in shown[""]["data"]["metrics/evaluation.json"]["data"]
    plots = json.loads(repository.run("dvc", "plots", "show", "--json"))
    assert "errors" not in plots
    points = plots["data"]["validation_loss"][0]["content"]["data"]["values"]
    pairs = {(point["model"], point["seed"]) for point in points}
    assert pairs == {(model, seed) for model in ("baseline", *RECIPES) for seed in ("0", "1")}
    assert all(float(point["val_loss"]) > 0 for point in points)
    assert {p["sparsity"] for p in points if p["model"] == "finetuned"} == {"0.5"}
    assert len(plots["data"]["test_error"][0]["content"]["data"]["values"]) == 10


def test_tensorboard_has_the_pruning_summaries(repository: Repository) -> None:
    from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer

    events = EventMultiplexer().AddRunsFromDirectory(str(repository.folder / "logs")).Reload()
    assert set(events.Runs()) == {f"{m}/seed_{s}" for m in ("baseline", *RECIPES) for s in (0, 1)}
    run = "whole_model/seed_0"
    points = {
        tag: [point.value for point in events.Scalars(run, tag)]
        for tag in events.Runs()[run]["scalars"]
    }
    layers = {
        f"{name}/{what}" for name in ("hidden_1", "output") for what in ("sparsity", "threshold")
    }
    assert set(points) == {"loss", "val_loss", "sparsity", *layers}
    assert points["hidden_1/sparsity"] == [0.5, 0.5]
    assert all(value > 0 for value in points["output/threshold"])
    curves = pd.read_csv(repository.folder / "models/pruned/whole_model/curves.csv")
    assert points["val_loss"] == pytest.approx(curves.query("seed == 0")["val_loss"].tolist())


LEAN = ("check_params", "generate_data", "split", "check_recipes", "measure_sizes", "report")
HEAVY = (
    "build_model", "train_baseline", "prune", "strip", "shrink", "cluster", "convert", "trade_off",
    "evaluate",
)  # fmt: skip


@pytest.mark.parametrize("stage", [*LEAN, *HEAVY])
def test_a_stage_imports_what_it_uses_and_no_more(repository: Repository, stage: str) -> None:
    """Those without TensorFlow run whole: an import may stand inside a function."""
    run = "stage.main();" if stage in LEAN else ""
    unused = {"keras", "IPython"} | ({"PIL", "matplotlib"} if stage != "report" else set())
    unused |= {"tensorflow", "tf_keras"} if stage in LEAN else set()
    code = f"import sys, {stage} as stage; {run} print('unused', {unused} & set(sys.modules))"
    output = repository.run("env", "PYTHONPATH=src:stages", "python", "-c", code)
    assert output.splitlines()[-1] == "unused set()"
    assert repository.git("status", "--porcelain") == ""


# What would run


@pytest.mark.parametrize(
    ("where", "value", "stages"),
    [
        (
            "recipes.dense_only.patience",
            1,
            {"check_recipes", "prune@dense_only", *AFTER_A_RECIPE} - {"shrink"},
        ),
        ("trade_off.epochs", 3, {"check_recipes", "trade_off"}),
        ("convert.calibration_rows", 9, {"convert"}),
        ("split.random_state", 7, {"split"}),
        ("measure_sizes.gzip_level", 1, {"measure_sizes"}),
        ("generate_data.noise", 0.5, {"generate_data"}),
        ("train_baseline.patience", 1, {"train_baseline"}),
        ("model.layers", [{"type": "Flatten"}], {"build_model", "trade_off"}),
        ("data.standardize", True, {"split"}),
        ("data.source", "examples/diabetes/data/diabetes.csv", {"split"}),
    ],
)
def test_a_parameter_changes_the_stages_that_use_it(
    repository: Repository, where: str, value: Any, stages: set[str]
) -> None:
    before = repository.text("params.yaml")
    params = YAML(typ="safe").load(before)
    section, *rest = where.split(".")
    inner = params[section]
    for part in rest[:-1]:
        inner = inner[part]
    inner[rest[-1]] = value
    try:
        with (repository.folder / "params.yaml").open("w") as file:
            YAML(typ="safe").dump(params, file)
        assert changed(repository) == stages | {"check_params", "report"}
    finally:
        (repository.folder / "params.yaml").write_text(before)


MODULES = [
    *ROOT.glob("src/secateur/[a-z]*.py"), *ROOT.glob("src/secateur/data/[a-z]*.py"),
    *ROOT.glob("src/secateur/report/[a-z]*"),
]  # fmt: skip


@pytest.mark.parametrize(
    "module",
    sorted(p.relative_to(ROOT / "src/secateur").as_posix() for p in MODULES if p.is_file()),
)
def test_an_edit_in_a_module_changes_the_stages_that_import_it(
    repository: Repository, module: str
) -> None:
    path = repository.folder / "src/secateur" / module
    before = path.read_text()
    scripts = {
        script.stem
        for script in ROOT.glob("stages/*.py")
        if script.stem != "artifacts" and f"src/secateur/{module}" in modules(script)
    } or {"report"}  # what is not Python is its own
    try:
        path.write_text(before + "# edited\n")
        assert {stage.split("@")[0] for stage in changed(repository)} == scripts
    finally:
        path.write_text(before)


# What runs: from here on the repository changes


def test_a_misspelt_key_stops_a_plain_repro_and_loses_nothing(repository: Repository) -> None:
    before = repository.text("params.yaml")
    (repository.folder / "params.yaml").write_text(before + "trainin:\n  batch_size: 8\n")
    output = repository.run("dvc", "repro", ok=False)
    assert "params.yaml: unknown key 'trainin' (did you mean 'training'?)" in output
    assert "Traceback" not in output
    assert ran(output) == ["check_params"]
    (repository.folder / "params.yaml").write_text(before)
    assert ran(repository.run("dvc", "repro")) == []
    assert changed(repository) == set()


def test_a_killed_run_is_finished_by_the_next_and_only_what_changed_runs(
    repository: Repository,
) -> None:
    # So long that however late the signal comes, it comes while the first model trains.
    long = repository.params["recipes"]["whole_model"] | {"epochs": 1_000_000, "patience": None}
    repository.params["recipes"]["whole_model"] |= {"epochs": 3}
    write_params(repository.folder, {**repository.params, "recipes": {
        **repository.params["recipes"], "whole_model": long}})  # fmt: skip
    models, logs = repository.folder / "models/pruned", repository.folder / "logs/whole_model"
    # DVC then takes /bin/sh, as in a container: where that is dash, it would stay between the two.
    env = {name: value for name, value in repository.env.items() if name != "SHELL"}
    with subprocess.Popen(
        ["dvc", "repro"], cwd=repository.folder, env=env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    ) as run:  # fmt: skip
        try:
            assert run.stdout
            while not (list(models.glob(".whole_model.*.partial")) and list(logs.glob("seed_0/*"))):
                assert run.poll() is None, run.stdout.read()
                time.sleep(0.1)
            os.kill(run.pid, signal.SIGKILL)  # DVC alone: the stage must not outlive it
            output, _ = run.communicate(timeout=60)  # returns when all have ended
            assert "whole_model, seed 0" not in output
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
    assert not (repository.folder / "models/pruned/whole_model").exists()
    repository.write_params()
    output = repository.run("dvc", "repro")
    assert ran(output) == ["check_params", "check_recipes", "prune@whole_model", *AFTER_A_RECIPE]
    assert changed(repository) == set()
    names = {path.name for path in (repository.folder / "models").rglob("*.partial")}
    assert names == set()


def test_a_removed_recipe_leaves_no_trace(repository: Repository, tmp_path: Path) -> None:
    del repository.params["recipes"]["dense_only"]
    repository.write_params()
    assert ran(repository.run("dvc", "repro")) == ["check_params", "check_recipes", *AFTER_A_RECIPE]
    assert not (repository.folder / "models/pruned/dense_only").exists()
    repository.commit("without dense_only")
    # A clone that never had it: trainings come from the shared run cache, the rest is run anew.
    clone = tmp_path / "clone"
    repository.git("clone", "-q", ".", str(clone))
    (clone / "dvc.lock").unlink()
    fresh = object.__new__(Repository)
    fresh.folder, fresh.env = clone, repository.env
    fresh.run("dvc", "cache", "dir", "--local", str(repository.folder / ".dvc/cache"))
    fresh.run("dvc", "repro")

    def outputs(lock: str) -> dict[str, Any]:
        stages = YAML(typ="safe").load(lock)["stages"]
        stages.pop("prune@dense_only", None)  # DVC's own memory of it: harmless
        return stages

    assert outputs(fresh.text("dvc.lock")) == outputs(repository.text("dvc.lock"))
    for name in ("evaluation.json", "sizes.json", "summary.md", "curves.csv", "scores.csv"):
        assert fresh.text(f"metrics/{name}") == repository.text(f"metrics/{name}")
        assert "dense_only" not in fresh.text(f"metrics/{name}")


def test_a_full_disk_is_said_and_leaves_the_earlier_output_whole(repository: Repository) -> None:
    before = (repository.folder / "data/friedman1.parquet").read_bytes()
    command = "ulimit -f 4; PYTHONPATH=src exec python stages/generate_data.py"
    output = repository.run("sh", "-c", command, ok=False)
    assert output.startswith("error: ")
    assert "File too large" in output
    assert (repository.folder / "data/friedman1.parquet").read_bytes() == before
    assert not list((repository.folder / "data").glob("*.partial"))
