"""What Dask runs on a worker.

Dask sends this module, `clone` and `versions` by value: a worker need not have this package, and
what it had could be another version.
"""

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distributed.diagnostics.plugin import WorkerPlugin

from dvc_parallel.clone import (
    Clone,
    check_out,
    configure,
    copy,
    missing,
    remove,
    start_runner,
    texts,
    write,
)
from dvc_parallel.versions import compare, versions

Json = dict[str, Any]
PREFIX = "dvc-parallel-"  # of a run's name; the client's id follows
JOB = ("stage", "lock", "upstream", "remote", "folders", "cacheable")  # what the runner reads
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
)  # fmt: skip


@dataclass
class WorkerSetup(WorkerPlugin):
    """One run, on every worker that there is or that joins later."""

    name: str  # of the run, and the topic of its events
    jobs: int | None  # None where workers do not share this machine's cache and files
    bundle: bytes  # of Git: the snapshots to run
    project: str  # DVC's folder in it
    scripts: dict[str, str]  # runner.py and what it imports, as source texts
    cache: str | None  # DVC's cache; None: one for each worker
    config: str  # the text of .dvc/config.local
    extras: list[str]  # files of `workspace` that Git does not track
    workspace: str
    home: str  # the user's project, where stages keep what they have done
    remote: Json | None  # a DVC remote: `name`, `url`, `waits`
    versions: dict[str, str] | None  # to expect
    environment: dict[str, str]  # those of THREADS that the user has set
    checked: bool = False
    proven: bool = False  # whether the remote has not refused this worker
    free: list[Clone] = field(default_factory=list)
    all: list[Clone] = field(default_factory=list)

    def setup(self, worker: Any) -> None:
        """Dask calls it when the run or the worker begins."""
        self.lock = threading.Lock()
        self.worker = worker
        self.base = Path(worker.local_directory) / self.name

    def teardown(self, worker: Any) -> None:
        """Kill all clones' processes and delete the clones."""
        with self.lock:
            for clone in self.all:
                clone.kill()
        shutil.rmtree(self.base, ignore_errors=True)

    def run(self, job: Json) -> Json:
        """Run one stage in a clone; see `runner.run` for the job and the result.

        Besides what a runner reads, the job has `node` (the stage's label), `snapshot` (a commit),
        `files` (texts over the snapshot's, by path in the project), `asked` (files to return),
        `threads` (Dask's, in all, by host) and `removed` (those of `extras` that stages before it
        have deleted). The result has `removed`, these and those that the stage deleted, and
        `texts`, of the files that were asked for and are there. It can also have `mismatch`,
        how this environment differs, `refused`, which remote this worker cannot use and why, or
        `lost`, why another worker should try. They are no exceptions,
        as both ends would have to know their classes.
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
            return {"lost": f"no clone: {_last_word(error)}"}
        remove(job["removed"], clone.top)
        write(job["files"], clone.top / self.project)
        unproven = bool(self.remote) and not self.proven
        result = clone.run({**{key: job[key] for key in JOB}, "unproven": unproven})
        self.proven = self.proven or "lock" in result
        result["removed"] = missing(self.extras, clone.top)
        if "lock" in result:
            result["texts"] = texts(job["asked"], clone.top / self.project)
            with self.lock:
                self.free.append(clone)
        else:
            clone.discard()  # with whatever a failure left behind
        return result

    def _take(self, job: Json) -> Clone:
        """A free clone of the job's snapshot, or a new one in place of a free one of another."""
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
        env = self._environment(job)
        top = check_out(folder, self.bundle, job["snapshot"], env)
        copy(self.extras, Path(self.workspace), top)
        project = top / self.project
        settings = {"cache": {"dir": self.cache or str(self.base / "cache")}}
        if self.remote:
            settings["core"] = {"remote": self.remote["name"]}
            settings[f"'remote \"{self.remote['name']}\"'"] = {"url": self.remote["url"]}
        configure(project / ".dvc/config.local", self.config, settings)
        process = start_runner(folder, project, self.scripts, self._cores(), env)
        return Clone(folder, job["snapshot"], process)

    def _cores(self) -> list[str]:
        """The cores that are this worker's alone, where there are enough for all.

        Two stages whose threads share two cores take a third more time.
        """
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        if not self.jobs or self.jobs > len(cores):
            return []
        return [str(core) for core in cores[int(self.worker.name) :: self.jobs]]

    def _environment(self, job: Json) -> dict[str, str]:
        """This worker's share of the cores, its own Python, and none of Git's variables."""
        from dask.system import CPU_COUNT

        own = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        at_once = job["threads"].get(host_of(self.worker.address)) or self.worker.state.nthreads
        share = str(len(self._cores()) or max(1, CPU_COUNT // at_once))
        own.update({name: self.environment.get(name, share) for name in THREADS})
        if not self.jobs:  # on the user's machine, the user's PATH decides
            tools = [str(Path(sys.executable).parent), own.get("PATH", os.defpath)]
            own["PATH"] = os.pathsep.join(tools)
        if self.jobs:  # for stages that have processes of their own, or keep what they have done
            cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
            own["DVC_PARALLEL_CORES"] = ",".join(map(str, cores))
            own["DVC_PARALLEL_PROJECT"] = self.home
        own["DVC_PARALLEL_CLONE"] = "1"  # what a stage does not declare is not there
        own["DVC_SITE_CACHE_DIR"] = str(self.base / "site")
        own["DVC_NO_ANALYTICS"] = "1"
        return own


def _last_word(error: OSError | subprocess.CalledProcessError) -> str:
    """Why there is no clone, in one line: Git may name hundreds of files before it says why."""
    said = (getattr(error, "stderr", None) or str(error).encode()).decode(errors="replace")
    lines = said.strip().splitlines()
    full = [line for line in lines if os.strerror(errno.ENOSPC) in line]
    return [*lines, *full][-1].strip()


def host_of(address: str) -> str:
    """`10.0.0.1`, of `tls://10.0.0.1:8786`."""
    return address.rsplit(":", 1)[0].rsplit("/", 1)[-1]


def run_stage(name: str, job: Json) -> Json:
    """Run a stage of the run of this name; see `WorkerSetup.run`."""
    from distributed import get_worker

    return get_worker().plugins[name].run(job)  # type: ignore[no-any-return]


def abandoned(dask_scheduler: Any) -> list[str]:
    """Runs that a scheduler knows and whose clients it does not know any more."""
    ours = [name for name in dask_scheduler.worker_plugins if name.startswith(PREFIX)]
    return [name for name in ours if name.removeprefix(PREFIX) not in dask_scheduler.clients]
