"""What a killed `dvc repro` left half-written is put right before the next run reads it."""

from pathlib import Path

import pytest

from dvc_parallel import lock_backup, plan
from dvc_projects import Make, step

WHOLE = "schema: '2.0'\nstages:\n  first:\n    cmd: echo\n"


@pytest.mark.parametrize("half", ["", "sche", "schema: '2.0'\nstages:\n  first:\n    cm", "a: {\n"])
def test_half_a_file_gives_way_to_what_was_there_before(tmp_path: Path, half: str) -> None:
    for before in (WHOLE, None):
        lock = tmp_path / "sub/dvc.lock"
        lock.parent.mkdir(exist_ok=True)
        lock.unlink(missing_ok=True)
        if before:
            lock.write_text(before)
        with lock_backup.kept(tmp_path, ["dvc.yaml", "sub/dvc.yaml"]):
            lock.write_text(half)
            lock_backup.mend(tmp_path)
            assert (lock.read_text() if lock.exists() else None) == before
            lock.write_text(WHOLE.replace("first", "other"))  # whole: another branch's, say
            lock_backup.mend(tmp_path)
            assert "other" in lock.read_text()
        lock.write_text(half)
        lock_backup.mend(tmp_path)  # a run that has ended has no copy
        assert lock.read_text() == half
    assert not (tmp_path / lock_backup.FOLDER).exists()


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
