"""What the command does before any run."""

import os
from pathlib import Path

import pytest

from secateur.command import mistakes


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
