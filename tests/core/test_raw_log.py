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
