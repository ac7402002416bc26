"""The record of the machine that made the results changes only with the results."""

import json
import socket
from pathlib import Path

import pytest
from secateur.ci import findings

from secateur.report import environment


def test_a_reproduction_elsewhere_leaves_the_record_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results, record = tmp_path / "sizes.json", tmp_path / "environment.json"
    results.write_text("{}")
    environment.record(record, [results])
    made = json.loads(record.read_text())
    assert made == {"results": environment.digest([results]), **environment.here()}
    assert made["tensorflow"].startswith("2.")
    assert socket.gethostname() not in record.read_text().replace(made["processor"], "")
    monkeypatch.setattr(environment, "here", lambda: {"processor": "another"})
    before = record.read_bytes()
    environment.record(record, [results])
    assert record.read_bytes() == before
    results.write_text("{ }")
    environment.record(record, [results])
    assert json.loads(record.read_text())["processor"] == "another"


def test_what_is_different_here_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "metrics").mkdir()
    findings.compare_environments(tmp_path)
    assert "does not say which machine" in capsys.readouterr().out
    there = {**environment.here(), "numpy": "1.0", "processor": "Some CPU"}
    (tmp_path / findings.RECORD).write_text(json.dumps(there))
    findings.compare_environments(tmp_path)
    told = capsys.readouterr().out
    assert "made on Some CPU" in told
    assert f"numpy 1.0 there, {environment.here()['numpy']} here" in told
    assert "pandas" not in told
