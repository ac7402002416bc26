"""What stops a run, and what is left then: parameters, signals, a full disk, removed recipes."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from project import Repository, ran, settled, write_params


def test_a_misspelt_key_stops_a_plain_repro_and_loses_nothing(repository: Repository) -> None:
    before = repository.text("params.yaml")
    (repository.folder / "params.yaml").write_text(before + "trainin:\n  batch_size: 8\n")
    output = repository.run("dvc", "repro", ok=False)
    assert "params.yaml: unknown key 'trainin' (did you mean 'training'?)" in output
    assert "Traceback" not in output
    assert ran(output) == ["check_params"]
    (repository.folder / "params.yaml").write_text(before)
    assert ran(repository.run("dvc", "repro")) == []


def test_a_killed_run_is_finished_by_the_next_and_only_what_changed_runs(
    repository: Repository,
) -> None:
    # So long that however late the signal comes, it comes while the first model trains.
    long = repository.params["recipes"]["whole_model"] | {"epochs": 1_000_000, "patience": None}
    repository.params["recipes"]["whole_model"] |= {"epochs": 3}
    write_params(repository.folder, {**repository.params, "recipes": {
        **repository.params["recipes"], "whole_model": long}})  # fmt: skip
    models, logs = repository.folder / "models/trained", repository.folder / "logs/whole_model"
    # DVC then takes /bin/sh, as in a container: where that is dash, it would stay between the two.
    env = {name: value for name, value in repository.env.items() if name != "SHELL"}
    with subprocess.Popen(
        ["dvc", "repro", "prune@whole_model"], cwd=repository.folder, env=env, text=True,
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
    assert not (repository.folder / "models/trained/whole_model").exists()
    repository.write_params()
    output = repository.run("dvc", "repro", "prune@whole_model")
    assert ran(output) == ["check_params", "check_recipes", "teach", "prune@whole_model"]
    names = {path.name for path in (repository.folder / "models").rglob("*.partial")}
    assert names == set()


def test_a_removed_recipe_leaves_no_trace(repository: Repository, tmp_path: Path) -> None:
    del repository.params["recipes"]["dense_only"]
    repository.write_params()
    reruns = ["check_params", "check_recipes", "teach", "strip", "compact", "evaluate",
              "measure_sizes"]  # fmt: skip
    assert ran(repository.run("dvc", "repro", "measure_sizes")) == reruns
    for folder in (
        "trained",
        "teachers",
        "controls",
        "stripped",
        "compacted",
        "clustered",
        "tflite",
    ):
        assert not (repository.folder / "models" / folder / "dense_only").exists()
    repository.commit("without dense_only")
    # A clone that never had it: trainings come from the shared run cache, the rest is run anew.
    clone = tmp_path / "clone"
    repository.git("clone", "-q", ".", str(clone))
    (clone / "dvc.lock").unlink()
    fresh = Repository(clone, repository.params)
    fresh.run("dvc", "cache", "dir", "--local", str(repository.folder / ".dvc/cache"))
    fresh.run("dvc", "repro", "measure_sizes")

    def outputs(lock: str) -> dict[str, Any]:
        stages = YAML(typ="safe").load(lock)["stages"]
        made = ("evaluate", "measure_sizes", "strip", "compact", "cluster@finetuned",
                "train_controls@tuned", "convert@tuned", "prune@tuned",
                "train_baseline")  # fmt: skip
        return {stage: stages[stage] for stage in made}

    assert outputs(fresh.text("dvc.lock")) == outputs(repository.text("dvc.lock"))
    for name in ("evaluation.json", "sizes.json", "curves.csv", "scores.csv"):
        assert fresh.text(f"metrics/{name}") == repository.text(f"metrics/{name}")
        assert "dense_only" not in fresh.text(f"metrics/{name}")


def test_a_full_disk_is_said_and_leaves_the_earlier_output_whole(repository: Repository) -> None:
    before = (repository.folder / "data/generated/friedman1.parquet").read_bytes()
    command = "ulimit -f 4; PYTHONPATH=src exec python stages/generate_data.py"
    output = repository.run("sh", "-c", command, ok=False)
    assert output.startswith("error: ")
    assert "File too large" in output
    assert (repository.folder / "data/generated/friedman1.parquet").read_bytes() == before
    assert not list((repository.folder / "data").glob("*.partial"))


def test_a_users_own_file_among_trained_networks_is_named_and_kept(repository: Repository) -> None:
    own = repository.folder / "models/trained/mine/best.h5"
    own.parent.mkdir()
    own.write_bytes(b"mine")
    output = repository.run("dvc", "repro", "strip", ok=False)
    assert "models/trained/mine/best.h5" in output
    assert own.read_bytes() == b"mine"


def test_a_users_own_file_where_stages_write_stops_the_run_before_it_starts(
    repository: Repository,
) -> None:
    """In a stage's folder; and where a stage has not run yet."""
    lock = YAML(typ="safe").load(repository.text("dvc.lock"))
    del lock["stages"]["split"]
    with (repository.folder / "dvc.lock").open("w") as file:
        YAML(typ="safe").dump(lock, file)
    own = ["data/split/test/x.npy", "models/trained/baseline/mine.h5"]
    for name in own:
        (repository.folder / name).write_text("mine")
    repository.params["split"]["random_state"] = 7
    repository.write_params()
    for command in (("dvc", "repro"), ("python", "-m", "secateur", "repro")):
        output = repository.run(*command, ok=False)
        assert f"{', '.join(own)}: lies where the pipeline writes" in output
        assert "Traceback" not in output
        assert {*ran(output)} <= {"check_params"}
        assert all(repository.text(name) == "mine" for name in own)


def test_a_users_own_file_is_kept_where_a_killed_run_left_half_of_dvc_lock(
    repository: Repository,
) -> None:
    lock = repository.text("dvc.lock")
    (repository.folder / "dvc.lock").write_text(lock[: len(lock) // 2])
    own = "models/trained/baseline/mine.h5"
    (repository.folder / own).write_text("mine")
    output = repository.run("python", "-m", "secateur", "repro", ok=False)
    assert f"{own}: lies where the pipeline writes" in output
    assert repository.text(own) == "mine"
    (repository.folder / own).unlink()
    repository.run("python", "-m", "secateur", "repro")
    assert settled(repository.text("dvc.lock")) == settled(lock) != lock


def test_an_output_of_a_killed_run_does_not_stop_the_next(repository: Repository) -> None:
    """The stage has written it, and DVC did not come to record it."""
    repository.params["split"]["random_state"] = 7
    repository.write_params()
    env = {**repository.env, "PYTHONPATH": "src"}
    subprocess.run(["python", "stages/split.py"], cwd=repository.folder, env=env, check=True)
    assert ran(repository.run("dvc", "repro", "split")) == ["check_params", "split"]


def test_a_folder_without_git_is_told_what_to_do(repository: Repository) -> None:
    (repository.folder / ".git").rename(repository.folder / "was_git")
    output = repository.run("python", "-m", "secateur", "repro", ok=False)
    assert "git init" in output
    assert "Traceback" not in output
