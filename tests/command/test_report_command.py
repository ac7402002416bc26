"""`secateur report` builds the page with its own interpreter, and opens it."""

import os
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest

import secateur
from secateur.command import app

SOURCE = Path(secateur.__file__).parents[1]
STAGE = """
stages:
  report:
    cmd: python page.py
    outs:
      - metrics/report.html:
          cache: false
"""
PAGE = "import pathlib, sys; pathlib.Path('metrics/report.html').write_text(sys.prefix)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A DVC project whose page is the place of the Python that made it."""
    (tmp_path / "metrics").mkdir()
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    (tmp_path / ".dvc/config").write_text("[core]\n    no_scm = true\n    analytics = false\n")
    (tmp_path / "dvc.yaml").write_text(STAGE)
    (tmp_path / "page.py").write_text(PAGE)
    return tmp_path


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """Without an activated environment."""
    env = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(SOURCE)}
    return subprocess.run(
        [sys.executable, "-m", "secateur", "report", "--no-open"],
        cwd=folder, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_builds_the_page_with_the_python_of_an_environment_that_is_not_activated(
    folder: Path,
) -> None:
    done = run(folder)
    assert done.returncode == 0, done.stderr
    assert "Running stage 'report'" in done.stdout
    assert done.stdout.splitlines()[-1] == str(folder.resolve() / "metrics/report.html")
    assert (folder / "metrics/report.html").read_text() == sys.prefix


def test_a_failed_stage_prints_no_path(folder: Path) -> None:
    (folder / "page.py").write_text("raise SystemExit('no page')")
    done = run(folder)
    assert done.returncode == 1
    assert "no page" in done.stderr
    assert "report.html" not in done.stdout


def test_opens_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from dvc_parallel import repro
    from dvc_parallel.options import Options

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    built: list[Options] = []
    opened: list[str] = []

    def build(options: Options) -> int:
        built.append(options)
        return 0

    monkeypatch.setattr(repro, "dvc_repro", build)
    monkeypatch.setattr(webbrowser, "open", opened.append)
    for arguments in (["report"], ["report", "--no-open"]):
        with pytest.raises(SystemExit) as ended:
            app.main(arguments)
        assert not ended.value.code
    assert [options.targets for options in built] == [("report",)] * 2
    page = tmp_path / "metrics/report.html"
    assert opened == [page.resolve().as_uri()]
    assert capsys.readouterr().out == f"{page.resolve()}\n" * 2
