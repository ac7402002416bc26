"""The pipeline of a trial declares what its stages use, and no row of the test set."""

import ast
from typing import Any

import pytest
from ruamel.yaml import YAML

from import_graph import ROOT, packages
from secateur.search import pipeline

STAGES: dict[str, Any] = YAML(typ="safe").load(pipeline.FILE)["stages"]


@pytest.mark.parametrize("stage", STAGES)
def test_declares_exactly_the_packages_that_its_script_reaches(stage: str) -> None:
    declared = {dep for dep in STAGES[stage]["deps"] if dep.startswith(("src/", "stages/"))}
    assert declared == packages(ROOT / "stages" / f"{stage}.py")
    assert f"python stages/{stage}.py" in STAGES[stage]["cmd"]


@pytest.mark.parametrize("stage", STAGES)
def test_declares_exactly_the_parameters_that_its_script_reads(stage: str) -> None:
    tree = ast.parse((ROOT / "stages" / f"{stage}.py").read_text())
    (main,) = (node for node in tree.body if getattr(node, "name", "") == "main")
    read = {
        ast.unparse(call.args[0]).strip("'").split(".")[0]
        for call in ast.walk(main)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("section", "optional")
    }
    declared = set()
    for own in STAGES[stage]["params"]:
        declared |= {own} if isinstance(own, str) else set(own["search/params.yaml"])
    assert declared == read


def test_no_trial_depends_on_test_rows() -> None:
    """A worker's clone has what a stage declares: what is not there chooses nothing."""
    deps = STAGES["trial"]["deps"]
    assert "data/split/validation" in deps
    assert not [dep for dep in deps if "test" in dep or dep in ("data", "data/split")]
    assert "data/split/test" in STAGES["judge"]["deps"]


def test_a_trial_depends_on_the_recipes_before_it_and_is_judged_only_if_asked() -> None:
    alone = YAML(typ="safe").load(pipeline.text([]))["stages"]
    assert alone == {"trial": STAGES["trial"]}
    after = YAML(typ="safe").load(pipeline.text(["a", "b"], judged=True))["stages"]
    assert after.keys() == {"trial", "judge"}
    assert set(after["trial"]["deps"]) - set(STAGES["trial"]["deps"]) == {
        "models/trained/a", "models/trained/b",
    }  # fmt: skip
