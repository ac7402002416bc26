"""Another library's words are kept in a file that the message names."""

from pathlib import Path

import pytest

from secateur.core import raw_log


def test_an_error_is_kept_whole_in_a_file_of_the_scripts_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["stages/build_model.py"])
    try:
        raise RuntimeError("loc(fused[\nmany lines")
    except RuntimeError as error:
        said = raw_log.keep(error, of="training")
    assert "logs/build_model.txt" in said
    kept = Path("logs/build_model.txt").read_text()
    assert "training\n" in kept
    assert "loc(fused[\nmany lines" in kept
    assert "Traceback" in kept


def test_a_file_that_cannot_be_written_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("logs").write_text("no folder")
    assert raw_log.keep(ValueError("x")) == ""


def test_on_a_worker_the_file_lies_in_the_workspace_as_clones_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone, workspace = tmp_path / "clone", tmp_path / "workspace"
    clone.mkdir()
    workspace.mkdir()
    monkeypatch.chdir(clone)
    monkeypatch.setenv("DVC_PARALLEL_PROJECT", str(workspace))
    monkeypatch.setattr("sys.argv", ["stages/build_model.py"])
    assert "(logs/build_model.txt" in raw_log.keep(ValueError("its words"))
    assert "its words" in (workspace / "logs/build_model.txt").read_text()
    assert not (clone / "logs").exists()
