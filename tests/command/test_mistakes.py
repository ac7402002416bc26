"""What the command does before any run."""

import copy
import os
from pathlib import Path

import pytest

from project import TINY, write_params
from secateur.command import mistakes
from secateur.core.errors import InputError


def test_what_killed_stages_left_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = 2**22 + 1  # beyond Linux's largest number of a process
    left = [
        Path(folder) / f".some.{ended}.partial"
        for folder in ("data", "data/split", "models", "models/trained", "metrics")
    ]
    kept = [
        Path(f"models/tflite/.small.{os.getppid()}.partial"), Path("models/.mine.partial"),
        Path("data/photos/.a.7.partial"), Path("metrics/report.md"),
    ]  # fmt: skip
    for path in (*left, *kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir()
        (path / "half.h5").touch()
    mistakes.remove_abandoned()
    assert not [path for path in left if path.exists()]
    assert all(path.exists() for path in kept)


def test_a_set_of_a_sweep_is_checked_as_params_yaml_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clone").mkdir()
    monkeypatch.chdir(tmp_path)
    for path in (Path("params.yaml"), Path("stages/check_params.py")):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    params = copy.deepcopy(TINY)
    write_params(Path("clone"), params)
    mistakes.check_set(Path("clone/params.yaml"), "params.yaml")
    params["recipes"]["whole_model"]["schedule"]["target_sparsity"] = 1.6
    write_params(Path("clone"), params)
    with pytest.raises(InputError, match=r"^params\.yaml: .*target_sparsity: 1\.6"):
        mistakes.check_set(Path("clone/params.yaml"), "params.yaml")
    mistakes.check_set(Path("clone/params.yaml"), "other.yaml")
