"""`repro` on one machine: whatever the project's shape, it gives what a serial `dvc repro` gives.

Two runs of each kind are shared by most tests: one of a new project with everything in it, and one
after changes.
"""

import json
import os
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from dvc_parallel import repro
from dvc_projects import BIN, DIAMOND, EVERYTHING, Make, Project, before, step

CORES = """python -c 'import json, os; print(json.dumps([len(os.sched_getaffinity(0)), \
*(int(os.environ.get(name, 0)) for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS")), \
os.environ.get("DVC_PARALLEL_CORES"), os.environ.get("DVC_PARALLEL_PROJECT")]))' \
>> $SEEN/cores"""
STAGES = (
    EVERYTHING
    | before("echo NAME >> $SEEN/ran", DIAMOND)
    | step("tracked", "data.csv")
    | step("untracked", "new.txt", "folder", cmd="cat new.txt folder/* > untracked.txt")
    | step("interrupted", "source.txt",
           cmd="timeout -s INT 1 sleep 60; echo $? > interrupted.txt")
    | step("python", "source.txt", cmd="command -v python > python.txt")
    | step("cores", "rate.txt", cmd=f"{CORES}; cp rate.txt cores.txt")
    | {"rate": {"cmd": "grep rate params.yaml > rate.txt", "params": ["rate"],
                "deps": ["source.txt"], "outs": ["rate.txt"]}}
)  # fmt: skip
INNER = "stages: {inner: {cmd: cp ../third.txt a.txt, deps: [../third.txt], outs: [a.txt]}}"


class Pair(NamedTuple):
    """The same project twice."""

    serial: Project  # after `dvc repro`
    parallel: Project  # after ours
    output: str

    def ran(self) -> list[str]:
        """The diamond's stages that our run has executed."""
        return (Path(self.parallel.env["SEEN"]) / "ran").read_text().split()


def run_both(serial: Project, parallel: Project, *options: str) -> Pair:
    for project in (serial, parallel):
        folder = project.folder.parent / f"seen-{project.folder.name}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        project.env["SEEN"] = str(folder)
    serial.run("dvc", "repro", "-q", "--all-pipelines")
    # No environment is activated; another `python` comes first.
    other = parallel.folder.parent / "bin"
    other.mkdir(exist_ok=True)
    (other / "python").write_text("#!/bin/sh\nexit 9\n")
    (other / "python").chmod(0o755)
    path = [part for part in os.environ["PATH"].split(os.pathsep) if part != str(BIN)]
    parallel.env["PATH"] = os.pathsep.join([str(other), *path])
    output = parallel.repro("--all-pipelines", *options)
    parallel.env["PATH"] = serial.env["PATH"]
    return Pair(serial, parallel, output)


@pytest.fixture(scope="module")
def first(template: Project, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The first run of a project, with uncommitted, untracked and DVC's data in it."""
    folder = tmp_path_factory.mktemp("first")
    serial = template.copy(folder / "serial")
    serial.write_stages(STAGES)
    serial.write("sub/dvc.yaml", INNER)
    serial.write("data.csv", "1\n")
    serial.run("dvc", "add", "-q", "data.csv")
    serial.commit()
    serial.write("data.csv", "2\n")  # changed, and not added again
    serial.write("source.txt", "edited\n")
    serial.write("new.txt", "new\n")
    (serial.folder / "folder").mkdir()
    serial.write("folder/a", "a")
    serial.run("git", "rm", "-q", "--cached", "dvc.yaml")
    return run_both(serial, serial.copy(folder / "parallel"), "--jobs", "2")


@pytest.fixture(scope="module")
def second(first: Pair, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A run with one job after changes, in a workspace without most outputs."""
    folder = tmp_path_factory.mktemp("second")
    changes = {
        "left": {**STAGES["left"], "cmd": STAGES["left"]["cmd"] + "; true"},
        "first": {**STAGES["first"], "cmd": STAGES["first"]["cmd"] + "; echo other >> first.txt"},
        "second": {**STAGES["second"], "frozen": True},
    }
    pair = []
    for name in ("serial", "parallel"):
        project = first.serial.copy(folder / name)
        project.commit()
        project.write_stages(STAGES | changes)
        project.write("params.yaml", "rate: 2\nwords: [one, two, four]\n")
        project.run("rm", "each/three.txt")  # DVC keeps what a removed item left
        pair.append(project)
    serial, parallel = pair
    # `dvc repro` itself cannot do without the last three.
    keep = [f"--exclude={name}" for name in (".dvc", "kept.txt", "data.csv", "second.txt")]
    parallel.run("git", "clean", "-fdxq", *keep)
    assert not (parallel.folder / "gather.txt").exists()
    parallel.env["OMP_NUM_THREADS"] = "7"
    return run_both(serial, parallel, "--jobs", "1")


def stages_in(output: str, event: str) -> set[str]:
    return {line.rsplit(": ", 1)[0] for line in output.splitlines() if f": {event} " in line}


def test_files_are_those_of_a_serial_run(first: Pair) -> None:
    assert first.parallel.files() == first.serial.files(), first.output
    status = [project.run("git", "status", "--short") for project in first[:2]]
    assert status[0] == status[1]


def test_run_cache_has_what_a_serial_run_puts_there(first: Pair) -> None:
    assert first.parallel.runs() >= first.serial.runs()


def test_workers_run_all_that_they_can(first: Pair) -> None:
    assert "left to the last" not in first.output
    assert "failed" not in first.output
    done = stages_in(first.output, "done")
    assert not done & {"kept", "end", "silent"}
    assert {"always", "sub/dvc.yaml:inner", "untracked", "tracked"} <= done


def test_no_stage_runs_twice(first: Pair) -> None:
    assert sorted(first.ran()) == sorted(DIAMOND)


def test_a_stage_can_be_interrupted_by_itself(first: Pair) -> None:
    assert first.parallel.files()["interrupted.txt"] == b"124\n"


def test_stages_find_this_interpreter_without_an_activated_environment(first: Pair) -> None:
    assert first.parallel.files()["python.txt"].decode() == f"{BIN}/python\n"


def test_changes_run_and_nothing_else_does(second: Pair) -> None:
    assert second.ran() == ["left"]  # which gives the same bytes: `bottom` is as it was
    grid = {f"grid@{a}-{b}" for a in (1, 2) for b in "xy"}
    expected = {"each@four", "gather", "left", "rate", "cores", "always", "first"} | grid
    assert stages_in(second.output, "done") == expected


def test_files_after_changes_are_those_of_a_serial_run(second: Pair) -> None:
    """With a frozen stage after a change, and outputs that only the cache had."""
    assert second.parallel.files() == second.serial.files(), second.output
    assert "frozen: true" in second.serial.files()["dvc.yaml"].decode()


def test_each_worker_has_its_share_of_the_cores(first: Pair, second: Pair) -> None:
    cores = len(os.sched_getaffinity(0))
    seen = [
        json.loads((Path(p.parallel.env["SEEN"]) / "cores").read_text()) for p in (first, second)
    ]
    affinity, tensorflow, openmp, shared, project = seen[0]
    assert shared == ",".join(map(str, sorted(os.sched_getaffinity(0))))
    assert Path(project) == first.parallel.folder
    assert affinity == tensorflow == openmp
    assert affinity in ({cores // 2, cores - cores // 2} if cores > 1 else {1})
    assert seen[1][:3] == [cores, cores, 7]  # what the user has set stays


def test_targets_of_a_project_below_the_top_of_a_repository_without_a_commit(
    template: Project, tmp_path: Path
) -> None:
    serial = template.copy(tmp_path / "serial/a project")
    serial.run("rm", "-rf", ".git", ".dvc", ".dvcignore")
    serial.write_stages(DIAMOND)
    serial.run("git", "init", "-q", str(tmp_path / "serial"))
    serial.run("dvc", "init", "-q", "--subdir")
    serial.run("git", "add", "-A")
    shutil.copytree(tmp_path / "serial", tmp_path / "parallel")
    parallel = Project(tmp_path / "parallel/a project")
    serial.run("dvc", "repro", "-q", "left")
    output = parallel.repro("left")
    assert "left: done" in output
    assert "right" not in output
    assert parallel.files() == serial.files()


def test_guarded_puts_this_interpreter_first_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repro.signal, "signal", lambda *_: None)
    for given in ("/usr/bin", f"/usr/bin{os.pathsep}{BIN}"):
        monkeypatch.setenv("PATH", given)
        for _ in range(2):
            assert repro.guarded("name", lambda: 5) == 5
        assert os.environ["PATH"] == f"{BIN}{os.pathsep}{given}"


def test_a_leftover_folder_goes_and_a_second_run_is_refused(tmp_path: Path) -> None:
    leftover = tmp_path / ".dvc/tmp/dvc-parallel/run-x"
    leftover.mkdir(parents=True)
    with repro.own_folder(tmp_path) as folder:
        assert not leftover.exists()
        with (
            pytest.raises(repro.RunError, match="another run is under way"),
            repro.own_folder(tmp_path),
        ):
            pass
    assert not folder.exists()


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_a_stage_deletes_is_deleted_here_too(make: Make, tmp_path: Path, jobs: int) -> None:
    """Such as the networks of a recipe that is gone: the stage would run again without it."""
    seen = tmp_path / "seen"
    tidy = f"echo tidy >> {seen}; rm -rf each/old; cat each/*.txt > tidy.txt"
    count = f"echo count >> {seen}; find each -type f | grep -c -v .gitignore > count.txt"
    project = make(
        {
            "one": {
                "cmd": "echo 1 > each/one.txt",
                "deps": ["source.txt"],
                "outs": ["each/one.txt"],
            },
            "tidy": {"cmd": tidy, "deps": ["each"], "outs": ["tidy.txt"]},
            "count": {"cmd": count, "deps": ["each", "tidy.txt"], "outs": ["count.txt"]},
        }
    )
    (project.folder / "each/old/in").mkdir(parents=True)
    project.write("each/old/in/x", "an output of a stage that is gone\n")
    project.write("each/mine", "not tracked, and kept\n")
    serial = project.copy(tmp_path / "serial")
    serial.run("dvc", "repro", "-q")
    seen.unlink()
    output = project.repro("--jobs", str(jobs))
    assert project.files() == serial.files(), output
    assert sorted(path.name for path in (project.folder / "each").iterdir()) == sorted(
        path.name for path in (serial.folder / "each").iterdir()
    )
    assert sorted(seen.read_text().split()) == ["count", "tidy"]
