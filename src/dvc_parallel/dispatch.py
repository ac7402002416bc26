"""Gives stages to workers, each when the stages before it are done."""

import os
import queue
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distributed import Client

from dvc_parallel import cluster, worker
from dvc_parallel.errors import RunError
from dvc_parallel.plan import Node
from dvc_parallel.progress import Progress, exit_status
from dvc_parallel.remote import Fetch
from dvc_parallel.schedule import Schedule
from dvc_parallel.version import PipelineVersion, fingerprint

Json = dict[str, Any]
Key = tuple[int, str]  # of a version, and of a stage in it
TRIES = 3  # of a stage whose process was killed


@dataclass(frozen=True)
class Source:
    """Gives further versions while a run goes on."""

    more: Callable[[], PipelineVersion | None]  # None: none until another one has ended
    # A version has nothing more to run; why a stage of it is not done, or "", and whether it never
    # will be: the stage refused its inputs.
    ended: Callable[[PipelineVersion, str, bool], None]


@dataclass
class Dispatcher:
    """A run's stages, and which of them run or are done."""

    client: Client
    setup: worker.WorkerSetup
    versions: list[PipelineVersion]  # extended by what `source` gives
    progress: Progress
    fetch: Fetch | None
    seconds: dict[str, float]  # that each stage took, by address; updated
    locks: dict[str, dict[str, Json]]  # of what is done, by version and address; updated
    source: Source | None = None
    left: dict[int, int] = field(default_factory=dict)  # stages of a version that are to end

    def __post_init__(self) -> None:
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.running: dict[Any, tuple[Key, str]] = {}
        self.tries: dict[Key, int] = {}
        self.sharing: dict[str, list[Key]] = {}  # by fingerprint: who runs it, who waits for it
        self.finished: dict[str, Json] = {}  # results by fingerprint
        self.schedule = Schedule(*self._to_run(range(len(self.versions))))

    def _to_run(self, numbers: Iterable[int]) -> tuple[dict[Key, list[Key]], dict[Key, float]]:
        """Return, of versions' stages to run, what runs before each, and how long they took."""
        upstream: dict[Key, list[Key]] = {}
        known: dict[Key, float] = {}
        for number in numbers:
            plan = self.versions[number].plan
            for name in plan.to_run():
                before = [o for o in plan.nodes[name].upstream if plan.nodes[o].state == "run"]
                upstream[number, name] = [(number, other) for other in before]
                if name in self.seconds:
                    known[number, name] = self.seconds[name]
            self.left[number] = len(plan.to_run())
        return upstream, known

    def _more(self) -> bool:
        """Add a version of the source's; return whether it has one."""
        version = self.source.more() if self.source else None
        if version is None:
            return False
        self.versions.append(version)
        self.locks.setdefault(version.label, {})
        upstream, known = self._to_run([len(self.versions) - 1])
        self.schedule.add(upstream, known)
        self.progress.total += len(upstream)
        if not upstream and self.source:
            self.source.ended(version, "", False)
        return True

    def _ended(self, key: Key, stages: int, why: str = "", final: bool = False) -> None:
        """Note that stages of a version have ended; with its last, or a failure, it has."""
        self.left[key[0]] -= stages
        if self.source and (why or not self.left[key[0]]):
            self.source.ended(self.versions[key[0]], why, final)

    def run(self) -> None:
        """Run stages until none remains that can run.

        Raises:
            RunError: the scheduler is gone, or a worker has another environment or cannot use
                the remote.
        """
        self.client.subscribe_topic(self.setup.name, self._on_event)
        threads = cluster.threads_by_host(self.client)
        while True:
            # A stage that waits here can still be overtaken by a more urgent one.
            while len(self.running) < sum(threads.values()):
                key = self.schedule.next()
                if key is None and self._more():
                    continue
                if key is None:
                    break
                self._start(key, threads)
            if not self.running and (threads or not self.schedule.ready):
                return
            self.progress.note = "" if threads else "waiting for workers"
            try:
                future = self.events.get(timeout=1)
            except queue.Empty:
                if self.client.status != "running":
                    raise RunError("the Dask scheduler is gone") from None
                threads = cluster.threads_by_host(self.client)
                if self.setup.jobs and sum(threads.values()) < self.setup.jobs:
                    self.client.cluster.scale(self.setup.jobs)  # replaces workers that died
                continue
            if future in self.running:
                self._finish(future)

    def node(self, key: Key) -> Node:
        """The stage."""
        return self.versions[key[0]].plan.nodes[key[1]]

    def label(self, key: Key) -> str:
        """The stage's name on the screen."""
        label = self.versions[key[0]].label
        return f"{label}: {key[1]}" if label else key[1]

    def _start(self, key: Key, threads: dict[str, int]) -> None:
        job = self._job(key, threads)
        # Versions have stages in common; the first one that comes to a stage runs it for all.
        mark = fingerprint(job, self.node(key), self.versions[key[0]].blobs)
        if mark in self.finished:
            self._done(key, self.finished[mark], shared=True)
            return
        if mark in self.sharing:
            self.sharing[mark].append(key)
            return
        self.sharing[mark] = [key]
        tries = self.tries[key] = self.tries.get(key, 0) + 1
        future = self.client.submit(
            cluster.ByValue(worker.run_stage), self.setup.name, job, pure=False,
            # Two versions may have the same label, and Dask keeps what it knows by a key.
            key=f"{self.setup.name}-{key[0]}-{self.label(key)}-{tries}",
            priority=self.schedule.path[key],
        )  # fmt: skip
        self.running[future] = (key, mark)
        future.add_done_callback(self.events.put)

    def _job(self, key: Key, threads: dict[str, int]) -> Json:
        version, node = self.versions[key[0]], self.node(key)
        nodes, done = version.plan.nodes, self.locks[version.label]
        locks = {other: done.get(other) or nodes[other].lock or {} for other in node.upstream}
        outs = [out for name in (key[1], *node.upstream) for out in nodes[name].outs]
        folders = sorted({str(Path(out).parent) for out in outs})
        return {
            "node": self.label(key),
            "snapshot": version.snapshot,
            "threads": threads,
            "stage": {"file": node.file, "name": node.name},
            "lock": node.lock,
            "upstream": [
                {"file": nodes[o].file, "name": nodes[o].name,
                 "lock": {"outs": lock.get("outs", [])}}
                for o, lock in locks.items()
            ],
            "remote": self.setup.remote,
            "folders": {name: version.plan.contents.folders[name] for name in folders},
            "cacheable": node.cacheable,
            "removed": sorted(version.removed),
            "files": dict(version.files),
            "asked": list(version.asked),
        }  # fmt: skip

    def _finish(self, future: Any) -> None:
        key, mark = self.running.pop(future)
        keys = self.sharing.pop(mark)
        result = self._result(future, key)
        if "lost" in result and self.tries[key] < TRIES:
            self.progress.say(f"{self.label(key)}: {result['lost']}; it is run again")
            for one in keys:
                self._start(one, cluster.threads_by_host(self.client))
            return
        if "lock" in result:
            self.finished[mark] = result
        for number, one in enumerate(keys):
            if "lock" in result:
                self._done(one, result, shared=number > 0)
                continue
            lost = [self.label(other) for other in self.schedule.failed(one)]
            if self.source:  # no `dvc repro` follows, and the source says what it makes of it
                why = result.get("failed") or result.get("problem") or result["lost"]
                log = result.get("log", "").strip() if "failed" in result else ""
                self.progress.dropped(self.label(one), len(lost))
                final = "failed" in result and exit_status(why) == os.EX_DATAERR
                self._ended(one, 1 + len(lost), log or why, final)
            elif "failed" in result:
                log = f"as {self.label(key)}" if number else result["log"]
                final = exit_status(result["failed"]) == os.EX_DATAERR  # its inputs are wrong
                if final:
                    self.versions[one[0]].refused.add(one[1])
                self.progress.failed(self.label(one), result["failed"], log, lost, final=final)
            else:
                why = result.get("problem") or result["lost"]
                self.progress.deferred(self.label(one), why, lost)

    def _result(self, future: Any, key: Key) -> Json:
        """What the worker returned, or a problem where it died too often."""
        if future.status == "error":
            return {"problem": f"{type(future.exception()).__name__}: {future.exception()}"[:500]}
        if future.status != "finished":
            raise RunError("the Dask scheduler is gone")
        result: Json = future.result()
        where = self.progress.running.get(self.label(key), ("",))[0]
        if "refused" in result:
            raise RunError(
                f"worker {where} cannot use {result['refused']}; its environment needs the "
                "remote's keys and DVC's extra for it"
            )
        if "mismatch" in result:
            different = result["mismatch"]
            raise RunError(f"worker {where} has other versions than this machine: {different}")
        return result

    def _done(self, key: Key, result: Json, *, shared: bool) -> None:
        version = self.versions[key[0]]
        self.locks[version.label][key[1]] = result["lock"]
        version.removed.update(result["removed"])
        version.texts.update(result["texts"])
        how = "shared" if shared else "restored" if result["restored"] else "done"
        took = self.progress.running.get(self.label(key))
        if how == "done" and took:
            self.seconds[key[1]] = round(time.monotonic() - took[1], 1)
        self.progress.done(self.label(key), how, result["log"] if how == "done" else "")
        if self.fetch and not shared:
            self.fetch.get(self.node(key), result["lock"])
        self.schedule.done(key)
        self._ended(key, 1)

    def _on_event(self, event: tuple[float, Json]) -> None:
        self.progress.started(event[1]["node"], event[1]["where"])
