"""`secateur repro` on one machine: whatever the shape, what a serial `dvc repro` gives."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from secateur.parallel import pipeline
from toys import DEEP, DIAMOND, EVERYTHING, SHAPES, WIDE, Project, Stages, step

Make = Callable[[Stages], tuple[Project, Project]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Two equal projects, one for `dvc repro` and one for ours."""

    def twins(stages: Stages) -> tuple[Project, Project]:
        serial = Project(tmp_path / "serial", stages)
        return serial, serial.copy(tmp_path / "parallel")

    return twins


def test_gives_what_a_serial_run_gives(make: Make) -> None:
    serial, parallel = make(EVERYTHING)
    serial.run("dvc", "repro", "-q")
    output = parallel.repro("--jobs", "3")
    assert parallel.files() == serial.files(), output
    assert parallel.runs() >= serial.runs()
    assert "left to the last" not in output
    assert "failed" not in output
    assert parallel.run("git", "status", "--short") == serial.run("git", "status", "--short")


def test_runs_only_what_changed_and_nothing_twice(make: Make) -> None:
    counted = {
        name: {**stage, "cmd": f"echo {name} >> $COUNT; {stage['cmd']}"}
        for name, stage in DIAMOND.items()
    }
    serial, parallel = make(counted)
    count = parallel.folder.parent / "count"
    parallel.env = serial.env = {**serial.env, "COUNT": str(count)}
    parallel.repro("--jobs", "2")
    assert sorted(count.read_text().split()) == sorted(DIAMOND)
    parallel.commit()
    count.unlink()
    stages = {**counted, "left": {**counted["left"], "cmd": counted["left"]["cmd"] + "; true"}}
    parallel.write_stages(stages)
    parallel.repro("--jobs", "2")
    assert count.read_text().split() == ["left"]  # the same bytes: `bottom` is as it was
    assert "started" not in parallel.repro("--jobs", "2")
    serial.run("dvc", "repro", "-q")
    serial.write_stages(stages)
    serial.run("dvc", "repro", "-q")
    assert parallel.files() == serial.files()


def test_takes_from_the_cache_what_a_new_clone_has_not(make: Make, tmp_path: Path) -> None:
    _, project = make(SHAPES["foreach"])
    project.repro("--jobs", "2")
    project.commit()
    clone = project.copy(tmp_path / "clone")
    clone.run("git", "clean", "-fdxq", "-e", ".dvc")
    assert not (clone.folder / "gather.txt").exists()
    clone.write("params.yaml", "rate: 1\nwords: [one, two, four]\n")
    project.write("params.yaml", "rate: 1\nwords: [one, two, four]\n")
    output = clone.repro("--jobs", "2")
    assert {line.split(":")[0] for line in output.splitlines() if ": started" in line} == {
        "each@four",
        "gather",
    }
    project.run("rm", "each/three.txt")  # DVC keeps what a removed item left
    project.run("dvc", "repro", "-q")
    assert clone.files() == project.files()


def test_uncommitted_and_untracked_files_are_part_of_the_state(make: Make) -> None:
    serial, parallel = make(step("first", "source.txt", "new.txt", "folder"))
    for project in (serial, parallel):
        project.write("source.txt", "edited\n")
        project.write("new.txt", "new\n")
        (project.folder / "folder").mkdir()
        project.write("folder/a", "a")
        project.run("git", "rm", "-q", "--cached", "dvc.yaml")
        stages = step(
            "first", "source.txt", "new.txt", "folder", cmd="cat *.txt folder/* > first.txt"
        )
        project.write_stages(stages)
    serial.run("dvc", "repro", "-q")
    output = parallel.repro("--jobs", "2")
    assert "first: done" in output
    assert parallel.files() == serial.files()
    assert parallel.run("git", "status", "--short") == serial.run("git", "status", "--short")


def test_data_that_dvc_tracks(make: Make) -> None:
    serial, parallel = make(step("first", "data.csv") | step("second", "first.txt"))
    for project in (serial, parallel):
        project.write("data.csv", "1\n")
        project.run("dvc", "add", "-q", "data.csv")
        project.commit()
        project.write("data.csv", "2\n")  # changed, and not added again
    serial.run("dvc", "repro", "-q")
    assert "first: done" in parallel.repro("--jobs", "2")
    assert parallel.files() == serial.files()


def test_a_frozen_stage_stays_as_it_is(make: Make) -> None:
    serial, parallel = make(DEEP)
    for project in (serial, parallel):
        project.run("dvc", "repro", "-q")
        project.run("dvc", "freeze", "second")
        project.write("source.txt", "other\n")
    expected = serial.run("dvc", "repro")
    output = parallel.repro("--jobs", "2")
    assert "second" not in output.split("Stage")[0]
    assert "frozen" in expected
    assert parallel.files() == serial.files()


def test_a_failed_stage_is_shown_and_the_rest_goes_on(make: Make) -> None:
    stages = (
        step("good", "source.txt")
        | step("bad", "source.txt", cmd="echo what is wrong; exit 3")
        | step("after", "bad.txt")
        | step("last", "after.txt", "good.txt")
        | step("other", "good.txt")
    )
    serial, parallel = make(stages)
    serial.run("dvc", "repro", "--keep-going", status=255)
    output = parallel.repro("--jobs", "2", status=1)
    after = output.partition("bad: failed")[2]
    assert "    what is wrong" in after
    assert "not run, as they follow from it: after, last" in after
    assert "other: done" in output
    assert parallel.files() == serial.files()
    assert "other" in parallel.files()["dvc.lock"].decode()


def test_what_only_fails_in_a_clone_is_run_here(make: Make) -> None:
    """A stage that reads what it does not declare and Git does not track."""
    serial, parallel = make(step("first", "source.txt", cmd="cp secret first.txt") | DIAMOND)
    for project in (serial, parallel):
        project.write("secret", "s")
    serial.run("dvc", "repro", "-q")
    output = parallel.repro("--jobs", "2")
    assert "first: failed" in output
    assert "Running stage 'first'" in output
    assert parallel.files() == serial.files()


def test_targets(make: Make) -> None:
    serial, parallel = make(DIAMOND)
    serial.run("dvc", "repro", "-q", "left")
    output = parallel.repro("--jobs", "2", "left")
    assert "right" not in output
    assert parallel.files() == serial.files()
    assert "nowhere" in parallel.repro("nowhere", status=2)


def test_several_pipelines_in_one_repository(make: Make) -> None:
    serial, parallel = make(DEEP)
    for project in (serial, parallel):
        project.write("sub/dvc.yaml", "stages: {inner: {cmd: cp ../third.txt a.txt, "
                      "deps: [../third.txt], outs: [a.txt]}}")  # fmt: skip
    serial.run("dvc", "repro", "-q", "--all-pipelines")
    output = parallel.repro("--jobs", "2", "--all-pipelines")
    assert "sub/dvc.yaml:inner: done" in output
    assert parallel.files() == serial.files()


def test_a_project_below_the_top_of_its_repository(tmp_path: Path) -> None:
    top = tmp_path / "top"
    serial = Project(top / "a project", DIAMOND)
    serial.run("rm", "-rf", ".git", ".dvc")
    serial.run("git", "init", "-q", str(top))
    serial.run("dvc", "init", "-q", "--subdir")
    serial.run("git", "config", "user.email", "t@example.com")
    serial.run("git", "config", "user.name", "t")
    serial.commit()
    whole = tmp_path / "copy"
    parallel = serial.copy(whole / "a project")
    parallel.run("cp", "-r", str(top / ".git"), str(whole))
    serial.run("dvc", "repro", "-q")
    assert "bottom: done" in parallel.repro("--jobs", "2")
    assert parallel.files() == serial.files()


def sleeping(seconds: float) -> Stages:
    slow = {}
    for name, stage in (WIDE | DIAMOND).items():
        slow[name] = {**stage, "cmd": f"echo begun; sleep {seconds}; {stage['cmd']}"}
    return slow


@pytest.mark.parametrize("seed", range(2))
def test_workers_that_are_killed(make: Make, seed: int) -> None:
    """At moments that follow from nothing: the stage runs elsewhere, and all is as it should be."""
    serial, parallel = make(sleeping(1))
    run = parallel.start("repro", "--jobs", "2")
    killed = 0
    while run.poll() is None and killed < 3:
        time.sleep(0.7 + 0.4 * seed)
        # Workers, runners and stages alike, but not the one process that a user would see.
        family = [p for p in psutil.Process(run.pid).children(recursive=True) if is_worker(p)]
        if family:
            family[(killed + seed) % len(family)].kill()
            killed += 1
    output = run.communicate()[0]
    assert killed == 3, output
    assert run.returncode == 0, output
    serial.run("dvc", "repro", "-q")
    assert parallel.files() == serial.files(), output


def is_worker(process: psutil.Process) -> bool:
    try:
        line = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return "spawn_main" in line or "runner.py" in line


def wait_for(run: "subprocess.Popen[str]", text: str) -> list[str]:
    lines = []
    assert run.stdout
    for line in run.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError("".join(lines))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_leaves_the_workspace_and_no_process(
    make: Make, how: signal.Signals
) -> None:
    _, project = make(sleeping(600))
    before = project.files()
    run = project.start("repro", "--jobs", "2")
    wait_for(run, "started")
    time.sleep(2)  # until the stage itself runs
    family = psutil.Process(run.pid).children(recursive=True)
    assert any("sleep" in p.name() for p in family)
    if how == signal.SIGINT:
        os.killpg(run.pid, how)  # as a terminal does
    else:
        run.send_signal(how)
    rest = run.communicate(timeout=30)[0]  # returns when every process has ended
    assert run.returncode == (-9 if how == signal.SIGKILL else 130)
    if how != signal.SIGKILL:
        assert rest.splitlines()[-1] == "secateur repro: interrupted"
        assert "Traceback" not in rest
        assert [p.name for p in (project.folder / ".dvc/tmp/secateur").glob("run-*")] == []
    psutil.wait_procs(family, timeout=10)
    assert not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert project.files() == before
    assert project.run("git", "status", "--short") == ""
    project.write_stages(WIDE)
    project.repro("--jobs", "2")  # and the next one tidies up
    assert [p.name for p in (project.folder / ".dvc/tmp/secateur").glob("run-*")] == []


@pytest.mark.parametrize("after", [0.1, 0.8])
def test_ctrl_c_while_the_workers_start(make: Make, after: float) -> None:
    _, project = make(sleeping(600))
    run = project.start("repro", "--jobs", "3")
    wait_for(run, "stages to run")
    time.sleep(after)
    os.killpg(run.pid, signal.SIGINT)
    rest = run.communicate(timeout=30)[0]
    assert run.returncode == 130
    assert rest.splitlines()[-1] == "secateur repro: interrupted"
    assert "Traceback" not in rest, rest


def test_a_stage_can_be_interrupted_by_itself(make: Make) -> None:
    _, project = make(
        step("first", "source.txt", cmd="timeout -s INT 1 sleep 60; echo $? > first.txt")
    )
    assert "first: done" in project.repro("--jobs", "1")
    assert project.files()["first.txt"] == b"124\n"


def test_the_last_word_ends_with_us(make: Make) -> None:
    """Whoever ends the command does not reach the `dvc repro` that it has started."""
    stages = step("first", "source.txt") | {
        "always": {"cmd": "echo begun; sleep 600", "deps": ["first.txt"], "outs": ["a.txt"],
                   "always_changed": True}
    }  # fmt: skip
    _, project = make(stages)
    run = project.start("repro", "--jobs", "1")
    wait_for(run, "begun")
    family = psutil.Process(run.pid).children(recursive=True)
    run.terminate()
    rest = run.communicate(timeout=30)[0]  # returns when every process has ended
    assert run.returncode == 130
    assert rest.splitlines()[-1] == "secateur repro: interrupted"
    psutil.wait_procs(family, timeout=10)  # Python's own helper ends a moment after us
    assert not [p for p in family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_a_failure_leaves_what_a_serial_failure_leaves(make: Make) -> None:
    stages = {
        "a": {"cmd": "echo a > each/a.txt", "deps": ["source.txt"], "outs": ["each/a.txt"]},
        "bad": {"cmd": "exit 3", "deps": ["source.txt"], "outs": ["bad.txt"]},
        "list": {"cmd": "ls -A each > list.txt", "deps": ["each"], "outs": ["list.txt"]},
    }
    serial, parallel = make(stages)
    serial.run("dvc", "repro", "--keep-going", status=255)
    parallel.repro("--jobs", "2", status=1)
    assert parallel.files() == serial.files()
    assert parallel.run("git", "status", "--short") == serial.run("git", "status", "--short")


def test_the_python_of_the_stages_is_the_users(make: Make, tmp_path: Path) -> None:
    serial, parallel = make(step("first", "source.txt", cmd="command -v python > first.txt"))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to("/usr/bin/env")
    path = f"{tmp_path / 'bin'}{os.pathsep}{serial.env['PATH']}"
    serial.run("env", f"PATH={path}", "dvc", "repro", "-q")
    parallel.run("env", f"PATH={path}", sys.executable, "-m", "secateur", "repro", "-j", "1")
    assert parallel.files() == serial.files()


def test_planning_writes_nothing(make: Make) -> None:
    serial, parallel = make(step("first", "data.csv"))
    for project in (serial, parallel):
        project.write("data.csv", "1\n")
        project.run("dvc", "add", "-q", "data.csv")
        project.commit()
        project.write(".gitignore", "")
    serial.run("dvc", "repro", "-q")
    parallel.repro("--jobs", "1")
    assert parallel.files() == serial.files()


def test_two_runs_in_one_workspace(make: Make) -> None:
    _, project = make(sleeping(600))
    run = project.start("repro", "--jobs", "1")
    wait_for(run, "started")
    assert "another `secateur` is running here" in project.repro(status=2)
    run.terminate()
    run.communicate()


def test_listens_on_loopback_only(make: Make) -> None:
    _, project = make(sleeping(600))
    run = project.start("repro", "--jobs", "2")
    wait_for(run, "started")
    first = psutil.Process(run.pid)
    workers = [p for p in first.children(recursive=True) if is_worker(p)]
    open_ones = [c for p in (first, *workers) for c in p.net_connections() if c.status == "LISTEN"]
    ports = [c.laddr.ip for c in open_ones]
    run.terminate()
    run.communicate()
    assert len(ports) >= 3
    assert set(ports) == {"127.0.0.1"}


def test_each_worker_has_its_share_of_the_cores(make: Make) -> None:
    show = "python -c 'import os; print(len(os.sched_getaffinity(0)), os.environ"
    show += '["TF_NUM_INTRAOP_THREADS"], os.environ["OMP_NUM_THREADS"])'
    stages = step("first", "source.txt", cmd=f"{show}' > first.txt")
    cores = len(os.sched_getaffinity(0))
    for jobs, expected in ((1, cores), (cores, 1)):
        _, project = make(stages) if jobs == 1 else (None, project)  # noqa: F821
        project.write("source.txt", f"{jobs}")
        project.repro("--jobs", str(jobs))
        assert project.files()["first.txt"].decode() == f"{expected} {expected} {expected}\n"
    project.write("source.txt", "more")
    project.env = {**project.env, "OMP_NUM_THREADS": "7"}
    project.repro("--jobs", "1")
    assert project.files()["first.txt"].decode().split()[2] == "7"


def test_the_plan_is_that_of_dvc(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    _, project = make(SHAPES["uncached"])
    monkeypatch.chdir(project.folder)
    plan = pipeline.read()
    states = {name: (node.state, node.cacheable) for name, node in plan.nodes.items()}
    assert states == {
        "drawn": ("run", False),
        "page": ("run", False),
        "score": ("run", True),
        "always": ("run", False),
        "after": ("run", True),
        "kept": ("here", False),
        "end": ("here", True),
        "silent": ("here", False),
    }


def test_outside_of_a_project(tmp_path: Path) -> None:
    project = Project(tmp_path / "toy", WIDE)
    project.run("rm", "-r", ".dvc")
    assert "not inside of a DVC repository" in project.repro(status=2)
    project.run("rm", "-rf", ".git")
    project.run("dvc", "init", "-q", "--no-scm")
    assert "no Git repository here" in project.repro(status=2)
    assert "must be at least 1" in project.repro("--jobs", "0", status=2)
    assert "--remote goes with --scheduler" in project.repro("--remote", "x", status=2)
