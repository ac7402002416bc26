"""`verify` on a toy pipeline: what it finds, names and returns. The real one: test_ci.py."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from import_graph import ROOT
from secateur.ci import differences, variations, verify
from toy import Toy


def test_committed_results_are_identical(toy: Toy, capfd: pytest.CaptureFixture[str]) -> None:
    assert verify.main(["--seed", "5"]) == 0
    output = capfd.readouterr().out
    assert output.splitlines()[-1] == "verify: identical"
    assert "--seed 5" in output
    assert output.count("Running stage") == 3


def test_data_that_dvc_tracks_come_from_the_cache(
    toy: Toy, capfd: pytest.CaptureFixture[str]
) -> None:
    toy.write("own.csv", "1\n")
    toy.run("dvc", "add", "-q", "own.csv")
    toy.change("dvc.yaml", "deps: [draw.py]", "deps: [draw.py, own.csv]")
    toy.run("dvc", "repro", "-q")
    toy.commit("with data")
    assert verify.main([]) == 0, capfd.readouterr()
    assert capfd.readouterr().out.count("Running stage") == 3
    shutil.rmtree(toy.folder / ".dvc/cache")
    assert verify.main([]) == 2
    assert "own.csv.dvc: not in your cache; run `dvc pull` first" in capfd.readouterr().err


def test_a_digit_of_a_metric(toy: Toy, capfd: pytest.CaptureFixture[str]) -> None:
    toy.change("score.json", '"r2": 0.9', '"r2": 0.8')
    assert verify.main([]) == 1
    lines = [line.split() for line in capfd.readouterr().out.splitlines()]
    assert ["score.json", "r2", "0.8", "0.9", "0.125"] in lines
    (output,) = [line for line in lines if line[:2] == ["score", "score.json"]]
    assert len(output[2]) == len(output[3]) == 32
    assert verify.main(["--tolerance", "0.2"]) == 0
    assert verify.main(["--tolerance", "1e-6"]) == 1


def test_a_byte_of_a_hash(toy: Toy, capfd: pytest.CaptureFixture[str]) -> None:
    lock = (toy.folder / "dvc.lock").read_text()
    (digest,) = set(re.findall("path: model.txt\n *hash: md5\n *md5: (.+)", lock))
    other = "0" if digest[0] != "0" else "1"
    at = lock.index(f"outs:\n    - path: model.txt\n      hash: md5\n      md5: {digest}")
    toy.write("dvc.lock", lock[:at] + lock[at:].replace(digest, other + digest[1:], 1))
    toy.commit("tampered")
    assert verify.main([]) == 1
    lines = [line.split() for line in capfd.readouterr().out.splitlines()]
    assert ["train", "model.txt", other + digest[1:], digest] in lines
    assert verify.main(["--tolerance", "0"]) == 0  # bytes are reported, but do not fail
    assert "1 outputs differ in bytes" in capfd.readouterr().out


def test_what_follows_from_the_first_difference_is_marked(
    toy: Toy, capfd: pytest.CaptureFixture[str]
) -> None:
    """The code has been made to write something else, and the lock to know the code."""
    toy.edit("draw.py", "* 3", "* 4")
    toy.run("dvc", "commit", "-f", "-q", "draw")
    toy.commit("never run")
    assert verify.main([]) == 1
    lines = [line.split() for line in capfd.readouterr().out.splitlines()]
    rows = [line for line in lines if line[:1] in (["draw"], ["train"], ["score"])]
    assert [(row[0], row[4:]) for row in rows] == [
        ("draw", []),
        ("train", ["follows", "from", "draw"]),
        ("score", ["follows", "from", "draw"]),
    ]
    assert ["score.json", "small.bytes", "4", "5", "0.25"] in lines


@pytest.mark.parametrize(
    ("name", "old", "new", "named"),
    [
        ("train.py", "!", "?", "train: train.py modified"),
        ("params.yaml", "3", "4", "draw: params.yaml: rows modified"),
        ("dvc.yaml", "python train.py", "python  train.py", "train: changed command"),
        ("dvc.lock", "  train:", "  trained:", "dvc.lock has no entry for train"),
        ("dvc.lock", "stages:", "stages", "dvc.lock is damaged"),
    ],
)
def test_a_stale_lock_is_found_without_running_anything(
    toy: Toy, capfd: pytest.CaptureFixture[str], name: str, old: str, new: str, named: str
) -> None:
    toy.change(name, old, new)
    assert verify.main([]) == 2
    output = capfd.readouterr()
    assert named in output.err
    assert "Running stage" not in output.out
    assert verify.main(["--lock-only"]) == 2


def test_a_fresh_lock_is_said_without_running_anything(
    toy: Toy, capfd: pytest.CaptureFixture[str]
) -> None:
    assert verify.main(["--lock-only"]) == 0
    assert "Running stage" not in capfd.readouterr().out


@pytest.mark.parametrize("name", ["train.py", "new.txt"])
def test_uncommitted_changes_cannot_be_checked(
    toy: Toy, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    toy.write(name, "changed")
    assert verify.main([]) == 2
    assert "uncommitted changes" in (error := capfd.readouterr().err)
    assert name in error


def test_what_cannot_be_checked_is_said(
    toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    toy.run("git", "rm", "-q", "dvc.lock")
    toy.commit("no lock")
    assert verify.main([]) == 2
    assert "dvc.lock is missing" in capfd.readouterr().err
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert verify.main([]) == 2
    assert "not a git repository" in capfd.readouterr().err


def test_a_stage_that_fails_cannot_be_checked(toy: Toy, capfd: pytest.CaptureFixture[str]) -> None:
    """It reads a file that Git ignores: nobody else has it."""
    toy.write(".gitignore", "/data.txt\n/model.txt\n/own.txt\n")
    toy.write("own.txt", "mine")
    toy.reproduce("draw.py", "import sys", "import sys; open('own.txt')")
    assert verify.main([]) == 2
    output = capfd.readouterr()
    assert "FileNotFoundError" in output.out + output.err
    assert "`dvc repro` ended with status" in output.err


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


def test_finds_all_that_should_not_matter(toy: Toy, capfd: pytest.CaptureFixture[str]) -> None:
    """A stage that writes a file for each condition."""
    (toy.folder / "many").mkdir()
    for number in range(30):
        toy.write(f"many/{number}", "")
    lines = [f"open('{name}.txt', 'w').write(str({code}))" for name, code in VARIED.items()]
    toy.write("conditions.py", "\n".join(["import os, time", *lines]))
    outs = [f"{name}.txt" for name in VARIED]
    stages = {"conditions": {"cmd": "python conditions.py", "outs": outs}}
    with (toy.folder / "dvc.yaml").open("w") as file:
        YAML(typ="safe").dump({"stages": stages}, file)
    toy.write(".gitignore", "*.txt\n")
    toy.run("dvc", "repro", "-q")
    toy.commit("conditions")
    assert verify.main(["--seed", "1"]) == 1
    found = set(re.findall(r"^conditions +(\w+)\.txt ", capfd.readouterr().out, re.MULTILINE))
    alone = {"processors"} if len(os.sched_getaffinity(0)) == 1 else set()
    assert found == set(VARIED) - {"nothing"} - alone


def test_conditions_repeat_by_their_seed_and_vary_with_it(tmp_path: Path) -> None:
    drawn = [variations.draw(seed) for seed in range(40)]
    assert drawn == [variations.draw(seed) for seed in range(40)]
    for varied in ("folder", "time_zone", "locale", "umask", "hash_seed", "processors"):
        assert len({getattr(conditions, varied) for conditions in drawn}) > 1, varied


def test_nothing_is_left_behind(toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    before = sorted(toy.folder.rglob("*"))
    assert verify.main([]) == 0
    assert list((tmp_path / "tmp").iterdir()) == []
    assert sorted(toy.folder.rglob("*")) == before


def test_a_hooks_variables_do_not_turn_it_on_the_users_repository(
    toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(toy.folder / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(toy.folder / ".git/other"))
    assert verify.main(["--lock-only"]) == 0
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert toy.run("git", "branch", "--show-current") == "main\n"


def test_a_metric_that_git_has_lost(toy: Toy, capfd: pytest.CaptureFixture[str]) -> None:
    toy.run("git", "rm", "-q", "score.json")
    toy.commit("no metric")
    assert verify.main([]) == 1
    assert ["score", "score.json", "none"] in [
        line.split()[:3] for line in capfd.readouterr().out.splitlines()
    ]


def test_a_tolerance_does_not_pass_metrics_that_it_cannot_compare(toy: Toy) -> None:
    """Cached ones: a clone has the hash of what was committed, and not the figures."""
    toy.edit("dvc.yaml", "cache: false", "cache: true")
    toy.write(".gitignore", "/data.txt\n/model.txt\n/score.json\n")
    toy.run("git", "rm", "-q", "--cached", "score.json")
    toy.run("dvc", "repro", "-q")
    toy.commit("cached")
    assert verify.main(["--tolerance", "1e-6"]) == 0
    toy.edit("score.py", "0.1 +", "0.9 +")
    toy.run("dvc", "commit", "-f", "-q", "score")
    toy.commit("never run")
    assert verify.main(["--tolerance", "1e-6"]) == 1


def test_wrong_hashes_of_what_a_stage_reads(toy: Toy, capfd: pytest.CaptureFixture[str]) -> None:
    lock = (toy.folder / "dvc.lock").read_text()
    at = lock.index("  train:")
    (digest,) = re.findall("path: data.txt\n *hash: md5\n *md5: (.+)", lock[at:])
    toy.write("dvc.lock", lock[:at] + lock[at:].replace(digest, "f" * 32, 1))
    toy.commit("tampered")
    assert verify.main([]) == 1
    assert f"data.txt (a dependency)  {'f' * 32}" in capfd.readouterr().out


def test_outputs_that_git_holds_are_made_anew_wherever_they_lie(
    toy: Toy, capfd: pytest.CaptureFixture[str]
) -> None:
    """A folder; a file beside the stage's own folder; one that a stage would only add to."""
    stages = {
        "folder": {"cmd": "mkdir -p many; echo 1 > many/a; echo 2 > many/b",
                   "outs": [{"many": {"cache": False}}]},
        "below": {"cmd": "echo 3 > plot.csv", "wdir": "sub",
                  "plots": [{"plot.csv": {"cache": False}}]},
        "kept": {"cmd": "test -e kept.txt || echo 4 > kept.txt", "always_changed": True,
                 "outs": [{"kept.txt": {"cache": False, "persist": True}}]},
    }  # fmt: skip
    (toy.folder / "sub").mkdir()
    with (toy.folder / "dvc.yaml").open("w") as file:
        YAML(typ="safe").dump({"stages": stages}, file)
    toy.run("dvc", "repro", "-q")
    toy.commit("others")
    assert verify.main([]) == 0
    toy.write("many/c", "")
    toy.write("sub/plot.csv", "9")
    toy.write("kept.txt", "9")
    toy.commit("tampered")
    capfd.readouterr()
    assert verify.main([]) == 1
    rows = [line.split()[:2] for line in capfd.readouterr().out.splitlines()]
    assert ["folder", "many"] in rows
    assert ["below", "sub/plot.csv"] in rows
    assert ["kept", "kept.txt"] in rows


def interrupted(toy: Toy, *command: str) -> tuple[int, str]:
    """Ctrl-C while the stage `draw` runs: exit status and what was printed."""
    with subprocess.Popen(
        command, cwd=toy.folder, env={**toy.env, "SLOW": "1"}, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as run:  # fmt: skip
        assert run.stdout
        lines = []
        for line in run.stdout:
            lines.append(line)
            if line == "drawing\n":
                break
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does
        rest = run.stdout.read()  # returns when every process has ended
    return run.returncode, "".join([*lines, rest])


SLOW = (
    "import os, time; os.environ.get('SLOW') and (print('drawing', flush=True), time.sleep(600));"
)


def test_ctrl_c_while_checking(toy: Toy, tmp_path: Path) -> None:
    toy.reproduce("draw.py", "import sys;", SLOW)
    (tmp_path / "tmp").mkdir()
    toy.env = {**toy.env, "TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(ROOT / "src")}
    status, output = interrupted(toy, sys.executable, "-m", "secateur.ci.verify")
    assert status == 2
    assert output.endswith("verify: not checked: interrupted\n")
    assert list((tmp_path / "tmp").iterdir()) == []
    assert toy.run("git", "status", "--porcelain") == ""


def test_results_of_a_run_that_was_interrupted(toy: Toy, capfd: pytest.CaptureFixture[str]) -> None:
    toy.edit("draw.py", "import sys;", SLOW)
    (toy.folder / "dvc.lock").unlink()
    status, _ = interrupted(toy, "dvc", "repro")
    assert status != 0
    assert verify.main([]) == 2
    assert "uncommitted changes" in capfd.readouterr().err
    toy.commit("whatever stands")
    assert verify.main([]) == 2
    assert "dvc.lock is missing" in capfd.readouterr().err


@pytest.mark.parametrize("tolerance", ["-1", "1", "nan", "x"])
def test_a_tolerance_that_makes_no_sense(tolerance: str) -> None:
    with pytest.raises(SystemExit) as raised:
        verify.main(["--tolerance", tolerance])
    assert raised.value.code == 2


def test_metrics_that_differ() -> None:
    old = {"a": {"b": 2.0, "gone": 1, "nan": float("nan")}, "l": [1, 2], "zero": 0.0, "s": "x"}
    new = {"a": {"b": 3.0, "new": 1, "nan": float("nan")}, "l": [1, 2], "zero": 1e-9, "s": "y"}
    found = {m.key: (m.committed, m.new, m.relative) for m in differences.metrics("f", old, new)}
    assert found == {
        "a.b": (2.0, 3.0, 0.5),
        "a.gone": (1, None, float("inf")),
        "a.new": (None, 1, float("inf")),
        "zero": (0.0, 1e-9, float("inf")),
        "s": ("x", "y", float("inf")),
    }
