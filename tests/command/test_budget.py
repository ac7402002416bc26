"""`secateur gate` judges the recommended file of the working tree by the budget."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from device_files import SETTINGS
from secateur.command import budget
from secateur.command.app import app
from secateur.core.errors import InputError
from secateur.devices import cost_tables
from verify_project import Project

COSTS: dict[str, Any] = {
    "cpu": {"artifact": "minified_float16", "bytes": {"median": 700}},
    "ethos_u": {"artifact": "minified_int8", "cycles": {"median": 500}},
    "latency_ratio": {"pi4": None},
}
LIMITS = """\
files: [metrics/detail.json]
score.*, detail.costs.*: {optional: true}
"""


def write(folder: Path, given: dict[str, Any] | None, costs: Any = COSTS) -> None:
    """What the gate reads of a project: parameters, what is recommended, and its costs."""
    (folder / "metrics").mkdir(exist_ok=True)
    (folder / "stages").mkdir(exist_ok=True)
    (folder / "stages/check_params.py").touch()
    sections: dict[str, Any] = {"rows": 3, "measure_costs": SETTINGS.model_dump()}
    if given is not None:
        sections["budget"] = given
    with (folder / "params.yaml").open("w") as file:
        YAML(typ="safe").dump(sections, file)
    small = {"artifact": "minified_float16", "seed": 0, "file": None}
    ship = {"recommended": "small", "models": {"small": small}}
    (folder / "metrics/ship.json").write_text(json.dumps(ship))
    detail = {"costs": {"small": costs}, "made_with": made_with()}
    (folder / "metrics/detail.json").write_text(json.dumps(detail))


def made_with() -> dict[str, Any]:
    """What `detail.json` says of the tools; no device was measured."""
    return {"costs": cost_tables.devices(SETTINGS), "times": {}}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_a_budget_there_is_nothing_to_judge(here: Path) -> None:
    write(here, {})
    assert budget.found("simple") is None


def test_each_cost_is_judged_by_what_the_report_wrote(here: Path) -> None:
    write(here, {"cycles": 400, "file_bytes": 700, "latency_ratio": 1.0})
    found = budget.found("simple")
    assert found
    (broken,), (unknown,), (kept,) = found.broken, found.unknown, found.kept
    assert broken.startswith("cycles: small breaks")
    assert unknown.startswith("latency_ratio: nobody knows")
    assert "metrics/devices/NAME.json" in unknown
    assert kept.startswith("file_bytes: small keeps")
    assert {entry["cost"]: entry["kept"] for entry in found.data} == {
        "cycles": False, "file_bytes": True, "latency_ratio": None,
    }  # fmt: skip
    json.dumps(found.data, allow_nan=False)


@pytest.mark.parametrize("budgeted", ["cycles", "latency_ratio"])
def test_figures_of_another_npu_or_of_other_times_are_not_judged(here: Path, budgeted: str) -> None:
    write(here, {budgeted: 400})
    params = YAML(typ="safe").load(here / "params.yaml")
    params["measure_costs"]["accelerator"] = "ethos-u55-32"
    YAML(typ="safe").dump(params, here / "params.yaml")
    with pytest.raises(InputError, match=r"accelerator.*'ethos-u55-128'.*'ethos-u55-32'.*repro"):
        budget.found("simple")
    write(here, {budgeted: 400})
    (here / "metrics/devices").mkdir()
    (here / "metrics/devices/README.md").touch()
    budget.found("simple")
    (here / "metrics/devices/slow.json").write_text("{}")
    with pytest.raises(InputError, match=r"metrics/devices: slow: .*repro"):
        budget.found("simple")


def test_what_vela_leaves_to_the_cpu_keeps_no_budget_of_the_npu(here: Path) -> None:
    npu = {**COSTS["ethos_u"], "left_to_cpu": "2 CONV_3D"}
    write(here, {"cycles": 1000, "file_bytes": 700}, {**COSTS, "ethos_u": npu})
    found = budget.found("simple")
    assert found
    assert found.unknown == [
        "cycles: nobody knows whether small keeps the budget of 1,000: Vela leaves 2 CONV_3D of it "
        "to the CPU, which no figure counts."
    ]
    assert len(found.kept) == 1


def test_a_file_with_more_error_than_its_source_is_told_beside_its_budget(here: Path) -> None:
    npu = {**COSTS["ethos_u"], "worse": "263% above its source model's"}
    write(here, {"cycles": 1000}, {**COSTS, "ethos_u": npu})
    found = budget.found("simple")
    assert found
    assert found.kept[0].endswith(
        "(minified_int8, the file for the Ethos-U, with an error 263% above its source model's)."
    )


def test_names_are_no_markup_in_markdown(here: Path) -> None:
    own = {**COSTS, "ethos_u": {"artifact": "<b>|*x*", "cycles": {"median": 5}}}
    write(here, {"cycles": 400}, own)
    found = budget.found("markdown")
    assert found
    assert "&lt;b&gt;\\|\\*x\\*" in found.kept[0]


def test_where_nothing_is_recommended_nobody_knows(here: Path) -> None:
    write(here, {"cycles": 400})
    ship = {"recommended": None, "models": {}}
    (here / "metrics/ship.json").write_text(json.dumps(ship))
    found = budget.found("simple")
    assert found
    assert (found.broken, len(found.unknown), found.kept) == ([], 1, [])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ["metrics/detail.json", "secateur repro"]),
        ("{", ["metrics/detail.json", "secateur repro"]),
        ("[]", ["metrics/detail.json", "secateur repro"]),
        ("{}", ["metrics/detail.json", "'costs'"]),  # as earlier versions wrote it
        ('{"costs": {"small": {}}}', ["metrics/detail.json", "'made_with'", "secateur repro"]),
        ('{"costs": {"other": {}}}', ["costs.small"]),
        ('{"costs": {"small": 3}}', ["costs.small"]),
        ('{"costs": {"small": {"cpu": 3}}}', ["costs.small", "cpu"]),
    ],
)
def test_a_damaged_file_is_named(here: Path, content: str | None, words: list[str]) -> None:
    write(here, {"cycles": 400})
    path = here / "metrics/detail.json"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(InputError) as error:
        budget.found("simple")
    for word in words:
        assert word in str(error.value)


def gate(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["gate", "main", *arguments])


@pytest.fixture
def gated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A committed project with metrics, limits and a budget that is kept."""
    project = Project(tmp_path / "project")
    shutil.copy(project.folder / "score.json", tmp_path)
    write(project.folder, {"cycles": 500})
    project.write("limits.yaml", LIMITS)
    project.commit("results")
    monkeypatch.chdir(project.folder)
    return project


def test_the_gate_fails_a_branch_that_breaks_its_budget(gated: Project) -> None:
    """And one whose costs nobody knows; that is not called kept."""
    kept = gate()
    assert (kept.exit_code, "cycles: small keeps the budget" in kept.stdout) == (0, True)
    write(gated.folder, {"cycles": 499, "arena_bytes": 10**6})
    broken = gate()
    assert broken.exit_code == 1
    assert "cycles: small breaks the budget of 499 with 500" in broken.stdout
    told = json.loads(gate("--json").stdout)
    assert told["within"] is False
    assert [entry["kept"] for entry in told["budget"]] == [None, False]
    assert "#### Budget" in gate("--markdown").stdout
    write(gated.folder, {"arena_bytes": 10**6})
    unknown = gate()
    assert unknown.exit_code == 2
    assert "arena_bytes: nobody knows" in unknown.stdout
    write(gated.folder, {})
    assert gate().exit_code == 0
    assert "budget" not in gate().stdout


@pytest.mark.parametrize("given", [None, {"cycles": 0}], ids=str)
def test_a_wrong_budget_is_an_error_that_names_it(
    gated: Project, given: dict[str, Any] | None
) -> None:
    write(gated.folder, given)
    done = gate()
    assert done.exit_code == 2
    assert "params.yaml: budget" in done.stderr
