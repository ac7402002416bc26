"""An older project's `params.yaml` is told the lines that it lacks, and they work."""

from copy import deepcopy
from pathlib import Path

import pytest

from project import TINY, write_params
from secateur.checks.added_sections import ADDED
from secateur.checks.params_file import check_params
from secateur.core.errors import InputError


def test_the_lines_that_an_older_file_lacks_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    older = {name: own for name, own in deepcopy(TINY).items() if name not in ADDED}
    write_params(tmp_path, older)
    path = Path("params.yaml")
    missing = "measure_costs, mix_precision, measure_latency, budget: missing"
    with pytest.raises(InputError, match=missing) as told:
        check_params(path)
    lines = str(told.value).partition("\n\n")[2]
    path.write_text(path.read_text() + lines)
    assert check_params(path).measure_costs.accelerator == "ethos-u55-128"


def test_one_that_is_missing_is_named_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path, {name: own for name, own in TINY.items() if name != "budget"})
    with pytest.raises(InputError) as told:
        check_params(Path("params.yaml"))
    assert str(told.value).endswith("budget: {}\n")
    assert "measure_costs" not in str(told.value)
