"""`repro --scheduler`: workers that share nothing but a DVC remote, and what may go wrong.

Scheduler and workers are Dask's own commands, on loopback, each in a folder of its own. The
cluster that tests share uses TLS.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from distributed import Security

import dvc_internals
from dvc_parallel import cluster as clusters
from dvc_parallel import plan, remote
from dvc_parallel.errors import RunError
from dvc_parallel.remote import find_remote
from dvc_projects import (
    DIAMOND,
    FOREACH,
    MATRIX,
    UNCACHED,
    WORKING_FOLDER,
    Make,
    Project,
    family,
    is_worker,
    names_of,
    step,
    wait_for,
    wait_until,
)

SHAPES = DIAMOND | FOREACH | UNCACHED | WORKING_FOLDER | {"grid": {**MATRIX["grid"]}}
SHAPES["grid"]["matrix"] = {"a": [1], "b": ["x", "y"]}


class Cluster:
    """A scheduler and its workers, which know nothing of this package."""

    def __init__(
        self, folder: Path, options: tuple[str, ...] = (), protocol: str = "tcp", **env: str
    ) -> None:
        self.folder, self.options = folder, options
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"{protocol}://127.0.0.1:{port}"
        self.client = ("--scheduler", self.address, *options)  # a client's options
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            "scheduler", "--host", self.address.rsplit(":", 1)[0], "--port", str(port),
            "--no-dashboard", **env,
        )  # fmt: skip

    def add_worker(self, *more: str, **env: str) -> "subprocess.Popen[bytes]":
        name = f"w{len(self.processes)}"
        return self._start(
            "worker", self.address, "--nthreads", "1", "--name", name, "--no-dashboard",
            "--local-directory", str(self.folder / name), *more, **env,
        )  # fmt: skip

    def close(self) -> None:
        for process in self.processes:
            for one in family(process.pid):
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            process.kill()
            process.wait()

    def _start(self, what: str, *arguments: str, **env: str) -> "subprocess.Popen[bytes]":
        home = self.folder / f"home{len(self.processes)}"
        home.mkdir(parents=True)
        # The environment that it runs in holds this project, editable: here it cannot be imported.
        for module in ("dvc_parallel", "dvc_internals", "secateur"):
            (home / f"{module}.py").write_text("raise ImportError('not on a worker')")
        path = os.pathsep.join([str(home), env.pop("PYTHONPATH", "")]).rstrip(os.pathsep)
        with (self.folder / f"log{len(self.processes)}").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *arguments, *self.options],
                cwd=home, env={**os.environ, "HOME": str(home), "PYTHONPATH": path, **env},
                stdout=log, stderr=log,
            )  # fmt: skip
        self.processes.append(process)
        return process


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """PEM files by the end of their option's name."""
    folder = tmp_path_factory.mktemp("certificates")
    texts = Security.temporary().get_tls_config_for_role("client")
    paths = {}
    for name in ("ca-file", "cert", "key"):
        paths[name] = folder / f"{name}.pem"
        paths[name].write_text(texts[name.replace("-", "_")])
    return paths


@pytest.fixture(scope="module")
def shared(
    certificates: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A cluster with one worker, over TLS, for runs that do it no harm."""
    pairs = [(f"--tls-{name}", str(path)) for name, path in certificates.items()]
    one = Cluster(tmp_path_factory.mktemp("shared"), tuple(sum(pairs, ())), "tls")
    one.add_worker()
    yield one
    one.close()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster without workers, for one test."""
    one = Cluster(tmp_path / "cluster")
    yield one
    one.close()


def with_remote(project: Project, folder: Path) -> Project:
    """A copy that has a remote, `storage`."""
    far = project.copy(folder / "far")
    url = str(folder / "storage")
    text = (far.folder / ".dvc/config").read_text()
    section = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {url}\n"
    far.write(".dvc/config", text + section)
    return far


def test_a_run_gives_what_a_serial_run_gives_and_another_restores_it(
    cluster: Cluster, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        cluster.add_worker()
    serial = make(SHAPES)
    far = with_remote(serial, tmp_path)
    for project in (serial, far):
        project.write("source.txt", "not committed\n")
    monkeypatch.chdir(far.folder)
    nodes = plan.read().nodes
    serial.run("dvc", "repro", "-q")
    output = far.repro(*cluster.client)
    assert far.files() == serial.files(), output
    assert far.runs() >= serial.runs()
    assert "failed" not in output
    # The remote has all outputs and runs, for anyone.
    pushed = {path.parent.name for path in (tmp_path / "storage/runs").glob("*/*/*")}
    not_pushed = {name.split("/")[1] for name in serial.runs()} - pushed
    assert len(not_pushed) == 1  # `end`, which is left to `dvc repro`
    assert not list(cluster.folder.glob("w*/**/clone-*"))  # nothing is left on the workers
    # After the loss of everything but the remote:
    shutil.rmtree(far.folder / ".dvc/cache")
    far.run("git", "clean", "-fdxq", "-e", ".dvc")
    output = far.repro(*cluster.client)
    restored = set(re.findall(r"^(\S+): restored on worker", output, re.MULTILINE))
    assert restored == {
        name for name, node in nodes.items() if node.state == "run" and node.cacheable
    }, output


def test_workers_get_over_tls_what_is_known_and_only_what_is_tracked(
    shared: Cluster, make: Make, tmp_path: Path
) -> None:
    project = make(
        step("first", "data.csv")
        | step("second", "first.txt", "source.txt")
        | step("spy", "second.txt", cmd="(ls -a; git log --oneline | wc -l) > spy.txt")
    )
    project.write("data.csv", "1\n")
    project.run("dvc", "add", "-q", "data.csv")
    project.commit()
    project.run("dvc", "repro", "-q", "first")
    far = with_remote(project, tmp_path)
    far.write("source.txt", "other\n")
    far.write("secret.env", "password\n")
    far.write(".dvc/config.local", "[core]\n    analytics = false\n")
    output = far.repro(*shared.client)
    assert "first:" not in output  # it is up to date here; its output was sent
    assert "second: done" in output
    spy = far.files()["spy.txt"].decode().split()
    assert "secret.env" not in spy
    assert {"dvc.yaml", "source.txt", ".git"} <= set(spy)
    assert spy[-1] == "1"  # no history
    far.write("new.txt", "n")
    far.write_stages(step("first", "new.txt"))
    refused = far.repro(*shared.client, status=2)
    assert "`git add` (or `dvc add`) these first: new.txt" in refused


def test_workers_that_die_and_workers_that_come(
    cluster: Cluster, slow: tuple[Project, Project], tmp_path: Path
) -> None:
    first = cluster.add_worker("--no-nanny")
    far = with_remote(slow[0], tmp_path)
    run = far.start("repro", *cluster.client)
    wait_for(run, "done on")
    first.kill()  # the only one: with its clone, its cache and what it ran
    time.sleep(1)
    second = cluster.add_worker()
    wait_for(run, "done on worker w2")
    next(process for process in family(second.pid) if is_worker(process)).kill()
    output = run.communicate(timeout=100)[0]  # its nanny has started the worker again
    assert run.returncode == 0, output
    assert far.files() == slow[1].files(), output


def test_a_worker_that_is_cut_off_in_a_stage(slow: tuple[Project, Project], tmp_path: Path) -> None:
    """Its machine hangs, or its network is gone: nobody closes the connection."""
    patience = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "2s"}  # by default, five minutes
    cluster = Cluster(tmp_path / "cluster", **patience)
    try:
        first = cluster.add_worker()
        far = with_remote(slow[0], tmp_path)
        run = far.start("repro", *cluster.client)
        wait_for(run, "started on worker w1")
        for process in (psutil.Process(first.pid), *family(first.pid)):
            process.suspend()
        cluster.add_worker()
        lines = wait_for(run, "started again on worker w2")
        output = "".join(lines) + run.communicate(timeout=100)[0]
        assert run.returncode == 0, output
        assert "left to" not in output
        assert far.files() == slow[1].files(), output
    finally:
        cluster.close()


def test_a_scheduler_that_vanishes(
    cluster: Cluster, slow: tuple[Project, Project], tmp_path: Path
) -> None:
    cluster.add_worker()
    far = with_remote(slow[0], tmp_path)
    before = far.files()
    run = far.start("repro", *cluster.client)
    name = wait_for(run, "done on")[-1].split(":")[0]
    cluster.scheduler.send_signal(signal.SIGKILL)
    rest = run.communicate(timeout=60)[0]
    assert run.returncode == 2, rest
    assert "repro: the Dask scheduler is gone" in rest
    assert "Traceback" not in rest
    assert far.files() == before
    restored = far.run("dvc", "repro")
    assert f"Stage '{name}' is cached - skipping run" in restored
    assert far.files() == slow[1].files()


def test_a_remote_that_fails_for_a_while(shared: Cluster, make: Make, tmp_path: Path) -> None:
    stages = step("first", "source.txt", cmd="sleep 2; echo 1 > first.txt")
    far = with_remote(make(stages | step("second", "first.txt")), tmp_path)
    storage = tmp_path / "storage"
    run = far.start("repro", *shared.client)
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
    assert far.files()["second.txt"] == b"1\nsecond\n"
    assert "up to date" in far.run("dvc", "status")


def test_an_interrupted_run_stops_what_workers_run(
    shared: Cluster, make: Make, tmp_path: Path
) -> None:
    far = with_remote(make(step("first", "source.txt", cmd="sleep 600")), tmp_path)

    def stage_runs() -> bool:
        found = [p for one in shared.processes for p in family(one.pid)]
        return "sleep" in names_of(found)

    for how, status in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        run = far.start("repro", *shared.client)
        wait_for(run, "first: started")
        wait_until(stage_runs)
        run.send_signal(how)
        run.communicate(timeout=30)
        assert run.returncode == status
        if how == signal.SIGKILL:  # the next run on this cluster clears what this one left
            far.write_stages(step("second", "source.txt"))
            far.repro(*shared.client)
        wait_until(lambda: not stage_runs())


def test_which_tls_options_go_with_which_address(certificates: dict[str, Path]) -> None:
    ca, cert, key = certificates.values()
    clusters.security("tls://host:1", ca, cert, key)
    clusters.security("tcp://host:1", None, None, None)
    for address, files, message in (
        ("tls://host:1", (None, None, None), "needs --tls-ca-file, --tls-cert and --tls-key"),
        ("tls://host:1", (ca, cert, Path("none.pem")), "none.pem: not found"),
        ("tcp://host:1", (ca, cert, key), "begins with tls://"),
    ):
        with pytest.raises(RunError, match=message):
            clusters.security(address, *files)


def test_another_environment_is_named(cluster: Cluster, make: Make, tmp_path: Path) -> None:
    other = tmp_path / "packages/pathspec-0.0.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: pathspec\nVersion: 0.0.1\n")
    cluster.add_worker(PYTHONPATH=str(other.parent))
    far = with_remote(make(step("first", "source.txt")), tmp_path)
    refused = far.repro(*cluster.client, status=2)
    assert re.search(r"pathspec 0\.0\.1, here \d", refused), refused


def test_which_remote_data_go_through(make: Make, tmp_path: Path) -> None:
    project = make(step("first", "source.txt"))
    with pytest.raises(RunError, match="no default one"):
        find_remote(project.folder, None)
    far = with_remote(project, tmp_path)
    assert find_remote(far.folder, None)["url"] == str(tmp_path / "storage")
    with pytest.raises(RunError, match="no such remote; known: storage"):
        find_remote(far.folder, "nix")


def test_a_remote_that_does_not_answer_is_named(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = with_remote(make(step("first", "source.txt")), tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError("wrong key")

    monkeypatch.setattr(dvc_internals, "reach_remote", refuse)
    with pytest.raises(RunError, match="remote storage cannot be reached: wrong key"):
        find_remote(far.folder, None)
    released = threading.Event()
    monkeypatch.setattr(dvc_internals, "reach_remote", lambda *_: released.wait(30))
    monkeypatch.setattr(remote, "PATIENCE", 0.1)
    with pytest.raises(RunError, match="remote storage cannot be reached: silent for"):
        find_remote(far.folder, None)
    released.set()


def test_an_address_where_no_scheduler_answers(make: Make, tmp_path: Path) -> None:
    far = with_remote(make(step("first", "source.txt")), tmp_path)
    before = far.files()
    refused = far.repro("--scheduler", "tcp://127.0.0.1:1", status=2)
    assert "repro: tcp://127.0.0.1:1: " in refused
    assert "Traceback" not in refused
    assert far.files() == before
