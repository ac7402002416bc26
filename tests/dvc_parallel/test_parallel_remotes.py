"""Workers that share nothing but a remote over S3, or over SSH: `make test-remotes`.

The servers run on this machine. DVC's extras for them, and the servers, are in no lock of this
project: they would hold other packages back.
"""

import asyncio
import contextlib
import os
import re
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from dvc_projects import DRIVER, Make, Project, step
from test_parallel_cluster import Cluster

asyncssh, boto3, moto_server, _, _ = (
    pytest.importorskip(name, reason="runs by `make test-remotes`")
    for name in ("asyncssh", "boto3", "moto.server", "dvc_s3", "dvc_ssh")
)
KEYS = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
# Two workers run `left` and `right` at once: one of them has `top` from the remote alone.
FORK = step("top", "source.txt") | step("left", "top.txt") | step("right", "top.txt")


@pytest.fixture(autouse=True)
def no_keys_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither these tests nor what they start find the user's keys or settings."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # asking takes seconds
    for variable in [name for name in os.environ if name.startswith(("AWS_", "SSH_"))]:
        if variable != "AWS_EC2_METADATA_DISABLED":
            monkeypatch.delenv(variable)


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """A server with a bucket; its address."""
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        endpoint = "http://{}:{}".format(*server.get_host_and_port())
        client = boto3.client(
            "s3", endpoint_url=endpoint, region_name="us-east-1",
            aws_access_key_id="k", aws_secret_access_key="s",
        )  # fmt: skip
        client.create_bucket(Bucket="bucket")
        client.close()
        yield endpoint
    finally:
        server.stop()


@contextlib.contextmanager
def ssh_server(authorized: asyncssh.SSHKey) -> Iterator[int]:
    """An SFTP server that lets one key in; its port."""
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, int]] = Future()

    async def serve() -> None:
        done = asyncio.Event()
        connections: list[asyncssh.SSHServerConnection] = []
        listener = await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            authorized_client_keys=asyncssh.import_authorized_keys(
                authorized.export_public_key().decode()
            ),
            acceptor=connections.append, sftp_factory=True,
        )  # fmt: skip
        ready.set_result((asyncio.get_running_loop(), done, listener.get_port()))
        await done.wait()
        listener.close()
        for connection in connections:  # from Python 3.12 on, the listener waits for them
            connection.abort()
            await connection.wait_closed()
        await listener.wait_closed()

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    loop, done, port = ready.result(timeout=30)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(30)
        assert not thread.is_alive()


def s3_config(endpoint: str, bucket: str = "bucket") -> str:
    return f"url = s3://{bucket}/storage\n    endpointurl = {endpoint}\n    region = us-east-1\n"


def ssh_config(port: int, folder: Path, key: asyncssh.SSHKey) -> str:
    key.write_private_key(folder / "key")
    return (
        f"url = ssh://someone@127.0.0.1:{port}{folder}/storage\n    keyfile = {folder}/key\n"
        "    allow_agent = false\n"
    )


def with_remote(project: Project, folder: Path, config: str) -> Project:
    """A copy that has a remote, `far`, of this config."""
    copied = Project(project.copy(folder).folder)  # with the environment as it is now
    text = (copied.folder / ".dvc/config").read_text()
    copied.write(".dvc/config", f"{text}[core]\n    remote = far\n['remote \"far\"']\n    {config}")
    copied.commit()
    return copied


@pytest.fixture
def remote(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The config of a remote whose server runs, of the kind that the parameter names."""
    with contextlib.ExitStack() as servers:
        if request.param == "s3":
            for name, value in KEYS.items():
                monkeypatch.setenv(name, value)
            yield s3_config(servers.enter_context(s3_server()))
        else:
            key = asyncssh.generate_private_key("ssh-ed25519")
            yield ssh_config(servers.enter_context(ssh_server(key)), tmp_path, key)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    one = Cluster(tmp_path / "cluster")
    yield one
    one.close()


@pytest.mark.parametrize("remote", ["s3", "ssh"], indirect=True)
def test_a_run_gives_what_a_serial_run_gives_and_another_restores_it(
    remote: str, cluster: Cluster, make: Make, tmp_path: Path
) -> None:
    for _ in range(2):
        cluster.add_worker()
    serial = make(FORK)
    far = with_remote(serial, tmp_path / "copy", remote)
    serial.run("dvc", "repro", "-q")
    output = far.repro(*cluster.client)
    assert set(re.findall(r"^(\S+): done on worker", output, re.MULTILINE)) == set(FORK), output
    assert far.files() == serial.files()
    # After the loss of everything but the remote:
    shutil.rmtree(far.folder / ".dvc/cache")
    far.run("git", "clean", "-fdxq", "-e", ".dvc")
    output = far.repro(*cluster.client)
    restored = set(re.findall(r"^(\S+): restored on worker", output, re.MULTILINE))
    assert restored == set(FORK), output
    assert far.files() == serial.files()


def refusal(project: Project, *options: str) -> str:
    """The last line of a run that is refused and changes nothing."""
    before = project.files()
    output = project.repro(*options, status=2)
    assert "Traceback" not in output
    assert project.files() == before
    return output.splitlines()[-1]


NOBODY = ("--scheduler", "tcp://127.0.0.1:1")  # the remote is asked first


def test_a_remote_that_does_not_answer_is_named(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    project = make(step("first", "source.txt"))
    key = asyncssh.generate_private_key("ssh-ed25519")
    with s3_server() as endpoint, ssh_server(key) as port:
        other = asyncssh.generate_private_key("ssh-ed25519")
        no_bucket = with_remote(project, tmp_path / "a", s3_config(endpoint, "none"))
        wrong_key = with_remote(project, tmp_path / "b", ssh_config(port, tmp_path, other))
        said = refusal(no_bucket, *NOBODY)
        assert re.search("remote far cannot be reached: .*bucket does not exist", said), said
        said = refusal(wrong_key, *NOBODY)
        assert re.search("remote far cannot be reached: Permission denied", said), said
    stopped = with_remote(project, tmp_path / "c", s3_config(endpoint))
    said = refusal(stopped, *NOBODY)
    assert re.search(f"remote far cannot be reached: .*{endpoint}", said), said
    stopped = with_remote(project, tmp_path / "d", ssh_config(port, tmp_path, key))
    said = refusal(stopped, *NOBODY)
    assert re.search(f"remote far cannot be reached: .*{port}", said), said


def test_a_silent_remote_does_not_keep_the_run(make: Make, tmp_path: Path) -> None:
    """Its server takes connections and says nothing; the thread that asks it goes on."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = ssh_config(silent.getsockname()[1], tmp_path, key)
        far = with_remote(make(step("first", "source.txt")), tmp_path / "a", config)
        impatient = (
            "import runpy, sys; from dvc_parallel import remote; remote.PATIENCE = 2; "
            "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        said = far.run(
            sys.executable, "-c", impatient, str(DRIVER), "repro", *NOBODY, status=2
        ).splitlines()[-1]
    assert re.search("remote far cannot be reached: silent for 2 s", said), said


def test_keys_that_workers_do_not_have_end_the_run(
    cluster: Cluster, make: Make, tmp_path: Path
) -> None:
    cluster.add_worker()
    with s3_server() as endpoint:
        far = with_remote(make(step("first", "source.txt")), tmp_path / "a", s3_config(endpoint))
        far.env.update(KEYS)  # this machine's alone
        said = refusal(far, *cluster.client)
    assert re.search("worker w1 cannot use remote far: Unable to locate credentials", said), said
