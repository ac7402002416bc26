"""The documented `SLURMCluster`: its job script, run by a Slurm that is a shell script."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from dvc_projects import SRC, Make, step
from test_parallel_cluster import with_remote

SBATCH = """#!/bin/sh
# Slurm runs the script in the folder in which it was submitted.
cp "$1" "$SEEN/job.sh"
setsid bash "$SEEN/job.sh" >"$SEEN/log" 2>&1 &
echo $! >"$SEEN/pid"
echo "Submitted batch job 7"
"""
SCANCEL = """#!/bin/sh
echo "$@" >"$SEEN/cancelled"
kill -9 -- -$(cat "$SEEN/pid")
"""


def documented() -> str:
    """The program in the documentation."""
    text = (SRC.parent / "docs/many-machines.md").read_text(encoding="utf-8")
    (program,) = re.findall(r'^```python title="cluster.py"\n(.*?)^```', text, re.M | re.S)
    return str(program)


def test_the_documented_cluster_runs_stages(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("SEEN", str(tmp_path))
    project = make(step("first", "source.txt") | step("second", "first.txt"))
    (project.folder / ".venv").symlink_to(sys.prefix)
    project.write(".gitignore", ".venv\n")
    project.run("git", "add", ".gitignore")
    far = with_remote(project, tmp_path)
    monkeypatch.chdir(far.folder)
    program = documented().replace("jobs=10", "jobs=1")
    assert program != documented()
    found: dict[str, Any] = {}

    def wait(_: str) -> None:
        """What the user does before she presses Enter."""
        found["output"] = far.repro("--scheduler", found["cluster"].scheduler_address)

    found["input"] = wait
    exec(program, found)
    found["cluster"].close()
    printed = capsys.readouterr().out
    script = (tmp_path / "job.sh").read_text()
    assert script.replace("SLURMCluster-0", "dummy-name").strip() in printed
    for line in ("#SBATCH -p normal", "#SBATCH --cpus-per-task=8", "#SBATCH -t 02:00:00"):
        assert line in script.splitlines()
    assert "source .venv/bin/activate" in script.splitlines()
    assert "--nworkers 4" in script
    assert "second: done on worker" in found["output"]
    assert far.files()["second.txt"] == b"source\nfirst\nsecond\n"
    assert (tmp_path / "cancelled").read_text() == "7\n"
