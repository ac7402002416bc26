"""`repro` where stages fail or workers are killed: it leaves what a serial `dvc repro` leaves."""

import signal
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from dvc_projects import Project, family, is_worker, step

FAILURES = (
    step("good", "source.txt")
    | step("bad", "source.txt", cmd="echo what is wrong; exit 3")
    | step("killed", "source.txt", cmd="echo it began; kill -9 $$")
    | step("after", "bad.txt")
    | step("last", "after.txt", "good.txt")
    | step("other", "good.txt")
    # It reads what it does not declare and Git does not track.
    | step("undeclared", "source.txt", cmd="cp secret undeclared.txt")
    | {
        "a": {"cmd": "echo a > each/a.txt", "deps": ["source.txt"], "outs": ["each/a.txt"]},
        "list": {"cmd": "ls -A each > list.txt", "deps": ["each"], "outs": ["list.txt"]},
    }
)


class Failed(NamedTuple):
    """The same project twice."""

    serial: Project  # after `dvc repro --keep-going`
    parallel: Project  # after ours
    output: str


@pytest.fixture(scope="module")
def failed(template: Project, tmp_path_factory: pytest.TempPathFactory) -> Failed:
    folder = tmp_path_factory.mktemp("failures")
    serial = template.copy(folder / "serial")
    serial.write_stages(FAILURES)
    serial.commit()
    serial.write("secret", "s")
    parallel = serial.copy(folder / "parallel")
    serial.run("dvc", "repro", "--keep-going", status=255)
    return Failed(serial, parallel, parallel.repro(status=1))


def test_a_failed_stage_is_shown_with_what_depends_on_it(failed: Failed) -> None:
    after = failed.output.partition("\nbad: failed")[2]
    assert "    what is wrong\n" in after
    assert ": after, last\n" in after


def test_a_signal_that_ended_a_stage_is_named(failed: Failed) -> None:
    after = failed.output.partition("\nkilled: failed")[2]
    assert "    it began\n    ended by SIGKILL" in after


def test_independent_stages_go_on_after_a_failure(failed: Failed) -> None:
    assert "other: done" in failed.output
    assert "  other:\n" in failed.parallel.files()["dvc.lock"].decode()


def test_a_stage_that_fails_only_in_a_clone_runs_in_the_workspace(failed: Failed) -> None:
    assert "undeclared: failed" in failed.output
    assert "Running stage 'undeclared'" in failed.output
    assert failed.parallel.files()["undeclared.txt"] == b"s"


def test_a_failure_leaves_what_a_serial_failure_leaves(failed: Failed) -> None:
    assert failed.parallel.files() == failed.serial.files()
    status = [project.run("git", "status", "--short") for project in failed[:2]]
    assert status[0] == status[1]


def test_a_stage_that_refuses_its_inputs_runs_once_and_the_rest_goes_on(
    template: Project, tmp_path: Path
) -> None:
    project = template.copy(tmp_path / "project")
    project.write_stages(
        step("good", "source.txt")
        | step("refuses", "good.txt", cmd=f"echo run >> {tmp_path}/runs; echo wrong; exit 65")
        | step("after", "refuses.txt")
        | step("last", "after.txt", "good.txt")
        | step("other", "good.txt")
    )
    project.commit()
    output = project.repro(status=1)
    assert (tmp_path / "runs").read_text() == "run\n"
    assert output.count("wrong\n") == 1
    assert output.splitlines()[-1].startswith("refuses: refused ")
    assert output.splitlines()[-1].endswith("; 2 stages after it not run")
    files = project.files()
    assert {"good.txt", "other.txt"} <= files.keys()
    assert not {"refuses.txt", "after.txt", "last.txt"} & files.keys()
    lock = files["dvc.lock"].decode()
    assert "  other:\n" in lock
    assert "refuses" not in lock
    again = project.repro(status=1)
    assert "other: " not in again  # it is up to date
    (tmp_path / "runs").unlink()
    project.write_stages(step("refuses", "source.txt", cmd="echo wrong; exit 65"))
    project.commit()
    assert "refuses: refused" in project.repro(status=1).splitlines()[-1]


@pytest.mark.parametrize("seed", range(2))
def test_stages_of_killed_workers_run_elsewhere(
    slow: tuple[Project, Project], tmp_path: Path, seed: int
) -> None:
    """At moments that follow from nothing."""
    project = slow[0].copy(tmp_path / "project")
    run = project.start("repro")
    killed = 0
    while run.poll() is None and killed < 3:
        time.sleep(0.7 + 0.4 * seed)
        # Workers, runners and stages alike, but not the one process that a user would see.
        processes = [process for process in family(run.pid) if is_worker(process)]
        if processes:
            processes[(killed + seed) % len(processes)].send_signal(signal.SIGKILL)
            killed += 1
    output = run.communicate()[0]
    assert killed == 3, output
    assert run.returncode == 0, output
    assert project.files() == slow[1].files(), output
