"""Dask clusters: one that this machine starts, or one that runs already."""

import contextlib
import logging
import pickle
import signal
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any, TypeVar

import cloudpickle
import dask
from distributed import Client, LocalCluster, Security

from dvc_parallel import clone, versions, worker
from dvc_parallel.errors import RunError

T = TypeVar("T")

# A worker need not have this package, and what it had could be another version.
for module in (clone, versions, worker):
    cloudpickle.register_pickle_by_value(module)


@contextlib.contextmanager
def local(jobs: int, folder: Path) -> Iterator[Client]:
    """A cluster of `jobs` processes on this machine, which ends with the block.

    It listens on loopback only, and talks only to holders of this run's certificate. Other users
    of the machine could otherwise have it run anything.
    """
    settings = {
        # A stage that kills its worker so many times is left to `dvc repro`.
        "distributed.scheduler.allowed-failures": 3,
        # The profiler samples a waiting thread a hundred times a second, at the stages' cost.
        "distributed.worker.profile.enabled": False,
        # Dask would set OMP_NUM_THREADS to 1, in this process too; each stage gets its own number.
        "distributed.nanny.pre-spawn-environ": {},
    }

    def start() -> LocalCluster:
        return LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
            security=Security.temporary(),
            local_directory=str(folder),
            memory_limit=0,  # Dask would count the stages' memory
            silence_logs=logging.CRITICAL + 1,
        )

    # Ctrl-C reaches every process of a terminal. This process sees it once the cluster is up. The
    # workers inherit the mask and never see it; this process tells them.
    # The resource tracker resets the mask when it starts, so it has to run before.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with dask.config.set(settings):
            cluster = again(start)
        client = Client(cluster, set_as_default=False)
    except BaseException:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        raise
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        yield client
    finally:
        _close(client, cluster)


@contextlib.contextmanager
def remote(address: str, security: Security) -> Iterator[Client]:
    """The cluster of a scheduler that runs already; it goes on after the block.

    Raises:
        RunError: no scheduler answers at the address, or not with this security.
    """
    # A RunError names a lost connection in one line; Dask would log tracebacks besides.
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in ("asyncio", "distributed", "tornado"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        client = Client(address, security=security, set_as_default=False, timeout="10s")
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        raise RunError(f"{address}: no Dask scheduler answers: {error}") from None
    try:
        yield client
    finally:
        _close(client)


def security(address: str, ca: Path | None, cert: Path | None, key: Path | None) -> Security:
    """Dask's TLS options; Dask's configuration gives those that are None.

    Raises:
        RunError: a file is missing, or address and options do not go together.
    """
    given = {"tls_ca_file": ca, "tls_client_cert": cert, "tls_client_key": key}
    for path in given.values():
        if path and not path.is_file():
            raise RunError(f"{path}: not found")
    named = {name: str(path) for name, path in given.items() if path}
    encrypted = address.startswith("tls://")
    if named and not encrypted:
        raise RunError(f"{address}: --tls-… options go with an address that begins with tls://")
    chosen = Security(**named, **({"require_encryption": True} if named else {}))
    if encrypted and not chosen.get_connection_args("client").get("ssl_context"):
        raise RunError(f"{address}: needs --tls-ca-file, --tls-cert and --tls-key")
    return chosen


def check_versions(client: Client) -> None:
    """Compare Python, Dask and cloudpickle on the scheduler, on the workers and here.

    Dask cannot even send a function where these differ. Each worker compares the rest.

    Raises:
        RunError: names each difference.
    """
    found = client.get_versions()
    here = _versions(found["client"])
    others = {"scheduler": found["scheduler"], **found["workers"]}
    wrong = []
    for name, what in others.items():
        there = _versions(what)
        different = sorted(key for key in here if there.get(key) != here[key])
        wrong += [f"{name}: {key} {there.get(key)}, here {here[key]}" for key in different]
    if wrong:
        raise RunError("the cluster has other versions than this machine:\n  " + "\n  ".join(wrong))


def _versions(what: Any) -> dict[str, str]:
    python = str(what["host"]["python"]).split(".final")[0]
    packages = {name: what["packages"].get(name) for name in ("dask", "distributed", "cloudpickle")}
    return {"Python": ".".join(python.split(".")[:3]), **packages}


class ByValue:
    """A function that travels with its code; Dask would send its name alone."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.code = cloudpickle.dumps(function)

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle.loads, (self.code,)

    def __call__(self, *arguments: Any) -> Any:
        """Call the function."""
        return pickle.loads(self.code)(*arguments)


def begin(client: Client, setup: worker.WorkerSetup) -> None:
    """Set up all workers, those that join later too; clear what killed runs left there."""
    for name in client.run_on_scheduler(worker.abandoned):
        client.unregister_worker_plugin(name)
    again(lambda: client.register_plugin(setup, name=setup.name))


def end(client: Client, setup: worker.WorkerSetup) -> None:
    """Have all workers that still answer kill what they run and delete their clones."""
    with contextlib.suppress(Exception):
        client.sync(client._unregister_worker_plugin, name=setup.name, callback_timeout=10)


def again(attempt: Callable[[], T]) -> T:
    """Try three times: a worker may be killed while Dask waits for its start."""
    for _ in range(2):
        with contextlib.suppress(RuntimeError, OSError, TimeoutError):
            return attempt()
    return attempt()


def threads_by_host(client: Client) -> dict[str, int]:
    """How many stages can run at once, by host."""
    threads: dict[str, int] = {}
    for address, count in client.nthreads().items():
        host = worker.host_of(address)
        threads[host] = threads.get(host, 0) + count
    return threads


def _close(client: Client, cluster: LocalCluster | None = None) -> None:
    for thing in (client, cluster):
        if thing is not None:
            with contextlib.suppress(Exception):
                thing.close(timeout=10)
