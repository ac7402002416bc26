"""What Dask runs on a worker. Sent by value: a worker need not have this package.

Hence nothing here may use another module of it; `runner.py` travels as text.
"""

import contextlib
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distributed.diagnostics.plugin import WorkerPlugin

Json = dict[str, Any]
SESSION = "secateur-"  # then comes the client's id
TOOLS = {"pip", "setuptools", "uv", "wheel"}  # what installs packages makes no results
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
)  # fmt: skip


@dataclass
class Clone:
    """A clone of one snapshot and the process that runs stages in it."""

    folder: Path
    snapshot: str
    process: "subprocess.Popen[bytes]"

    def kill(self) -> None:
        """Kill the runner and every stage that it runs."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def discard(self) -> None:
        """Kill and delete."""
        self.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass
class Session(WorkerPlugin):
    """One run of ours, on every worker that there is or that joins later."""

    name: str  # and the topic of what it says
    jobs: int | None  # of this machine's own cluster, which shares its cache and files
    bundle: bytes  # of Git: what to run
    project: str  # DVC's folder in it
    runner: str  # the text of runner.py
    cache: str | None  # DVC's cache; None: one for each worker
    config: str  # the text of .dvc/config.local
    extras: list[str]  # files of `workspace` that Git does not track
    workspace: str
    remote: Json | None  # a DVC remote: `name`, `url`, `waits`
    versions: dict[str, str] | None  # that are expected
    environment: dict[str, str]  # of THREADS, what the user has set
    checked: bool = False
    free: list[Clone] = field(default_factory=list)
    all: list[Clone] = field(default_factory=list)

    def setup(self, worker: Any) -> None:
        """Dask calls it when the session or the worker begins."""
        self.lock = threading.Lock()
        self.worker = worker
        self.base = Path(worker.local_directory) / self.name

    def teardown(self, worker: Any) -> None:
        """Kill what runs and delete what was made."""
        with self.lock:
            for clone in self.all:
                clone.kill()
        shutil.rmtree(self.base, ignore_errors=True)

    def run(self, job: Json) -> Json:
        """Run one stage in a clone; see `runner.run` for the job and the result.

        Besides what a runner reads, the job has `node` (how to call it), `snapshot` (a commit)
        and `threads` (Dask's, in all, by host). Two more results there may be: `mismatch`, how
        this environment differs, and `lost`, why it may do better elsewhere. (They are no
        exceptions, whose classes would have to be known at both ends.)
        """
        self.worker.log_event(self.name, {"node": job["node"], "where": str(self.worker.name)})
        if self.versions and not self.checked:
            different = compare(self.versions, versions())
            if different:
                return {"mismatch": different}
            self.checked = True
        try:
            clone = self._take(job)
        except (OSError, subprocess.CalledProcessError) as error:
            output = getattr(error, "stderr", None) or b""
            return {"lost": f"no clone: {error} {output.decode(errors='replace')}".strip()}
        result = _ask(clone, job)
        if "lock" in result:
            with self.lock:
                self.free.append(clone)
        else:
            clone.discard()  # with whatever a failure left behind
        return result

    def _take(self, job: Json) -> Clone:
        """A free clone of the job's snapshot, or a new one (in place of a free one of another)."""
        with self.lock:
            for clone in self.free:
                if clone.snapshot == job["snapshot"] and clone.process.poll() is None:
                    self.free.remove(clone)
                    return clone
            old = self.free.pop() if self.free else None
        if old:
            old.discard()
        self.base.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="clone-", dir=self.base))
        try:
            clone = self._make(folder, job)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        with self.lock:
            self.all = [c for c in self.all if c.process.poll() is None] + [clone]
        return clone

    def _make(self, folder: Path, job: Json) -> Clone:
        """Clone the bundle, configure DVC there, and start a runner."""
        top = folder / "clone"
        env = self._environment(job)
        (folder / "bundle").write_bytes(self.bundle)
        (folder / "runner.py").write_text(self.runner, encoding="utf-8")

        def git(*arguments: str) -> None:
            command = ["git", *arguments]
            subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)

        git("init", "--quiet", "clone")
        git("-C", "clone", "fetch", "--quiet", "../bundle", "refs/heads/*:refs/snapshots/*")
        git("-C", "clone", "checkout", "--quiet", "--detach", job["snapshot"])
        (folder / "bundle").unlink()
        copy(self.extras, Path(self.workspace), top)
        project = top / self.project
        settings = {"cache": {"dir": self.cache or str(self.base / "cache")}}
        if self.remote:
            settings["core"] = {"remote": self.remote["name"]}
            settings[f"'remote \"{self.remote['name']}\"'"] = {"url": self.remote["url"]}
        configure(project / ".dvc/config.local", self.config, settings)
        process = subprocess.Popen(
            [sys.executable, str(folder / "runner.py"), str(project), str(folder), *self._cores()],
            cwd=project, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        return Clone(folder, job["snapshot"], process)

    def _cores(self) -> list[str]:
        """The cores that are this worker's alone, where there are enough for all.

        Threads that hand work to and fro cost a third more when two stages' share two cores.
        """
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        if not self.jobs or self.jobs > len(cores):
            return []
        return [str(core) for core in cores[int(self.worker.name) :: self.jobs]]

    def _environment(self, job: Json) -> dict[str, str]:
        """This worker's share of the cores; elsewhere its own Python; no other repository's Git."""
        from dask.system import CPU_COUNT

        own = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        at_once = job["threads"].get(host_of(self.worker.address)) or self.worker.state.nthreads
        share = str(len(self._cores()) or max(1, CPU_COUNT // at_once))
        own.update({name: self.environment.get(name, share) for name in THREADS})
        if not self.jobs:  # here, the stages' Python is the one that the user's PATH finds
            tools = [str(Path(sys.executable).parent), own.get("PATH", os.defpath)]
            own["PATH"] = os.pathsep.join(tools)
        own["DVC_SITE_CACHE_DIR"] = str(self.base / "site")
        own["DVC_NO_ANALYTICS"] = "1"
        return own


def host_of(address: str) -> str:
    """`10.0.0.1`, of `tls://10.0.0.1:8786`."""
    return address.rsplit(":", 1)[0].rsplit("/", 1)[-1]


def copy(names: Iterable[str], source: Path, target: Path) -> None:
    """Copy files from one folder to the same places in another."""
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name)


def configure(path: Path, text: str, settings: Json) -> None:
    """Write a `.dvc/config.local` of this text, with these sections' settings over it."""
    from configobj import ConfigObj

    config = ConfigObj(text.splitlines(), list_values=False)
    config.merge(settings)
    path.touch(mode=0o600)  # it may hold a password
    with path.open("wb") as file:
        config.write(file)


def run_stage(session: str, job: Json) -> Json:
    """See `Session.run`."""
    from distributed import get_worker

    return get_worker().plugins[session].run(job)  # type: ignore[no-any-return]


def abandoned(dask_scheduler: Any) -> list[str]:
    """Sessions that are known to a scheduler, and whose clients are not."""
    ours = [name for name in dask_scheduler.worker_plugins if name.startswith(SESSION)]
    return [name for name in ours if name.removeprefix(SESSION) not in dask_scheduler.clients]


def versions() -> dict[str, str]:
    """Python, the machine, and each installed distribution."""
    import platform
    from importlib.metadata import distributions

    found: dict[str, str] = {}
    for distribution in distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(name.lower().replace("_", "-"), distribution.version)
    return {**found, "Python": platform.python_version(), "machine": platform.machine()}


def compare(expected: dict[str, str], found: dict[str, str]) -> str:
    """Name what both have in different versions, and DVC where it is missing; or nothing.

    What only one of the two has cannot be judged from here: tools, most often.
    """
    both = (set(expected) & set(found) - TOOLS) | {"dvc"}
    different = sorted(name for name in both if expected.get(name) != found.get(name))
    lines = [f"{n} {found.get(n, 'missing')}, here {expected.get(n)}" for n in different]
    return "; ".join(lines[:12]) + ("; …" if len(lines) > 12 else "")


def _ask(clone: Clone, job: Json) -> Json:
    """Have the clone's runner do the job."""
    folder, process = clone.folder, clone.process
    assert process.stdin
    assert process.stdout
    keys = ("stage", "lock", "upstream", "remote", "folders", "cacheable")
    (folder / "result").unlink(missing_ok=True)
    (folder / "job").write_bytes(pickle.dumps({key: job[key] for key in keys}))
    try:
        process.stdin.write(b".")
        process.stdin.flush()
        answer = process.stdout.readline()
    except OSError:  # a broken pipe
        answer = b""
    if not answer:
        return {"lost": "its runner was killed"}
    try:
        result = pickle.loads((folder / "result").read_bytes())
    except FileNotFoundError:
        return {"lost": f"its process ended with {answer.decode().strip()}; {_log(folder)}"}
    return {**result, "log": _log(folder)}


def _log(folder: Path) -> str:
    """The end of what was printed: a log of gigabytes must not travel."""
    try:
        with (folder / "log.txt").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 200_000))
            return file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
