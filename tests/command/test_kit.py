"""The kit for another device: a zip, unpacked and run as a user does."""

import ast
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from secateur.artifacts import DEVICES
from secateur.command import kit
from secateur.command.app import app
from secateur.core.errors import InputError
from secateur.devices import bench, measured
from secateur.timed_files import to_time
from tflite_files import crashing, write_project

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(dense_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files to time, in the current folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    write_project(dense_files, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(project: Path, tmp_path: Path) -> Run:
    """Unpacks the kit and runs its script from another folder, without Secateur."""
    kit.pack(Path("kit.zip"))
    device = tmp_path / "device"
    with zipfile.ZipFile("kit.zip") as archive:
        archive.extractall(device)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def run(
        *arguments: str, python: tuple[str, ...] = (), **more: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *python, str(device / "bench-kit/bench.py"), *arguments],
            cwd=elsewhere, env={**env, **more}, text=True, capture_output=True, check=False,
        )  # fmt: skip

    return run


def test_the_script_times_all_files_and_the_project_reads_what_it_writes(
    run: Run, tmp_path: Path
) -> None:
    done = run("pi-4", "--seconds", "0.002", "--rounds", "3")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("pi-4.json: written")
    DEVICES.mkdir()
    (tmp_path / "elsewhere/pi-4.json").rename(DEVICES / "pi-4.json")
    ((name, found),) = measured.of_folder(DEVICES).items()
    assert (name, found.rounds) == ("pi-4", 3)
    assert list(found.files) == sorted(to_time())
    ratio = found.files["small/clustered_float32"].xnnpack
    assert isinstance(ratio, measured.Time)
    assert ratio.ratio is not None
    assert ratio.ratio.median < 1  # 4 units to 2,048
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_earlier_result_is_replaced_and_a_crashing_file_has_its_sentence(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere/a.json").write_text(json.dumps(dict.fromkeys(bench.KEYS)))
    folder = tmp_path / "device/bench-kit"
    path = folder / "files/small/minified_int8.tflite"
    path.write_bytes(crashing((folder / "files/small/minified_float32.tflite").read_bytes()))
    done = run("a", "--seconds", "0.002", "--rounds", "3")
    assert done.returncode == 1
    assert "files/small/minified_int8.tflite: not the file that was packed" in done.stderr
    manifest = folder / "manifest.json"
    content = json.loads(manifest.read_text())
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    content["files"]["small/minified_int8"]["sha256"] = sha256
    manifest.write_text(json.dumps(content))
    done = run("a", "--seconds", "0.002", "--rounds", "3")
    first, *_, one, other, last = done.stdout.splitlines()
    assert first.startswith("9 files, each with XNNPACK and without, with ai-edge-litert 2")
    assert one.startswith("1 of 9 files could not run without XNNPACK: LiteRT crashes on it")
    assert other.startswith("1 of 9 files could not run with XNNPACK: LiteRT crashes on it")
    assert last.startswith("a.json: replaced")
    found = measured.read(tmp_path / "elsewhere/a.json").files
    assert isinstance(found["small/minified_int8"].builtin, measured.CannotRun)
    assert isinstance(found["baseline/minified_int8"].builtin, measured.Time)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["my pi"], "letters, digits"),
        (["../pi"], "letters, digits"),
        (["pi", "--rounds", "2"], "3 to 1000"),
        (["pi", "--rounds", "0"], "3 to 1000"),
        (["pi", "--seconds", "nan"], "--seconds"),
        (["pi", "--seconds", "0"], "--seconds above 0"),
        (["manifest"], "manifest.json is the kit's own file"),
        (["Manifest"], "manifest.json is the kit's own file"),
        (["pi", "--benchmark-model", ""], "must be a program"),
        (["pi", "--benchmark-model", "sh"], "chmod +x"),
        ([], "name"),
    ],
)
def test_wrong_usage_is_refused(run: Run, arguments: list[str], why: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert why in done.stderr


def test_without_litert_the_script_says_what_it_needs(run: Run) -> None:
    done = run("pi", python=("-S",))  # without what is installed
    assert done.returncode == 2
    assert "pip install ai-edge-litert" in done.stderr
    assert "--benchmark-model" in done.stderr


def test_a_runtime_that_cannot_be_imported_is_told_before_work(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "numpy.py").write_text("raise ImportError('no such library')")
    done = run("pi", PYTHONPATH=str(broken))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ai-edge-litert cannot be imported: ImportError: no such")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_nothing_is_written_where_no_file_could_be_timed(run: Run, tmp_path: Path) -> None:
    done = run("pi", "--benchmark-model", "/bin/true", "--rounds", "3")
    assert done.returncode == 1
    assert done.stderr.startswith("error: no file could be timed, and nothing is written: bench")
    assert "prints no timings" in done.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("content", ['{"name": "mine", "files": {}}', "[]", "no JSON"])
def test_a_file_that_is_no_measured_time_is_not_replaced(
    run: Run, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "elsewhere/package.json"
    path.write_text(content)
    done = run("package")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: package.json: holds something else than measured time")
    assert path.read_text() == content
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize(
    ("name", "why"),
    [("pi.json", "pi.json: is a folder"), (".pi.json.partial", ".pi.json.partial: is a folder")],
)
def test_where_the_result_cannot_be_written_is_found_before_work(
    run: Run, tmp_path: Path, name: str, why: str
) -> None:
    (tmp_path / "elsewhere" / name).mkdir()
    done = run("pi")
    assert (done.returncode, done.stdout) == (1, "")
    assert why in done.stderr
    assert [own.name for own in (tmp_path / "elsewhere").iterdir()] == [name]


def test_a_result_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "pi.json").mkdir()  # since it was tested
    with pytest.raises(IsADirectoryError):
        bench._write(tmp_path / "pi.json", "{}")
    assert [own.name for own in tmp_path.iterdir()] == ["pi.json"]


def test_a_link_stays_and_one_that_leads_into_no_folder_is_found_before_work(
    run: Run, tmp_path: Path
) -> None:
    path, there = tmp_path / "elsewhere/pi.json", tmp_path / "there"
    path.symlink_to(there / "mine.json")
    done = run("pi", "--seconds", "0.002", "--rounds", "3")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{there}: cannot be written to (No such file or directory)" in done.stderr
    there.mkdir()
    done = run("pi", "--seconds", "0.002", "--rounds", "3")
    assert done.returncode == 0
    assert path.is_symlink()
    assert [own.name for own in there.iterdir()] == ["mine.json"]


@pytest.mark.parametrize(
    "content", [b"[]", b"{}", b'{"files": {"a": 1}}', b"{", b"\xff\xfe", b"[" * 100_000, None]
)
def test_a_damaged_manifest_is_one_line(run: Run, tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "device/bench-kit/manifest.json"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    refused(run("pi"), "manifest.json")


@pytest.mark.parametrize("baseline", ["small/other", ["a"], None])
def test_a_manifest_whose_baseline_is_no_file_is_damaged(
    run: Run, tmp_path: Path, baseline: Any
) -> None:
    path = tmp_path / "device/bench-kit/manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "baseline": baseline}))
    refused(run("pi"), "manifest.json")


@pytest.mark.parametrize("content", ["", "def", "import nothing_here", "damaged", None])
@pytest.mark.parametrize("name", ["turns.py", "timing.py", "loading.py"])
def test_a_missing_or_damaged_module_is_one_line(
    run: Run, tmp_path: Path, name: str, content: str | None
) -> None:
    path = tmp_path / "device/bench-kit" / name
    path.unlink()
    if content is not None:
        path.write_text(content)
    refused(run("pi"), "nothing_here.py" if content == "import nothing_here" else name)


def test_a_missing_file_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "device/bench-kit/files/small/minified_int8.tflite").unlink()
    refused(run("pi"), "files/small/minified_int8.tflite")


def refused(done: subprocess.CompletedProcess[str], name: str) -> None:
    """It ended before work with one line, which names the file and what to do."""
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {name}")
    assert line.endswith("unpack the zip again")


def test_an_interrupted_script_writes_nothing(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    command = [sys.executable, str(tmp_path / "device/bench-kit/bench.py"), "pi", "--seconds", "60"]
    with subprocess.Popen(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        while not process.stdout.readline().startswith("1 of"):
            pass
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert (process.returncode, error.strip()) == (130, "interrupted: nothing is written")
    assert list(folder.iterdir()) == []


def test_the_zip_has_the_same_bytes_each_time(project: Path) -> None:
    kit.pack(Path("one.zip"))
    time.sleep(2.1)  # a zip keeps times in steps of two seconds
    os.utime("models/trade_off/points.json")
    (first, _) = kit.pack(Path("other.zip"))
    assert first.startswith("other.zip: written: 9 files")
    assert Path("one.zip").read_bytes() == Path("other.zip").read_bytes()
    assert "the same" in kit.pack(Path("one.zip"))[0]


def test_the_modules_in_the_kit_are_of_python_3_9_and_need_no_secateur(project: Path) -> None:
    kit.pack(Path("kit.zip"))
    with zipfile.ZipFile("kit.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".py")]
        assert len(names) == len(kit.MODULES)
        for name in names:
            tree = ast.parse(archive.read(name), feature_version=(3, 9))
            imported = [
                node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                for node in ast.walk(tree)
                if isinstance(node, ast.Import | ast.ImportFrom)
            ]
            assert not [one for one in imported if (one or "").startswith("secateur")]
            assert "__future__" in imported  # annotations are not evaluated


def test_another_file_is_not_replaced(project: Path) -> None:
    for name, content in (("mine.zip", b"mine"), ("mine.txt", b"")):
        Path(name).write_bytes(content)
        with pytest.raises(InputError, match=name):
            kit.pack(Path(name))
        assert Path(name).read_bytes() == content
    with zipfile.ZipFile("photos.zip", "w") as archive:
        archive.writestr("a.png", "")
    with pytest.raises(InputError, match="stays"):
        kit.pack(Path("photos.zip"))
    kit.pack(Path("kit.zip"))
    Path("models/trade_off/points.json").write_text("[]")
    assert "replaced: 6 files" in kit.pack(Path("kit.zip"))[0]


def test_what_lies_where_the_zip_is_first_written_is_named(project: Path) -> None:
    Path(".kit.zip.partial").mkdir()
    with pytest.raises(InputError, match=r"^\.kit\.zip\.partial: is a folder.*move it away"):
        kit.pack(Path("kit.zip"))
    assert not Path("kit.zip").exists()


def test_a_zip_that_cannot_be_written_leaves_nothing_behind(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        kit.pack(Path("kit.zip"))
    assert list(Path().glob("*kit*")) == []


def test_a_link_stays_and_its_file_is_written(project: Path, tmp_path: Path) -> None:
    Path("kit.zip").symlink_to(tmp_path / "there/mine.zip")
    with pytest.raises(InputError, match=r"kit\.zip: is a link that leads nowhere"):
        kit.pack(Path("kit.zip"))
    (tmp_path / "there").mkdir()
    for how in ("written", "the same"):
        assert f"kit.zip: {how}" in kit.pack(Path("kit.zip"))[0]
        assert Path("kit.zip").is_symlink()
        assert zipfile.is_zipfile(tmp_path / "there/mine.zip")


def test_the_readme_says_how_long_it_takes_and_what_a_program_cannot_time(project: Path) -> None:
    kit.pack(Path("kit.zip"))
    with zipfile.ZipFile("kit.zip") as archive:
        text = archive.read("bench-kit/README.txt").decode()
    for said in ("Times 9 TFLite files", "about a minute", "whole microseconds", "chmod +x"):
        assert said in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_command_packs_and_says_so(project: Path) -> None:
    done = CliRunner().invoke(app, ["bench-kit"])
    assert (done.exit_code, "bench-kit.zip: written" in done.output) == (0, True)
    Path("metrics/ship.json").unlink()
    done = CliRunner().invoke(app, ["bench-kit"])
    assert done.exit_code == 1
    assert done.output.startswith("error: metrics/ship.json")
