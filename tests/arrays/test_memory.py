"""The memory that stages take does not grow with the rows."""

import os
import subprocess
import sys
from pathlib import Path

from import_graph import ROOT


def peaks(mib: int, folder: Path) -> list[int]:
    """MiB that `split`, and all, take of so many MiB of pictures; as float32 four times that."""
    folder.mkdir()
    path = os.pathsep.join(str(ROOT / name) for name in ("src", "stages", "tests"))
    run = subprocess.run(
        [sys.executable, ROOT / "tests/larger_run.py", str(mib)],
        cwd=folder, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True,
        check=True,
    )  # fmt: skip
    return [int(figure) for figure in run.stdout.split()[-2:]]


def test_eight_times_the_pictures_take_no_more_memory(tmp_path: Path) -> None:
    few, many = peaks(32, tmp_path / "few"), peaks(256, tmp_path / "many")
    assert many[0] - few[0] < 50
    assert many[1] - few[1] < 112  # half of the other 224; TensorFlow's own differs by 60
