"""What `make example` does besides the pipeline: no edit is lost, less of it, Ctrl-C."""

import importlib
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from import_graph import ROOT

command: dict[str, Any] = runpy.run_path(str(ROOT / "examples/run.py"))
STAGE = """\
import pathlib, signal, sys, time

def end(*_):
    time.sleep(1)  # longer than subprocess.run waits for its child
    pathlib.Path("ended").touch()
    sys.exit(1)

signal.signal(signal.SIGINT, end)
pathlib.Path("began").touch()
time.sleep(60)
"""


def test_an_edit_of_the_copy_is_not_lost(tmp_path: Path) -> None:
    command["prepare"]("diabetes", tmp_path)
    copy = tmp_path / "params.yaml"
    own = copy.read_text()
    copy.write_text(own + "# mine\n")
    with pytest.raises(SystemExit, match=r"params\.yaml: .*examples/diabetes/params\.yaml"):
        command["prepare"]("diabetes", tmp_path)
    assert copy.read_text() == own + "# mine\n"
    copy.unlink()  # as the message says
    command["prepare"]("diabetes", tmp_path)
    assert copy.read_text() == own


def test_a_copy_without_edits_follows_the_example(tmp_path: Path) -> None:
    command["prepare"]("resnet8", tmp_path, small=True)
    assert (tmp_path / "params.yaml").read_text() == own_text("resnet8/small.yaml")
    command["prepare"]("resnet8", tmp_path)
    assert (tmp_path / "params.yaml").read_text() == own_text("resnet8/params.yaml")


def own_text(name: str) -> str:
    return (ROOT / "examples" / name).read_text()


def test_the_small_resnet_is_accepted_with_the_small_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command["prepare"]("resnet8", tmp_path, small=True)
    random = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for part, count in (("train", 5_100), ("test", 1_100)):
        arrays[f"x_{part}"] = random.integers(0, 256, (count, 32, 32, 3), np.uint8)
        arrays[f"y_{part}"] = random.permutation(np.arange(count) % 10)[:, None]
    np.savez("mine.npz", **arrays)
    get_data = runpy.run_path(str(ROOT / "examples/resnet8/get_data.py"))["main"]
    get_data(tmp_path / "data", Path("mine.npz"), small=True)
    source = YAML(typ="safe").load(tmp_path / "params.yaml")["data"]["source"]
    with np.load(source) as written:
        assert [len(written[name]) for name in arrays] == [5_000, 5_000, 1_000, 1_000]
    # Another test imports a copy of the same function from another folder.
    sys.modules.pop("resnet8", None)
    for stage in ("check_params", "split", "build_model", "check_recipes"):
        importlib.import_module(stage).main()
    del sys.modules["resnet8"]
    assert Path("models/recipes.ok").exists()


def test_ctrl_c_waits_for_dvc_to_end_its_stage(tmp_path: Path) -> None:
    for name in (
        ".dvc/plots",
        "stages",
        "src",
        "network",
        "examples/own",
        "metrics/devices",
        "metrics/searches",
    ):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "examples/run.py", tmp_path / "examples")
    for name in (".dvcignore", ".dvc/config", "examples/own/params.yaml",
                 "metrics/devices/README.md", "metrics/searches/README.md"):  # fmt: skip
        (tmp_path / name).touch()
    (tmp_path / "stages/slow.py").write_text(STAGE)
    stages = "stages:\n  slow: {cmd: exec python stages/slow.py, outs: [out.txt]}\n"
    (tmp_path / "dvc.yaml").write_text(stages)
    folder = tmp_path / "examples/own/run"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(
        [sys.executable, "examples/run.py", "own"], cwd=tmp_path, start_new_session=True,
        env={**os.environ, "PATH": path}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as run:  # fmt: skip
        while not (folder / "began").exists():
            assert run.poll() is None, run.communicate()
            time.sleep(0.1)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal sends it to all in the foreground
        output, _ = run.communicate(timeout=60)
    assert run.returncode == 130
    assert (folder / "ended").exists()
    assert "Traceback" not in output
    lock = folder / ".dvc/tmp/rwlock"
    assert not lock.exists() or not any(json.loads(lock.read_text()).values())
