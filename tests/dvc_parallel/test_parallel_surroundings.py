"""`repro` and `sweep` in projects of every kind: they work, or are refused before any work."""

import os
import tempfile
from pathlib import Path

import pytest

from dvc_parallel import sweep
from dvc_parallel.errors import RunError
from dvc_parallel.options import Options
from dvc_projects import Make, Project, Stages, step

FOLDER: Stages = {
    "many": {
        "cmd": "mkdir -p many/in && cp source.txt many/a && echo b > many/in/b",
        "deps": ["source.txt"],
        "outs": ["many"],
    },
    "list": {"cmd": "cat many/a many/in/b > list.txt", "deps": ["many"], "outs": ["list.txt"]},
}


def both(project: Project, tmp_path: Path, *options: str) -> tuple[Project, str]:
    """Run serially in a copy, and ours in the project; the copy, and what ours said."""
    serial = project.copy(tmp_path / "serial")
    serial.run("dvc", "repro", "-q")
    output = project.repro(*options)
    assert "failed" not in output
    assert "left to" not in output
    return serial, output


def links(project: Project) -> dict[str, bool]:
    return {name: (project.folder / name).is_symlink() for name in project.files()}


@pytest.mark.parametrize("kind", ["symlink", "hardlink"])
def test_a_cache_elsewhere_and_linked(make: Make, tmp_path: Path, kind: str) -> None:
    """On another disk: hard links are impossible there, and DVC falls back to copies."""
    project = make(FOLDER | step("left", "many/a"))
    disk = Path("/dev/shm") if os.access("/dev/shm", os.W_OK) else tmp_path
    with tempfile.TemporaryDirectory(dir=disk) as cache:
        for name, value in (("cache.dir", cache), ("cache.type", f"{kind},copy")):
            project.run("dvc", "config", name, value)
        project.commit()
        serial, _ = both(project, tmp_path)
        assert project.files() == serial.files()
        assert (project.folder / "left.txt").is_symlink() == (kind == "symlink")
        # A change of an input, and an output that is lost.
        for one in (project, serial):
            one.write("source.txt", "other\n")
            one.run("rm", "left.txt")
        serial.run("dvc", "repro", "-q")
        assert "failed" not in project.repro()
        assert project.files() == serial.files()


def test_an_output_that_is_a_symbolic_link(make: Make, tmp_path: Path) -> None:
    stages = {
        "link": {
            "cmd": "mkdir -p far && cp source.txt far/a && ln -sf far/a link.txt",
            "deps": ["source.txt"],
            "outs": ["link.txt"],
        },
        **step("reader", "link.txt"),
    }
    project = make(stages)
    serial, output = both(project, tmp_path)
    for name in ("link.txt", "reader.txt", "dvc.lock"):
        assert project.files()[name] == serial.files()[name], output
        assert links(project)[name] == links(serial)[name]
    assert "far/a" not in project.files()  # what no stage declares stays in the clone


def test_a_submodule(make: Make, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    project = make(
        step("first", "vendor/text.txt") | step("second", "vendor", cmd="cat vendor/* > second.txt")
    )
    inner = Project(other)
    inner.run("git", "init", "-q", "-b", "main")
    inner.write("text.txt", "vendor\n")
    inner.run("git", "add", "-A")
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    inner.run("git", *identity, "commit", "-qm", "vendor")
    allow = ("-c", "protocol.file.allow=always")
    project.run("git", *allow, "submodule", "--quiet", "add", str(other), "vendor")
    project.commit()
    project.write("vendor/text.txt", "edited there, not committed\n")
    serial, output = both(project, tmp_path)
    assert project.files() == serial.files(), output
    assert "experiments" in project.sweep("-S", "rate=2")
    storage = tmp_path / "storage"
    project.run("dvc", "remote", "add", "-q", "--default", "storage", str(storage))
    project.write("source.txt", "other\n")
    project.write_stages(step("first", "vendor/text.txt", "source.txt"))
    refused = project.repro("--scheduler", "tcp://127.0.0.1:1", status=2)
    assert "a stage reads vendor/text.txt of vendor" in refused


def test_hydra(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`dvc repro` composes nothing; `dvc exp run` would compose over what a sweep has set."""
    project = make(step("first", "source.txt"))
    project.run("dvc", "config", "hydra.enabled", "True")
    (project.folder / "conf").mkdir()
    project.write("conf/config.yaml", "rate: 9\nwords: [x]\n")
    project.commit()
    serial, _ = both(project, tmp_path)
    assert project.files() == serial.files()
    monkeypatch.chdir(project.folder)
    with pytest.raises(RunError, match=r"hydra\.enabled"):
        sweep.run(Options(), ["rate=2"], None, force=False)
