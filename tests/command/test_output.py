"""Output that cannot be written is noticed: by the exit status and one line, for all commands."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from secateur.command import app

COMMANDS = sorted(typer.main.get_command(app.app).commands)  # type: ignore[attr-defined]
SRC = Path(app.__file__).parents[2]


def run(redirected: str, *arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run the command with its output redirected by a shell."""
    line = f'exec "$0" -m secateur "$@" {redirected}'
    return subprocess.run(
        ["bash", "-c", line, sys.executable, *arguments],
        cwd=cwd, env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(SRC)}, check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("redirected", [">/dev/full", ">&-"])
def test_help_that_does_not_arrive(name: str, redirected: str, tmp_path: Path) -> None:
    done = run(redirected, name, "--help", cwd=tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")


@pytest.mark.parametrize("redirected", [">/dev/full", ">&-", "| head -c 0; exit ${PIPESTATUS[0]}"])
def test_a_table_that_does_not_arrive(redirected: str, tmp_path: Path) -> None:
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics/summary.md").write_text("| the table |\n" * 20_000)
    done = run(redirected, "show", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 1


def test_what_was_printed_without_a_flush(tmp_path: Path) -> None:
    """As the gate, and what runs stages, print."""
    code = (
        "import dvc_verify.gate as g, secateur.command.app as a\n"
        "g.run = lambda *given: print('the gate') or 0\n"
        "a.main(['gate'])"
    )
    line = 'exec "$0" -c "$1" >/dev/full'
    done = subprocess.run(
        ["bash", "-c", line, sys.executable, code], env={"PYTHONPATH": str(SRC)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: standard output: ")
    assert len(done.stderr.splitlines()) == 1


def test_errors_that_nobody_sees_keep_their_status(tmp_path: Path) -> None:
    assert run("2>&-", "show", cwd=tmp_path).returncode == 1
    assert run("2>&- <&-", "--help", cwd=tmp_path).returncode == 0
