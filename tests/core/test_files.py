"""An output appears whole or not at all."""

import errno
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from secateur.core import files


def test_a_folder_is_replaced_only_when_all_went_well(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").write_text("old")

    def fail() -> None:
        with files.replacing(out) as partial:
            partial.mkdir()
            (partial / "new").write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "old"]
    with files.replacing(out) as partial:
        partial.mkdir()
        (partial / "new").write_text("whole")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "new"]


def test_a_full_disk_names_the_output(tmp_path: Path) -> None:
    """A write that fails does not say which file it was for."""
    with (
        pytest.raises(OSError, match=r"No space left.*models") as raised,
        files.replacing(tmp_path / "models"),
    ):
        Path("/dev/full").write_bytes(b"x")
    assert raised.value.errno == errno.ENOSPC


def test_what_a_killed_run_left_is_not_taken_over(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = tmp_path / f".out.{ended.pid}.partial"
    left.mkdir()
    (left / "leftover").write_text("")
    with files.replacing(tmp_path / "out") as partial:
        partial.mkdir()
    assert [path.name for path in tmp_path.rglob("*")] == ["out"]


def test_what_is_written_in_a_dvc_project_is_noted_by_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files.write_text(Path("out.txt"), "no DVC here")
    assert files.written() == set()
    Path(".dvc/tmp").mkdir(parents=True)
    with files.replacing(Path("models/a")) as folder:
        (folder / "deep").mkdir(parents=True)
        (folder / "deep/x").write_text("x")
        (folder / "y").write_text("y")
    files.write_text(Path("out.txt"), "first")
    files.write_text(Path("out.txt"), "second")  # replaces the note, too
    texts = ("x", "y", "second")
    assert files.written() == {hashlib.md5(text.encode()).hexdigest() for text in texts}


def test_another_process_that_writes_the_same_output_keeps_its_own(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from secateur.core import files\n"
        "with files.replacing(Path('out')) as partial:\n"
        "    partial.write_text('theirs'); print(flush=True); sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout
    other.stdout.readline()
    files.write_text(tmp_path / "out", "ours")
    assert (tmp_path / "out").read_text() == "ours"
    other.communicate(timeout=20)
    assert other.returncode == 0
    assert (tmp_path / "out").read_text() == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_removing_a_link_leaves_the_folder_that_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    files.remove(tmp_path / "link")
    files.remove(tmp_path / "never there")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_json_is_sorted_and_has_null_where_a_figure_is_not_finite(tmp_path: Path) -> None:
    path = tmp_path / "new" / "m.json"
    files.write_json(path, {"b": float("nan"), "a": {"z": float("inf"), "1": 0.1}})
    assert path.read_bytes() == b'{\n  "a": {\n    "1": 0.1,\n    "z": null\n  },\n  "b": null\n}\n'
    assert json.loads(path.read_text()) == {"a": {"1": 0.1, "z": None}, "b": None}


def test_a_csv_gives_a_float32_back_exactly(tmp_path: Path) -> None:
    files.write_csv(tmp_path / "c.csv", [{"seed": 0, "loss": 0.1}, {"seed": 2, "loss": 1 / 3}])
    assert (tmp_path / "c.csv").read_bytes() == b"seed,loss\n0,0.1\n2,0.333333333\n"
