"""`secateur repro --scheduler`: workers that share nothing but a DVC remote, and what may go wrong.

Scheduler and workers are Dask's own commands, on loopback, each in a folder of its own.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from distributed import Security

from secateur.parallel import runner, worker
from test_parallel import is_worker, sleeping, wait_for
from toys import DIAMOND, EVERYTHING, Project, Stages, step


class Cluster:
    """A scheduler and its workers, which know nothing of this project."""

    def __init__(self, folder: Path, options: tuple[str, ...] = (), protocol: str = "tcp") -> None:
        self.folder, self.options = folder, options
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"{protocol}://127.0.0.1:{port}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            "scheduler", "--host", self.address.rsplit(":", 1)[0], "--port", str(port),
            "--no-dashboard",
        )  # fmt: skip

    def add_worker(self, *more: str, **env: str) -> "subprocess.Popen[bytes]":
        name = f"w{len(self.processes)}"
        return self._start(
            "worker", self.address, "--nthreads", "1", "--name", name, "--no-dashboard",
            "--local-directory", str(self.folder / name), *more, **env,
        )  # fmt: skip

    def close(self) -> None:
        for process in self.processes:
            for one in psutil.Process(process.pid).children(recursive=True):
                one.kill()
            process.kill()
            process.wait()

    def _start(self, what: str, *arguments: str, **env: str) -> "subprocess.Popen[bytes]":
        home = self.folder / f"home{len(self.processes)}"
        home.mkdir(parents=True)
        # The environment that it runs in holds this project, editable: here it cannot be imported.
        (home / "secateur").mkdir()
        (home / "secateur/__init__.py").write_text("raise ImportError('not on a worker')")
        path = os.pathsep.join([str(home), env.pop("PYTHONPATH", "")]).rstrip(os.pathsep)
        with (self.folder / f"log{len(self.processes)}").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments, *self.options],
                cwd=home, env={**os.environ, "HOME": str(home), "PYTHONPATH": path, **env},
                stdout=log, stderr=log,
            )  # fmt: skip
        self.processes.append(process)
        return process


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    one = Cluster(tmp_path / "cluster")
    yield one
    one.close()


Make = Callable[[Stages], tuple[Project, Project]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Two equal projects; the second has a remote."""

    def twins(stages: Stages) -> tuple[Project, Project]:
        serial = Project(tmp_path / "serial", stages)
        far = serial.copy(tmp_path / "far")
        far.run("dvc", "remote", "add", "-q", "--default", "storage", str(tmp_path / "storage"))
        return serial, far

    return twins


def test_gives_what_a_serial_run_gives(cluster: Cluster, make: Make) -> None:
    for _ in range(2):
        cluster.add_worker()
    serial, far = make(EVERYTHING)
    far.write("source.txt", "not committed\n")
    serial.write("source.txt", "not committed\n")
    serial.run("dvc", "repro", "-q")
    output = far.repro("--scheduler", cluster.address)
    assert far.files() == serial.files(), output
    assert far.runs() >= serial.runs()
    assert "failed" not in output
    # What was made is in the remote, for anyone, runs included.
    pushed = {p.parent.name for p in (far.folder.parent / "storage/runs").glob("*/*/*")}
    not_pushed = {name.split("/")[1] for name in serial.runs()} - pushed
    assert len(not_pushed) == 1  # `end`, which is left to `dvc repro`
    # Nothing is left on the workers.
    assert not list(cluster.folder.glob("w*/**/clone-*"))


def test_workers_get_what_is_known_and_only_what_is_tracked(cluster: Cluster, make: Make) -> None:
    cluster.add_worker()
    serial, far = make(
        step("first", "data.csv")
        | step("second", "first.txt", "source.txt")
        | step("spy", "second.txt", cmd="(ls -a; git log --oneline | wc -l) > spy.txt")
    )
    for project in (serial, far):
        project.write("data.csv", "1\n")
        project.run("dvc", "add", "-q", "data.csv")
        project.commit()
        project.run("dvc", "repro", "-q", "first")
        project.write("source.txt", "other\n")
    far.write("secret.env", "password\n")
    far.write(".dvc/config.local", "[core]\n    analytics = false\n")
    output = far.repro("--scheduler", cluster.address)
    assert "first:" not in output  # it is up to date here; its output was sent
    spy = far.files()["spy.txt"].decode().split()
    assert "secret.env" not in spy
    assert {"dvc.yaml", "source.txt", ".git"} <= set(spy)
    assert spy[-1] == "1"  # no history
    far.write("new.txt", "n")
    far.write_stages(step("first", "new.txt"))
    refused = far.repro("--scheduler", cluster.address, status=2)
    assert "`git add` (or `dvc add`) these first: new.txt" in refused


def test_a_second_run_restores_what_the_remote_knows(cluster: Cluster, make: Make) -> None:
    """As after a crash of everything but the remote."""
    cluster.add_worker()
    _, far = make(DIAMOND)
    far.repro("--scheduler", cluster.address)
    shutil.rmtree(far.folder / ".dvc/cache")
    far.run("git", "clean", "-fdxq", "-e", ".dvc")
    output = far.repro("--scheduler", cluster.address)
    assert output.count(": restored on worker") == len(DIAMOND), output


def test_workers_that_die_and_workers_that_come(cluster: Cluster, make: Make) -> None:
    first = cluster.add_worker("--no-nanny")
    serial, far = make(sleeping(0.5))
    run = far.start("repro", "--scheduler", cluster.address)
    wait_for(run, "done on")
    first.kill()  # the only one: with its clone, its cache and what it ran
    time.sleep(1)
    second = cluster.add_worker()
    wait_for(run, "done on worker w2")
    family = [p for p in psutil.Process(second.pid).children(recursive=True) if is_worker(p)]
    family[0].kill()  # which its nanny starts again
    output = run.communicate(timeout=100)[0]
    assert run.returncode == 0, output
    serial.run("dvc", "repro", "-q")
    assert far.files() == serial.files(), output


def test_a_scheduler_that_vanishes(cluster: Cluster, make: Make) -> None:
    cluster.add_worker()
    serial, far = make(sleeping(0.5))
    before = far.files()
    run = far.start("repro", "--scheduler", cluster.address)
    done = [line for line in wait_for(run, "done on") if "done on" in line]
    cluster.scheduler.send_signal(signal.SIGKILL)
    rest = run.communicate(timeout=60)[0]
    assert run.returncode == 2, rest
    assert "the Dask scheduler is gone" in rest
    assert "Traceback" not in rest
    assert far.files() == before
    name = done[0].split(":")[0]
    restored = far.run("dvc", "repro")
    assert f"Stage '{name}' is cached - skipping run" in restored
    serial.run("dvc", "repro", "-q")
    assert far.files() == serial.files()


def test_a_remote_that_fails_for_a_while(cluster: Cluster, make: Make) -> None:
    cluster.add_worker()
    serial, far = make(step("first", "source.txt", cmd="sleep 2; echo 1 > first.txt")
                       | step("second", "first.txt"))  # fmt: skip
    storage = far.folder.parent / "storage"
    run = far.start("repro", "--scheduler", cluster.address)
    wait_for(run, "first: started")
    shutil.rmtree(storage, ignore_errors=True)
    storage.write_text("no folder")  # whoever writes into it fails
    time.sleep(5)
    assert run.poll() is None
    storage.unlink()
    output = run.communicate(timeout=100)[0]
    assert run.returncode == 0, output
    assert "first: done" in output
    assert "left to" not in output
    serial.run("dvc", "repro", "-q")
    assert far.files() == serial.files()


def test_an_interrupted_run_stops_what_workers_run(cluster: Cluster, make: Make) -> None:
    started = cluster.add_worker()
    _, far = make(step("first", "source.txt", cmd="sleep 600"))
    for how, status in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        run = far.start("repro", "--scheduler", cluster.address)
        wait_for(run, "first: started")
        time.sleep(1.5)
        family = psutil.Process(started.pid).children(recursive=True)
        assert any(p.name() == "sleep" for p in family)
        run.send_signal(how)
        run.communicate(timeout=30)
        assert run.returncode == status
        if how == signal.SIGKILL:  # the next run on this cluster clears what this one left
            far.write_stages(step("second", "source.txt"))
            far.repro("--scheduler", cluster.address)
        time.sleep(0.5)
        family = psutil.Process(started.pid).children(recursive=True)
        assert not any(p.name() == "sleep" and p.status() != "zombie" for p in family)


def test_tls(tmp_path: Path, make: Make) -> None:
    authority = Security.temporary()
    for name in ("ca_file", "cert", "key"):
        text = authority.get_tls_config_for_role("client")[name]
        (tmp_path / f"{name}.pem").write_text(text)
    options: tuple[str, ...] = ()
    for name in ("ca_file", "cert", "key"):
        options += (f"--tls-{name.replace('_', '-')}", str(tmp_path / f"{name}.pem"))
    cluster = Cluster(tmp_path / "cluster", options, "tls")
    try:
        cluster.add_worker()
        serial, far = make(DIAMOND)
        refused = far.repro("--scheduler", cluster.address, status=2)
        assert "needs --tls-ca-file, --tls-cert and --tls-key" in refused
        assert "not found" in far.repro(
            "--scheduler", cluster.address, "--tls-key", "none.pem", status=2
        )
        plain = cluster.address.replace("tls", "tcp")
        assert "begins with tls://" in far.repro("--scheduler", plain, *options, status=2)
        far.repro("--scheduler", cluster.address, *options)
        serial.run("dvc", "repro", "-q")
        assert far.files() == serial.files()
    finally:
        cluster.close()


def test_another_environment_is_named(cluster: Cluster, make: Make, tmp_path: Path) -> None:
    other = tmp_path / "packages/pathspec-0.0.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: pathspec\nVersion: 0.0.1\n")
    cluster.add_worker(PYTHONPATH=str(other.parent))
    _, far = make(DIAMOND)
    refused = far.repro("--scheduler", cluster.address, status=2)
    assert re.search(r"pathspec 0\.0\.1, here \d", refused), refused


def test_versions_are_compared_where_both_have_a_thing() -> None:
    here = {"dvc": "1", "a": "1", "only-here": "1", "pip": "1", "Python": "3.11.1"}
    assert worker.compare(here, {**here, "pip": "2", "only-there": "5"}) == ""
    there = {name: version for name, version in here.items() if name != "only-here"}
    for name in ("dvc", "a", "Python"):
        assert worker.compare(here, {**there, name: "other"}) == f"{name} other, here {here[name]}"
    assert worker.compare(here, {"a": "1"}) == "dvc missing, here 1"


def test_what_is_wrong_is_said_before_any_work(cluster: Cluster, make: Make) -> None:
    serial, far = make(DIAMOND)
    assert "no default one" in serial.repro("--scheduler", cluster.address, status=2)
    unknown = far.repro("--scheduler", cluster.address, "--remote", "nix", status=2)
    assert "DVC has no such remote; known: storage" in unknown
    gone = far.repro("--scheduler", "tcp://127.0.0.1:1", status=2)
    assert "tcp://127.0.0.1:1: no Dask scheduler that can be talked to" in gone
    assert "Traceback" not in gone


def test_waits_longer_and_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(runner.time, "sleep", waited.append)
    left = [OSError("a"), OSError("b")]

    def attempt() -> None:
        if left:
            raise left.pop()

    runner.retrying(attempt, "what", (1, 2, 4))
    assert waited == [1, 2]
    assert sum(runner.WAITS) > 200  # seconds that a remote may be away
    with pytest.raises(OSError, match="always"):
        runner.retrying(lambda: (_ for _ in ()).throw(OSError("always")), "what", (1,))
