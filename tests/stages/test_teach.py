"""What `teach` writes for a recipe changes only with what that recipe needs."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import teach
from import_graph import ROOT
from project import write_params
from secateur.artifacts import NONE, TEACHERS
from secateur.core.errors import InputError
from secateur.recipes import channel_terms

BUDGET = {"cycles": 90_000, "file_bytes": 4_000}


def channels(**keep: Any) -> dict[str, Any]:
    return {"start": "baseline", "channels": {"keep": keep}, "epochs": 2, "patience": None}


def written(params: dict[str, Any]) -> dict[str, dict[str, str]]:
    write_params(Path(), params)
    teach.main()
    return {
        folder.name: {path.name: path.read_text() for path in folder.iterdir()}
        for folder in TEACHERS.iterdir()
    }


def test_a_change_of_the_budget_or_the_ethos_u_reaches_the_recipes_that_need_it(
    workdir: Path, params: dict[str, Any]
) -> None:
    params["budget"] = BUDGET
    params["recipes"] |= {
        "fast": channels(cycles="budget"), "fewer": channels(cycles=0.5),
        "small": channels(file_bytes="budget"), "half": channels(macs=0.5),
    }  # fmt: skip
    first = written(params)
    for name in ("half", "whole_model", "control"):
        assert first[name] == {NONE: ""}
    for name in ("fast", "fewer", "small"):
        assert first[name].keys() == {NONE, channel_terms.FILE}

    def changed() -> set[str]:
        now = written(params)
        return {name for name in now if now[name] != first[name]}

    assert changed() == set()
    params["budget"] = {**BUDGET, "cycles": 80_000}
    assert changed() == {"fast"}
    params["budget"] = {**BUDGET, "file_bytes": 3_000, "macs": 5}
    assert changed() == {"small"}
    params["budget"] = BUDGET
    params["measure_costs"]["accelerator"] = "ethos-u55-256"
    assert changed() == {"fast", "fewer"}
    params["measure_costs"]["accelerator"] = "ethos-u55-128"
    params["measure_costs"]["rows"] = 2
    assert changed() == set()


def test_a_budget_that_is_not_set_is_refused(workdir: Path, params: dict[str, Any]) -> None:
    params["recipes"]["fast"] = channels(flash="budget")
    write_params(workdir, params)
    with pytest.raises(InputError, match=r"recipes\.fast\..*budget\.flash_kib"):
        teach.main()


def test_recipes_that_need_no_file_load_nothing_that_makes_or_measures_one() -> None:
    """What a stage has loaded is part of what its finished seeds follow from."""
    code = """
import sys, prune, train_controls
print(sorted({name.split(".")[1] for name in sys.modules if name.startswith("secateur.")}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"PYTHONPATH": "src:stages"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    for package in ("devices", "evaluate", "export"):
        assert f"'{package}'" not in done.stdout
    assert "'compress'" in done.stdout
