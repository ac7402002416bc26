"""The record of the machine that made the results changes only with the results."""

import json
import socket
from pathlib import Path

import pytest

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


def test_a_package_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "PACKAGES", ("numpy", "never-published"))
    assert environment.versions()["never-published"] == "not installed"
