"""The stage `report` shows the times of a device, as long as they are of the present files."""

import json
from pathlib import Path

from project import Repository


def test_a_device_joins_the_report_and_goes_stale_with_its_files(
    pristine: Repository, tmp_path: Path
) -> None:
    repository = pristine.copy(tmp_path / "project")
    metrics = repository.folder / "metrics"
    measured = json.loads((metrics / "latency.json").read_text())
    device = metrics / "devices/pi4.json"
    device.write_text(json.dumps(measured))
    repository.run("dvc", "repro", "-s", "report")
    brief = json.loads((metrics / "summary.json").read_text())
    assert brief["baseline"]["latency_ratio"] == {"pi4": 1.0}
    ship = json.loads((metrics / "ship.json").read_text())["models"]["finetuned"]["artifact"]
    expected = measured["files"][f"finetuned/{ship}"]["xnnpack"]["ratio"]["median"]
    assert brief["finetuned"]["latency_ratio"] == {"pi4": expected}
    assert "time on pi4" in (metrics / "summary.md").read_text()
    for file in measured["files"].values():
        file["sha256"] = "0" * 64
    device.write_text(json.dumps(measured))
    repository.run("dvc", "repro", "-s", "report")
    assert "of an older file" in (metrics / "summary.md").read_text()
    brief = json.loads((metrics / "summary.json").read_text())
    assert brief["finetuned"]["latency_ratio"] == {}
