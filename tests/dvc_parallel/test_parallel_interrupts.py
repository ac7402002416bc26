"""However a run ends: it leaves the workspace as it was, and no process behind."""

import os
import signal
import subprocess
import time

import psutil
import pytest

from dvc_parallel import repro
from dvc_projects import (
    Make,
    Project,
    assert_ended,
    family,
    is_worker,
    names_of,
    step,
    wait_for,
    wait_until,
)


def begin(project: Project) -> "tuple[subprocess.Popen[str], list[psutil.Process]]":
    """Start a run and wait until a stage runs; all its processes."""
    run = project.start("repro")
    wait_for(run, "started")
    wait_until(lambda: "sleep" in names_of(family(run.pid)))
    return run, family(run.pid)


def assert_untouched(project: Project, before: dict[str, bytes]) -> None:
    assert project.files() == before
    assert project.run("git", "status", "--short") == ""


def folders(project: Project) -> list[str]:
    return [path.name for path in (project.folder / ".dvc/tmp/dvc-parallel").glob("run-*")]


def assert_interrupted(
    project: Project,
    run: "subprocess.Popen[str]",
    processes: list[psutil.Process],
    before: dict[str, bytes],
) -> None:
    """It says so in its last line, and leaves nothing."""
    rest = run.communicate(timeout=30)[0]  # returns when every process has ended
    assert run.returncode == 130
    assert rest.splitlines()[-1] == "repro: interrupted"
    assert "Traceback" not in rest
    assert folders(project) == []
    assert_ended(processes)
    assert_untouched(project, before)


def test_ctrl_c_leaves_the_workspace_and_no_process(endless: Project) -> None:
    before = endless.files()
    run, processes = begin(endless)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does
    assert_interrupted(endless, run, processes, before)


def test_a_killed_run_leaves_the_workspace_and_no_process(endless: Project) -> None:
    before = endless.files()
    run, processes = begin(endless)
    run.kill()
    run.communicate(timeout=30)
    assert_ended(processes)
    assert_untouched(endless, before)
    assert len(folders(endless)) == 1
    with repro.own_folder(endless.folder) as folder:  # the next run is admitted, and tidies up
        assert folders(endless) == [folder.name]


def test_a_run_under_way_admits_no_other_and_listens_on_loopback_until_it_is_terminated(
    endless: Project,
) -> None:
    before = endless.files()
    run, processes = begin(endless)
    assert "another run is under way" in endless.repro(status=2)
    workers = [process for process in processes if is_worker(process)]
    connections = [
        connection
        for process in (psutil.Process(run.pid), *workers)
        for connection in process.net_connections()
        if connection.status == "LISTEN"
    ]
    assert len(connections) >= 3
    assert {connection.laddr.ip for connection in connections} == {"127.0.0.1"}
    run.terminate()
    assert_interrupted(endless, run, processes, before)


@pytest.mark.parametrize("after", [0.1, 0.8])
def test_ctrl_c_while_the_workers_start(endless: Project, after: float) -> None:
    run = endless.start("repro", "--jobs", "3")
    wait_for(run, "stages to check or run")
    time.sleep(after)
    os.killpg(run.pid, signal.SIGINT)
    rest = run.communicate(timeout=30)[0]
    assert run.returncode == 130
    assert rest.splitlines()[-1] == "repro: interrupted"
    assert "Traceback" not in rest, rest


def test_the_last_dvc_repro_ends_with_the_run(make: Make) -> None:
    """Whoever ends the command does not reach the `dvc repro` that it has started."""
    project = make(
        step("first", "source.txt")
        | {
            "always": {
                "cmd": "echo begun; sleep 600",
                "deps": ["first.txt"],
                "outs": ["a.txt"],
                "always_changed": True,
            }
        }
    )
    run = project.start("repro", "--jobs", "1")
    wait_for(run, "begun")
    processes = family(run.pid)
    run.terminate()
    rest = run.communicate(timeout=30)[0]  # returns when every process has ended
    assert run.returncode == 130
    assert rest.splitlines()[-1] == "repro: interrupted"
    assert_ended(processes)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_sweep_that_ends_while_its_experiments_are_made(make: Make, how: signal.Signals) -> None:
    """A stage that always runs does so then, in the clone of each experiment."""
    always = {"cmd": "sleep 600", "deps": ["source.txt"], "outs": ["a.txt"], "always_changed": True}
    project = make({"always": always})
    before = project.files()
    run = project.start("sweep", "-S", "rate=2,3")
    wait_until(lambda: "sleep" in names_of(family(run.pid)), 60)
    processes = family(run.pid)
    os.killpg(run.pid, how)
    rest = run.communicate(timeout=30)[0]
    assert "Traceback" not in rest, rest
    assert run.returncode == (130 if how == signal.SIGINT else -9)
    assert_ended(processes)
    assert_untouched(project, before)
    assert project.run("git", "for-each-ref", "refs/exps") == ""
