"""The record of the machine that made the results, compared with this one."""

import json
from importlib import metadata
from pathlib import Path
from typing import Any

from dvc_verify import environment_record, machine


def compared(folder: Path, **changes: Any) -> str:
    made = {"results": "digest", **machine.here(), "numpy": metadata.version("numpy")} | changes
    path = folder / environment_record.RECORD
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(made))
    return environment_record.compare(folder)


def test_the_same_machine_is_the_same(tmp_path: Path) -> None:
    assert compared(tmp_path).endswith("; the same as here")


def test_only_what_differs_is_named(tmp_path: Path) -> None:
    line = compared(tmp_path, processor="Some CPU", numpy="1.0", pandas=metadata.version("pandas"))
    assert "made on Some CPU" in line
    assert f"numpy 1.0 there, {metadata.version('numpy')} here" in line
    assert "pandas" not in line
    assert "results" not in line


def test_any_other_key_is_a_distribution(tmp_path: Path) -> None:
    line = compared(tmp_path, **{"no-such-package": "1.0", "": "2.0"})
    assert "no-such-package 1.0 there, not installed here" in line
    line = compared(tmp_path, **{"no-such-package": "not installed"})
    assert line.endswith("; the same as here")


def test_a_project_without_a_record_has_one_line(tmp_path: Path) -> None:
    assert str(environment_record.RECORD) in environment_record.compare(tmp_path)
