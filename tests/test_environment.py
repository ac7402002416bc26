"""A stage says what to do where another `python` than the environment's runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from import_graph import ROOT


@pytest.mark.parametrize("stage", sorted(ROOT.glob("stages/*.py")), ids=lambda path: path.stem)
def test_a_python_without_the_packages_is_named_with_a_remedy(stage: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-S", str(stage)],  # -S: without the packages
        cwd=ROOT, env={"PYTHONPATH": "src"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {sys.executable} has no package 'pydantic'")
    assert "activate" in done.stderr
    assert ".venv/bin/secateur repro" in done.stderr
    assert done.stderr.count("\n") == 1
