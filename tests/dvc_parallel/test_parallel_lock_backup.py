"""What a killed `dvc repro` left half-written is put right before the next run reads it."""

import subprocess
from pathlib import Path

import pytest

from dvc_parallel import lock_backup, plan
from dvc_projects import Make, step

WHOLE = "schema: '2.0'\nstages:\n  first:\n    cmd: echo\n"


HALVES = ["", "sche", "schema: '2.0'\nstages:\n  first:\n    cm"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Git repository with a pipeline in a folder."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/dvc.yaml").touch()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
    return tmp_path


@pytest.mark.parametrize("half", [*HALVES, "a: {\n"])
def test_half_a_file_gives_way_to_what_was_there_before(folder: Path, half: str) -> None:
    for before in (WHOLE, None):
        lock = folder / "sub/dvc.lock"
        lock.unlink(missing_ok=True)
        if before:
            lock.write_text(before)
        with lock_backup.kept(folder, ["dvc.yaml", "sub/dvc.yaml"]):
            lock.write_text(half)
            lock_backup.mend(folder)
            assert (lock.read_text() if lock.exists() else None) == before
            lock.write_text(WHOLE.replace("first", "other"))  # whole: another branch's, say
            lock_backup.mend(folder)
            assert "other" in lock.read_text()
    assert not (folder / lock_backup.FOLDER).exists()


@pytest.mark.parametrize("half", HALVES)
def test_without_a_copy_what_is_whole_stays(folder: Path, half: str) -> None:
    """A killed `dvc repro` leaves none."""
    second = "  second:\n    cmd: echo\n    params:\n      params.yaml:\n        a: {b: 1}\n"
    for name in ("dvc.lock", "sub/dvc.lock"):
        lock = folder / name
        lock.write_text(half)
        lock_backup.mend(folder)
        assert not lock.exists()
        for cut in ("  second:\n", second[:-3], second + "  third:\n", second + "  third:\n    c"):
            lock.write_text(WHOLE + cut)
            lock_backup.mend(folder)
            assert lock.read_text() == WHOLE + (second if "third" in cut else "")
            lock_backup.mend(folder)
            assert lock.read_text().startswith(WHOLE)


def test_a_file_that_no_kill_left_so_is_not_touched(folder: Path) -> None:
    """A conflict of a merge, above all; DVC says what is wrong with it."""
    for text in (WHOLE, f"{WHOLE}<<<<<<< HEAD\n  second:\n    cm", "stages: {\n", "schema: '2.0'\n"
                 "stages: {}\n"):  # fmt: skip
        (folder / "dvc.lock").write_text(text)
        lock_backup.mend(folder)
        assert (folder / "dvc.lock").read_text() == text


def test_a_run_goes_on_after_dvcs_own_files_were_left_half_written(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make(step("first", "source.txt"))
    project.run("dvc", "repro", "-q")
    monkeypatch.chdir(project.folder)
    project.write(".dvc/tmp/rwlock", '{"write": {')
    with lock_backup.kept(project.folder, ["dvc.yaml"]):
        project.write("dvc.lock", "")
        assert plan.read().nodes["first"].state == "unchanged"


def test_a_run_goes_on_after_a_killed_dvc_repro_left_half_a_file(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make(step("first", "source.txt") | step("second", "first.txt"))
    project.run("dvc", "repro", "-q")
    monkeypatch.chdir(project.folder)
    whole = (project.folder / "dvc.lock").read_text()
    project.write("dvc.lock", whole[:-20])
    states = {name: node.state for name, node in plan.read().nodes.items()}
    assert states == {"first": "unchanged", "second": "run"}
    project.repro()
    assert (project.folder / "dvc.lock").read_text() == whole
