"""`secateur show` prints a table of this folder or of a Git revision."""

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from secateur.command.app import app


def show(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["show", *arguments])


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a folder of a repository, with other tables than its last commit."""
    project = tmp_path / "below"
    (project / "metrics").mkdir(parents=True)
    git(tmp_path, "init", "-q", "-b", "main")
    (project / "metrics/summary.md").write_text("| old é |\n")
    (project / "metrics/trade_off.md").write_text("| old curve |\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    (project / "metrics/summary.md").write_text("| new |\n\n| classes |\n")
    (project / "metrics/size_table.md").write_text("| sizes |\n")
    monkeypatch.chdir(project)
    return project


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "| new |\n\n| classes |\n"),
        (["--sizes"], "| sizes |\n"),
        (["--trade-off"], "| old curve |\n"),
        (["main"], "| old é |\n"),
        (["HEAD", "--trade-off"], "| old curve |\n"),
    ],
)
def test_prints_a_table(folder: Path, arguments: list[str], expected: str) -> None:
    done = show(*arguments)
    assert (done.exit_code, done.stdout) == (0, expected)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nope"], "error: 'nope': no such Git revision"),
        (["main", "--sizes"], "error: metrics/size_table.md: revision 'main' has none"),
    ],
)
def test_says_in_one_sentence_what_is_missing(
    folder: Path, arguments: list[str], expected: str
) -> None:
    done = show(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(expected)
    assert done.stderr.count("\n") == 1


def test_names_the_command_that_makes_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in ([], ["--sizes"], ["--trade-off"]):
        done = show(*arguments)
        assert done.exit_code == 1
        assert "not found; run `secateur repro`" in done.stderr
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "not in a Git repository" in show("main").stderr


def test_shows_one_table(folder: Path) -> None:
    assert show("--sizes", "--trade-off").exit_code == 2
