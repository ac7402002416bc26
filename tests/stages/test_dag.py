"""`dvc.yaml` declares what each stage uses, and nothing more."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dvc.repo import Repo
from ruamel.yaml import YAML

from import_graph import ROOT, modules, packages

STAGES: dict[str, Any] = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
# A `foreach` of recipes cannot have the baseline as an item, too.
SCRIPTS = {stage: stage.removesuffix("_baseline") if stage == "convert_baseline" else stage
           for stage in STAGES}  # fmt: skip


def definition(stage: str) -> dict[str, Any]:
    return STAGES[stage].get("do", STAGES[stage])


@pytest.mark.parametrize("stage", STAGES)
def test_declares_exactly_the_packages_that_its_script_reaches(stage: str) -> None:
    declared = {dep for dep in definition(stage)["deps"] if dep.startswith(("src/", "stages/"))}
    assert declared == packages(ROOT / "stages" / f"{SCRIPTS[stage]}.py")


@pytest.mark.parametrize("stage", STAGES)
def test_runs_the_script_of_its_own_name(stage: str) -> None:
    assert f"python stages/{SCRIPTS[stage]}.py" in definition(stage)["cmd"]


@pytest.mark.parametrize("stage", STAGES)
def test_declares_exactly_the_parameters_that_its_script_reads(stage: str) -> None:
    tree = ast.parse((ROOT / "stages" / f"{SCRIPTS[stage]}.py").read_text())
    read = {
        # An optional key need not be in the file; DVC sees it through its section.
        name.split(".")[0] if asked == "optional" else name
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and (asked := call.func.attr) in ("section", "optional")
        for name in [
            ast.unparse(call.args[0]).strip("'\"").removeprefix("f'").replace("{name}", "${key}")
        ]
    }
    declared = {p for p in definition(stage).get("params", []) if isinstance(p, str)}
    assert declared == read


PACKAGES = sorted(path.parent for path in (ROOT / "src").rglob("__init__.py"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_package_says_what_it_is_for_and_runs_no_code(package: Path) -> None:
    """Importing a module runs the `__init__.py` above it, and no stage declares that one."""
    tree = ast.parse((package / "__init__.py").read_text())
    assert [type(node) for node in tree.body] == [ast.Expr]
    assert len(ast.get_docstring(tree) or "") > 30


def test_every_module_is_used_by_a_stage_or_by_the_command() -> None:
    scripts = {*SCRIPTS.values(), "trial", "judge"}  # and those of a search's own pipeline
    used = set().union(*(modules(ROOT / "stages" / f"{script}.py") for script in scripts))
    package = ROOT / "src/secateur"
    command = {*package.glob("command/**/*.py"), *package.glob("project/*.py")}
    command.add(package / "__main__.py")
    command = set().union(*map(modules, command))  # and what it imports
    have = {path for path in package.rglob("*.py") if path.name != "__init__.py"}
    assert have - used - command == set()


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
        # That recipes were checked, how rows are encoded, and what the user calls the layers.
        beside = {f"models/{name}" for name in ("recipes.ok", "encoding.json", "layers.json")}
        return found - beside

    trained = "models/trained"
    starts = {"whole_model": "initial", "dense_only": "initial", "finetuned": "baseline",
              "control": "baseline"}  # fmt: skip
    for name, start in starts.items():
        # Its own teachers: a folder of none, unless it learns from the baseline.
        needed = {f"{trained}/{start}", f"models/teachers/{name}"}
        assert models(f"prune@{name}") == needed
        assert models(f"train_controls@{name}") == {*needed, f"{trained}/{name}"}
    assert models("train_baseline") == {f"{trained}/initial"}


def test_the_committed_lock_is_of_this_code_and_these_parameters() -> None:
    """What DVC compares before it runs a stage; outputs are left out, which a clone has not."""
    with Repo(str(ROOT)) as repo:
        for stage in repo.index.stages:
            for dep in stage.deps:
                code = str(dep.def_path).startswith(("src/", "stages/", "network"))
                if not dep.fs_path or code:
                    assert dep.status() == {}, f"{stage.addressing}: run `dvc repro`"


def test_the_committed_outputs_are_those_of_the_lock() -> None:
    """What Git holds of them: metrics, tables, and the report's Markdown and pictures."""
    with Repo(str(ROOT)) as repo:
        committed = [out for stage in repo.index.stages for out in stage.outs if not out.use_cache]
        assert {out.def_path for out in committed} >= {"metrics/report", "metrics/summary.md"}
        for out in committed:
            assert out.status() == {}, f"{out}: run `dvc repro`"
