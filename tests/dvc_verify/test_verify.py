"""`verify` on a DVC project: what it runs, names and returns."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dvc_verify import verify
from verify_project import SOURCE, STAGES, Project


def words(output: str) -> list[list[str]]:
    """Each line's words."""
    return [line.split() for line in output.splitlines()]


# Reproduced


def test_committed_results_are_identical_and_nothing_is_left_behind(
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    before = sorted(project.folder.rglob("*"))
    assert verify.run(seed=5) == 0
    output = capfd.readouterr().out
    assert output.splitlines()[-1] == "verify: identical"
    assert "seed 5" in output
    assert output.count("Running stage") == 3
    assert list((tmp_path / "tmp").iterdir()) == []
    assert sorted(project.folder.rglob("*")) == before


def test_tampered_metrics_and_hashes_are_named(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    project.edit("score.json", '"r2": 0.9', '"r2": 0.8')
    output, wrong_output = project.tamper_with_lock("train", "outs", "model.txt")
    read, wrong_read = project.tamper_with_lock("train", "deps", "data.txt")
    project.commit("tampered")
    assert verify.run() == 1
    lines = words(capfd.readouterr().out)
    assert ["train", "model.txt", wrong_output, output] in lines
    assert ["train", "data.txt", "(a", "dependency)", wrong_read, read] in lines
    assert ["score.json", "r2", "0.8", "0.9", "0.125"] in lines
    (score,) = [line for line in lines if line[:2] == ["score", "score.json"]]
    assert len(score[2]) == len(score[3]) == 32
    assert score[4:] == ["follows", "from", "train"]


def test_a_tolerance_ignores_bytes(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    project.tamper_with_lock("train", "outs", "model.txt")
    project.commit("tampered")
    assert verify.run(tolerance=0.0) == 0
    output = capfd.readouterr().out
    assert "0 metrics" in output
    assert "1 outputs" in output


def test_code_that_was_never_run_is_the_origin_of_what_follows(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    project.edit_and_lock("draw", "draw.py", "* 3", "* 4")
    project.commit("never run")
    assert verify.run() == 1
    lines = words(capfd.readouterr().out)
    rows = [line for line in lines if line[:1] in (["draw"], ["train"], ["score"])]
    assert [(row[0], row[4:]) for row in rows] == [
        ("draw", []),
        ("train", ["follows", "from", "draw"]),
        ("score", ["follows", "from", "draw"]),
    ]
    assert ["score.json", "small.bytes", "4", "5", "0.25"] in lines


def test_data_that_dvc_tracks_come_from_the_cache(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    project.write("own.csv", "1\n")
    project.run("dvc", "add", "-q", "own.csv")
    project.edit("dvc.yaml", "deps: [draw.py]", "deps: [draw.py, own.csv]")
    project.add_locked_dependency("draw", "own.csv")
    project.commit("with data")
    assert verify.run() == 0, capfd.readouterr()
    assert capfd.readouterr().out.count("Running stage") == 3
    shutil.rmtree(project.folder / ".dvc/cache")
    assert verify.run() == 2
    error = capfd.readouterr().err
    assert "own.csv.dvc" in error
    assert "`dvc pull`" in error


def test_a_stage_that_reads_an_ignored_file_fails(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    """The user has the file and nobody else does."""
    project.write(".gitignore", "/data.txt\n/model.txt\n/own.txt\n")
    project.write("own.txt", "mine")
    project.edit_and_lock("draw", "draw.py", "import sys", "import sys; open('own.txt')")
    project.commit("reads own.txt")
    assert verify.run() == 2
    output = capfd.readouterr()
    assert "FileNotFoundError" in output.out + output.err
    assert "`dvc repro`" in output.err


def test_outputs_in_git_are_made_anew_wherever_they_lie(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    """A folder, a file in a folder of its own, and a file that its stage would keep."""
    in_git = {"cache": False}
    folder = {"cmd": "mkdir -p many; echo 1 > many/a; echo 2 > many/b", "outs": [{"many": in_git}]}
    stages: dict[str, Any] = {
        "folder": folder,
        "below": {"cmd": "echo 3 > plot.csv", "wdir": "sub", "plots": [{"plot.csv": in_git}]},
        "kept": {"cmd": "test -e kept.txt || echo 4 > kept.txt", "always_changed": True,
                 "outs": [{"kept.txt": {"cache": False, "persist": True}}]},
    }  # fmt: skip
    right = {f"right_{name}": stage for name, stage in stages.items()}
    right["right_folder"] = {
        "cmd": folder["cmd"].replace("many", "few"), "outs": [{"few": in_git}],
    }  # fmt: skip
    right["right_below"] = {**stages["below"], "wdir": "right"}
    right["right_kept"] = {
        **stages["kept"], "cmd": stages["kept"]["cmd"].replace("kept", "right"),
        "outs": [{"right.txt": {"cache": False, "persist": True}}],
    }  # fmt: skip
    (project.folder / "sub").mkdir()
    (project.folder / "right").mkdir()
    project.write_stages(stages | right)
    project.run("dvc", "repro", "-q")
    project.write("many/c", "")
    project.write("sub/plot.csv", "9")
    project.write("kept.txt", "9")
    project.commit("tampered")
    assert verify.run() == 1
    lines = words(capfd.readouterr().out)
    rows = {tuple(line[:2]) for line in lines if len(line) == 4 and line[0] in stages | right}
    assert rows == {("folder", "many"), ("below", "sub/plot.csv"), ("kept", "kept.txt")}


def timed(**more: Any) -> dict[str, Any]:
    """Stages, the last of which measures a time."""
    own = {"cmd": "date +%s%N > time.json", "deps": ["model.txt"],
           "outs": [{"time.json": {"cache": False, "labels": ["measured"]}}]}  # fmt: skip
    return STAGES | {"time": own} | more


@pytest.mark.parametrize("tolerance", [None, 0.0])
def test_what_is_measured_is_named_and_not_compared(
    project: Project, capfd: pytest.CaptureFixture[str], tolerance: float | None
) -> None:
    project.write_stages(timed())
    project.run("dvc", "repro", "-q")
    project.commit("timed")
    assert verify.run(tolerance=tolerance) == 0
    output = capfd.readouterr().out
    assert "verify: measured, not compared: time.json" in output.splitlines()
    assert "Running stage 'time'" in output
    project.write("time.json", "1\n")  # as another machine has it; dvc.lock has the old hash
    project.tamper_with_lock("train", "outs", "model.txt")
    project.commit("another machine's, and a result that is not real")
    assert verify.run(lock_only=True) == 0
    assert "verify: measured, not compared: time.json" in capfd.readouterr().out.splitlines()
    assert verify.run() == 1
    rows = [line for line in words(capfd.readouterr().out) if line[:1] in (["train"], ["time"])]
    assert [row[:2] for row in rows] == [["train", "model.txt"]]


@pytest.mark.parametrize("path", ["sub/time.json", "sub"])
def test_no_stage_may_depend_on_what_is_measured(
    project: Project, capfd: pytest.CaptureFixture[str], path: str
) -> None:
    stages = timed(reads={"cmd": "ls > page.txt", "deps": [path], "outs": ["page.txt"]})
    stages["time"] |= {
        "cmd": "mkdir -p sub; date +%s%N > sub/time.json",
        "outs": [{"sub/time.json": {"cache": False, "labels": ["measured"]}}],
    }
    project.write_stages(stages)
    project.run("dvc", "repro", "-q")
    project.commit("read")
    for lock_only in (True, False):
        assert verify.run(lock_only=lock_only) == 2
        output = capfd.readouterr()
        assert f"reads depends on {path}, and sub/time.json is labelled as measured" in output.err
        assert "Running stage" not in output.out


VARIED = {
    "path": "os.getcwd()",
    "time_zone": "time.tzname[0] + str(time.timezone)",
    "locale": "os.environ.get('LC_ALL')",
    "umask": "os.umask(0)",
    "hash_seed": "hash('text')",
    "home": "os.path.expanduser('~')",
    "processors": "len(os.sched_getaffinity(0))",
    "listed": "os.listdir('many')",
    "scanned": "[entry.name for entry in os.scandir('many')]",
    "nothing": "'the same'",
}


def test_results_that_depend_on_any_condition_differ(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    """A stage writes a file for each condition."""
    (project.folder / "many").mkdir()
    for number in range(30):
        project.write(f"many/{number}", "")
    lines = [f"open('{name}.txt', 'w').write(str({code}))" for name, code in VARIED.items()]
    project.write("conditions.py", "\n".join(["import os, time", *lines]))
    outs = [f"{name}.txt" for name in VARIED]
    project.write_stages({"conditions": {"cmd": "python conditions.py", "outs": outs}})
    project.write(".gitignore", "*.txt\n")
    project.run("dvc", "repro", "-q")
    project.commit("conditions")
    assert verify.run(seed=1) == 1
    found = set(re.findall(r"^conditions +(\w+)\.txt ", capfd.readouterr().out, re.MULTILINE))
    alone = {"processors"} if len(os.sched_getaffinity(0)) == 1 else set()
    assert found == set(VARIED) - {"nothing"} - alone


# Refused before anything runs


@pytest.mark.parametrize(
    ("name", "old", "new", "named"),
    [
        ("train.py", "!", "?", "train: train.py modified"),
        ("params.yaml", "3", "4", "draw: params.yaml: rows modified"),
        ("dvc.yaml", "python train.py", "python  train.py", "train: changed command"),
        ("dvc.yaml", "  train:", "  train:\n    frozen: true", "frozen: train"),
        ("dvc.yaml", "outs: [model.txt]", "outs: [../model.txt]", "../model.txt"),
        ("dvc.yaml", "cmd: python train.py", "command: python train.py", "dvc.yaml"),
        ("dvc.lock", "  train:", "  trained:", "no entry for train"),
        ("dvc.lock", "stages:", "stages", "dvc.lock"),
    ],
)
def test_a_lock_that_does_not_fit_is_found_without_running_anything(
    project: Project,
    capfd: pytest.CaptureFixture[str],
    name: str,
    old: str,
    new: str,
    named: str,
) -> None:
    project.edit(name, old, new)
    project.commit("edited")
    assert verify.run() == 2
    output = capfd.readouterr()
    assert output.err.startswith("verify: not checked: ")
    assert named in output.err
    assert "Running stage" not in output.out


def test_lock_only_finds_a_stale_lock(project: Project) -> None:
    project.edit("train.py", "!", "?")
    project.commit("stale")
    assert verify.run(lock_only=True) == 2


def test_a_lock_that_fits_is_accepted_without_running_anything(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    assert verify.run(lock_only=True) == 0
    assert "Running stage" not in capfd.readouterr().out


def test_a_project_in_a_folder_is_checked_without_the_one_around_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (project.folder / "sub").mkdir()
    for name in ("draw.py", "train.py", "score.py", "params.yaml", "dvc.yaml", "dvc.lock"):
        shutil.copy(project.folder / name, project.folder / "sub" / name)
    project.edit("train.py", "!", "?")
    project.commit("a stale project around a project that is not")
    monkeypatch.chdir(project.folder / "sub")
    assert verify.run(lock_only=True) == 0
    assert " dvc.yaml" in capfd.readouterr().out
    project.edit("sub/train.py", "!", "?")
    project.commit("both are stale")
    assert verify.run(lock_only=True) == 2
    assert "train: sub/train.py modified" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["train.py", "new.txt"])
def test_uncommitted_changes_are_refused(
    project: Project, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    project.write(name, "changed")
    assert verify.run() == 2
    assert name in capfd.readouterr().err


def test_a_missing_lock_is_refused(project: Project, capfd: pytest.CaptureFixture[str]) -> None:
    project.run("git", "rm", "-q", "dvc.lock")
    project.commit("no lock")
    assert verify.run() == 2
    assert "dvc.lock is missing" in capfd.readouterr().err


def test_a_folder_outside_git_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert verify.run() == 2
    assert "not a git repository" in capfd.readouterr().err


@pytest.mark.parametrize("tolerance", [-1.0, 1.0, float("nan")])
def test_a_tolerance_out_of_range_is_refused(
    capfd: pytest.CaptureFixture[str], tolerance: float
) -> None:
    assert verify.run(tolerance=tolerance) == 2
    assert f"{tolerance:g}" in capfd.readouterr().err


def test_a_bug_does_not_look_like_a_difference(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dvc_verify.clone.current_commit", lambda: 1 / 0)
    assert verify.run() == 2
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_variables_of_a_git_hook_do_not_reach_the_users_repository(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(project.folder / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(project.folder / ".git/other"))
    assert verify.run(lock_only=True) == 0
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert project.run("git", "branch", "--show-current") == "main\n"


# Interrupted

SLOW = (
    "import os, time; os.environ.get('SLOW') and (print('drawing', flush=True), time.sleep(600));"
)


def interrupted(
    project: Project, number: signal.Signals, *command: str, group: bool
) -> tuple[int, str]:
    """Send a signal while the stage `draw` runs; return the exit status and what was printed."""
    with subprocess.Popen(
        command, cwd=project.folder, env={**project.env, "SLOW": "1"}, text=True,
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line == "drawing\n":
                break
        (os.killpg if group else os.kill)(process.pid, number)
        rest = process.stdout.read()  # returns when every process has ended
    return process.returncode, "".join([*lines, rest])


@pytest.mark.parametrize(
    ("number", "group"),
    [(signal.SIGINT, True), (signal.SIGTERM, False)],
    ids=["Ctrl-C in a terminal", "SIGTERM from a batch system"],
)
def test_an_interrupt_ends_the_stage_and_leaves_nothing_behind(
    project: Project, tmp_path: Path, number: signal.Signals, group: bool
) -> None:
    project.edit_and_lock("draw", "draw.py", "import sys;", SLOW)
    project.commit("slow")
    (tmp_path / "tmp").mkdir()
    project.env = {**project.env, "TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(SOURCE)}
    code = "import sys; from dvc_verify import verify; sys.exit(verify.run())"
    status, output = interrupted(project, number, sys.executable, "-c", code, group=group)
    assert status == 130
    assert output.splitlines()[-1] == "verify: not checked: interrupted"
    assert list((tmp_path / "tmp").iterdir()) == []
    assert project.run("git", "status", "--porcelain") == ""


def test_results_of_an_interrupted_run_are_refused(
    project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    project.edit("draw.py", "import sys;", SLOW)
    (project.folder / "dvc.lock").unlink()
    status, _ = interrupted(project, signal.SIGINT, "dvc", "repro", group=True)
    assert status != 0
    assert verify.run() == 2
    assert "dvc.lock" in capfd.readouterr().err
    project.commit("whatever stands")
    assert verify.run() == 2
    assert "dvc.lock is missing" in capfd.readouterr().err
