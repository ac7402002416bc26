"""A change reruns the stages that it can affect, and no others: what DVC itself says."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dvc.repo import Repo
from ruamel.yaml import YAML

from import_graph import ROOT, packages
from project import TINY, Repository, ran
from secateur.compress import sparsity
from secateur.keras_io import h5_files

GATHERING = {
    "check_recipes", "teach", "strip", "compact", "evaluate", "measure_sizes", "measure_costs",
    "report",
}  # fmt: skip
RECIPES = TINY["recipes"]
# Those of the pipeline; a trial and its judge run in a search alone.
SCRIPTS = sorted(
    {*ROOT.glob("stages/*.py")} - {ROOT / f"stages/{name}.py" for name in ("trial", "judge")}
)
PACKAGES = sorted(set.union(*map(packages, SCRIPTS)))


def changed(repository: Repository) -> set[str]:
    """The stages that DVC says have changed themselves; those after them follow when it runs."""
    with Repo(str(repository.folder)) as repo:
        return {stage.rpartition(":")[2] for stage in repo.status()}


def test_nothing_has_changed_after_a_run_and_a_second_one_runs_nothing(
    repository: Repository,
) -> None:
    assert changed(repository) == set()
    assert ran(repository.run("dvc", "repro")) == []
    assert repository.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("where", "value", "stages"),
    [
        (
            "recipes.dense_only.patience",
            1,
            {"prune@dense_only", "train_controls@dense_only", "cluster@dense_only", *GATHERING},
        ),
        (
            "recipes.tuned.epochs",
            3,
            {"prune@tuned", "train_controls@tuned", "cluster@tuned", *GATHERING},
        ),
        ("trade_off.epochs", 3, {"check_recipes", "trade_off"}),
        (
            "convert.calibration_rows",
            30,
            {
                "convert_baseline",
                "trade_off",
                *(f"{stage}@{name}" for stage in ("convert", "mix_precision") for name in RECIPES),
            },
        ),
        ("split.random_state", 7, {"split"}),
        (
            "measure_sizes.gzip_level",
            1,
            {"measure_sizes", "measure_costs", *(f"mix_precision@{name}" for name in RECIPES)},
        ),
        (
            "mix_precision.largest_error_ratio",
            2,
            {f"mix_precision@{name}" for name in RECIPES},
        ),
        ("measure_costs.rows", 2, {"measure_costs"}),
        # What recipes need of them is written for each by itself: none is trained anew here.
        (
            "measure_costs.system",
            "Ethos_U55_Deep_Embedded",
            {"check_recipes", "teach", "measure_costs"},
        ),
        ("budget.cycles", 9, {"check_recipes", "teach"}),
        ("measure_latency.rounds", 4, {"measure_latency"}),
        ("generate_data.noise", 0.5, {"generate_data"}),
        ("train_baseline.patience", 1, {"train_baseline"}),
        ("data.standardize", True, {"split"}),
        ("data.source", "examples/diabetes/data/diabetes.csv", {"split"}),
    ],
)
def test_a_parameter_changes_the_stages_that_use_it(
    repository: Repository, where: str, value: Any, stages: set[str]
) -> None:
    section, *rest = where.split(".")
    inner = repository.params[section]
    for part in rest[:-1]:
        inner = inner[part]
    inner[rest[-1]] = value
    repository.write_params()
    assert changed(repository) == stages | {"check_params", "report"}


def test_any_change_of_the_model_changes_every_stage_that_builds_or_loads_one(
    repository: Repository,
) -> None:
    """`safe_mode` need not be written, and DVC sees when it is: loading depends on it."""
    loading = {
        "check_recipes",
        "train_baseline",
        "strip",
        "compact",
        "convert_baseline",
        "evaluate",
        "trade_off",
    }
    each = {
        f"{stage}@{name}"
        for stage in ("prune", "train_controls", "cluster", "mix_precision", "convert")
        for name in repository.params["recipes"]
    }
    repository.params["model"]["safe_mode"] = False
    repository.write_params()
    assert changed(repository) == {"check_params", "report", "build_model", *loading, *each}


def test_an_edit_in_the_users_own_folder_builds_the_model_anew(repository: Repository) -> None:
    (repository.folder / "network/mine.py").write_text("x = 1\n")
    assert changed(repository) == {"build_model"}


@pytest.mark.parametrize("package", [p for p in PACKAGES if p.startswith("src/")])
def test_an_edit_in_a_package_changes_the_stages_that_reach_it(
    repository: Repository, package: str
) -> None:
    path = repository.folder / package
    module = path if path.is_file() else next(iter(sorted(path.glob("[a-z]*.py"))))
    module.write_text(module.read_text() + "# edited\n")
    expected = {script.stem for script in SCRIPTS if package in packages(script)}
    found = {stage.split("@")[0] for stage in changed(repository)} - {"convert_baseline"}
    assert found == expected


def test_an_edit_of_the_pages_template_changes_the_report_alone(repository: Repository) -> None:
    template = repository.folder / "src/secateur/report/page.css"
    template.write_text(template.read_text() + "/* edited */\n")
    assert changed(repository) == {"check_params", "report"}


def test_the_last_of_a_chain_runs_alone_and_keeps_the_zeros_of_its_start(
    repository: Repository,
) -> None:
    """No other recipe is trained, clustered or converted anew; what follows gathers them all."""
    repository.params["recipes"]["tuned"]["epochs"] = 3
    repository.write_params()
    output = repository.run("dvc", "repro", "cluster", "convert", "trade_off")
    own = {"prune@tuned", "cluster@tuned", "convert@tuned"}
    after = {"cluster@tuned", "mix_precision@tuned", "convert@tuned"}
    assert {*ran(output)} - after <= {*GATHERING, *own, "check_params"}
    assert own <= {*ran(output)}
    for seed in repository.params["seeds"]:
        start, end = (
            sparsity.kernels(h5_files.load(Path(f"models/trained/{name}/seed_{seed}.h5")))
            for name in ("finetuned", "tuned")
        )
        for layer, kernel in start.items():
            assert 0.4 < np.mean(kernel == 0) < 0.6
            np.testing.assert_array_equal(end[layer] == 0, kernel == 0)
            assert not np.array_equal(end[layer], kernel)


def test_a_recipe_that_learns_from_the_baseline_follows_it_and_no_other_does(
    repository: Repository,
) -> None:
    """It starts from untrained weights, as another recipe does that the baseline is nothing to."""
    repository.params["recipes"]["whole_model"]["distill"] = {"from": "baseline", "weight": 0.7}
    repository.write_params()
    assert "prune@whole_model" in ran(repository.run("dvc", "repro", "prune"))
    taught = (repository.folder / "models/trained/whole_model/seed_0.h5").read_bytes()
    repository.params["train_baseline"]["epochs"] = 1
    repository.write_params()
    stages = ran(repository.run("dvc", "repro", "prune"))
    assert "prune@dense_only" not in stages
    assert (
        stages.index("train_baseline") < stages.index("teach") < stages.index("prune@whole_model")
    )
    assert (repository.folder / "models/trained/whole_model/seed_0.h5").read_bytes() != taught


def test_a_circle_of_recipes_is_told_by_the_command_before_dvc(repository: Repository) -> None:
    repository.params["recipes"]["finetuned"]["start"] = "tuned"
    repository.write_params()
    output = repository.run("python", "-m", "secateur", "repro", ok=False)
    assert "finetuned starts from tuned, tuned from finetuned" in output
    assert "Traceback" not in output
    assert ran(output) == []


def test_the_lock_names_every_output_and_git_sees_nothing_else(repository: Repository) -> None:
    lock = YAML(typ="safe").load(repository.text("dvc.lock"))["stages"]
    hashed = {out["path"] for stage in lock.values() for out in stage["outs"]}
    trained = {
        f"models/trained/{name}" for name in ("initial", "baseline", *repository.params["recipes"])
    }
    assert hashed >= {"data/split/train", "models/stripped", "metrics/sizes.json", *trained}
    assert not list(Path(repository.folder, "models").rglob(".gitignore"))
