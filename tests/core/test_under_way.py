"""A stage that was killed is spoken for: by its next run, and by `secateur repro`."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from secateur.core import under_way

STAGE = """
import sys, time
from secateur.core import errors
def main(name):
    print("begun", flush=True)
    if name == "slow":
        time.sleep(60)
sys.argv[0] = "stages/prune.py"
errors.run(main, *sys.argv[1:])
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    monkeypatch.delenv(under_way.PROJECT, raising=False)
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    return tmp_path


def begin(name: str = "slow") -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", STAGE, name], stdout=subprocess.PIPE, text=True)


def end(process: "subprocess.Popen[str]", how: signal.Signals) -> None:
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    assert under_way.killed() == []  # it runs
    process.send_signal(how)
    process.communicate()


def test_a_killed_stage_is_told_of_once() -> None:
    end(begin(), signal.SIGKILL)
    [line] = under_way.killed()
    assert line.startswith("prune slow: was ended from outside")
    assert under_way.killed() == []


@pytest.mark.parametrize("end_with", [signal.SIGINT, None])
def test_a_stage_that_ended_by_itself_leaves_nothing(
    end_with: signal.Signals | None, project: Path
) -> None:
    if end_with:
        end(begin(), end_with)
    else:
        begin("quick").communicate()
    assert list((project / under_way.FOLDER).iterdir()) == []
    assert under_way.killed() == []


def test_the_next_run_of_the_stage_tells_and_another_does_not() -> None:
    end(begin(), signal.SIGKILL)
    assert begin("quick").communicate()[0] == "begun\n"
    process = begin()
    assert process.stdout
    assert process.stdout.readline().startswith("prune slow: was ended from outside")
    end(process, signal.SIGINT)


def test_the_kernel_is_named_where_it_has_killed_for_memory(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The kernel cannot be made to here: its counter is, and the note is that of a dead process."""
    place = project / under_way.FOLDER
    counts = project / "vmstat"
    counts.write_text("nr_free_pages 7\noom_kill 3\n")
    monkeypatch.setattr(under_way, "COUNTS", counts)
    with under_way.noted("prune small"):
        [note] = place.iterdir()
        text = note.read_text()
    note.write_text(text)
    counts.write_text("oom_kill 4\n")
    with under_way.noted("prune small"):
        line = capsys.readouterr().out
    assert line.startswith("prune small: was killed, likely by the kernel")
    assert "memory" in line
    assert "SECATEUR_WORKERS=1" in line
    note.write_text(text)
    counts.unlink()  # a system that does not count
    [line] = under_way.killed()
    assert "memory" not in line


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"stage": "a", "out_of_memory": "x"}'])
def test_a_damaged_note_says_nothing_and_goes(text: str, project: Path) -> None:
    place = project / under_way.FOLDER
    place.mkdir()
    (place / "a.1").write_text(text)
    assert under_way.killed() == []
    assert list(place.iterdir()) == []


def test_no_note_outside_of_a_project_and_that_of_a_clone_lies_in_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    with under_way.noted("a"):
        assert list(elsewhere.iterdir()) == []
    monkeypatch.setenv(under_way.PROJECT, str(project))
    with under_way.noted("a"):
        assert len(list((project / under_way.FOLDER).iterdir())) == 1
    assert list(elsewhere.iterdir()) == []


def test_a_stage_runs_where_no_note_can_be_written(project: Path) -> None:
    (project / under_way.FOLDER).touch()  # no folder
    ran = []
    with under_way.noted("a"):
        ran.append(1)
    assert ran == [1]
