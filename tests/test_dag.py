"""`dvc.yaml` declares what each stage uses, and nothing more."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo
from ruamel.yaml import YAML

from import_graph import ROOT, modules

STAGES: dict[str, Any] = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]


def definition(stage: str) -> dict[str, Any]:
    return STAGES[stage].get("do", STAGES[stage])


@pytest.mark.parametrize("stage", STAGES)
def test_declares_exactly_the_modules_that_its_script_imports(stage: str) -> None:
    declared = {dep for dep in definition(stage)["deps"] if dep.endswith(".py")}
    assert declared == modules(ROOT / "stages" / f"{stage}.py")


@pytest.mark.parametrize("stage", STAGES)
def test_runs_the_script_of_its_own_name(stage: str) -> None:
    assert f"python stages/{stage}.py" in definition(stage)["cmd"]


@pytest.mark.parametrize("stage", STAGES)
def test_declares_exactly_the_parameters_that_its_script_reads(stage: str) -> None:
    tree = ast.parse((ROOT / "stages" / f"{stage}.py").read_text())
    read = {
        ast.unparse(call.args[0]).strip("'\"").removeprefix("f'").replace("{name}", "${key}")
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "params.section"
    }
    declared = {p for p in definition(stage).get("params", []) if isinstance(p, str)}
    assert declared == read


@pytest.mark.parametrize("package", ["secateur", "secateur/data", "secateur/report"])
def test_a_package_has_no_code_that_no_stage_declares(package: str) -> None:
    tree = ast.parse((ROOT / "src" / package / "__init__.py").read_text())
    assert [type(node) for node in tree.body] == [ast.Expr]  # the docstring


def test_every_module_is_used_by_a_stage() -> None:
    used = set().union(*(modules(ROOT / "stages" / f"{stage}.py") for stage in STAGES))
    package = ROOT / "src/secateur"
    apart = ("ci", "parallel")  # for any DVC project
    have = {p.relative_to(ROOT).as_posix() for p in package.rglob("*.py")
            if p.parent.name not in apart and not p.name.startswith("__")}  # fmt: skip
    assert have - used == set()
    rest = {path.relative_to(ROOT).as_posix() for path in (package / "report").glob("*.[chjmt]*")}
    assert rest == {dep for dep in STAGES["report"]["deps"] if dep.startswith("src/")} - used


@pytest.fixture(scope="module")
def files_of_stages() -> Iterator[dict[str, set[str]]]:
    """What DVC itself, not this test, sees each stage depend on."""
    with Repo(str(ROOT)) as repo:
        yield {
            stage.addressing: {Path(dep.fs_path).relative_to(ROOT).as_posix() for dep in stage.deps
                               if dep.fs_path} for stage in repo.index.stages
        }  # fmt: skip


def test_a_recipe_depends_only_on_where_it_starts(files_of_stages: dict[str, set[str]]) -> None:
    def models(stage: str) -> set[str]:
        found = {path for path in files_of_stages[stage] if path.startswith("models/")}
        return found - {"models/recipes.ok"}  # that they were checked

    assert models("prune@whole_model") == models("prune@dense_only") == {"models/initial"}
    assert models("prune@finetuned") == models("prune@control") == {"models/baseline"}
    assert models("train_baseline") == {"models/initial"}


def test_the_committed_lock_is_of_this_code_and_these_parameters() -> None:
    """What DVC compares before it runs a stage; outputs are left out, which a clone has not."""
    with Repo(str(ROOT)) as repo:
        for stage in repo.index.stages:
            for dep in stage.deps:
                if not dep.fs_path or dep.fs_path.endswith(".py"):
                    assert dep.status() == {}, f"{stage.addressing}: run `dvc repro`"


def test_the_committed_outputs_are_those_of_the_lock() -> None:
    """What Git holds of them: metrics, tables, and the report's Markdown and pictures."""
    with Repo(str(ROOT)) as repo:
        committed = [out for stage in repo.index.stages for out in stage.outs if not out.use_cache]
        assert {out.def_path for out in committed} >= {"metrics/report", "metrics/summary.md"}
        for out in committed:
            assert out.status() == {}, f"{out}: run `dvc repro`"
