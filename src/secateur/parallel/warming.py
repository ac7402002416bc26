"""Have workers run stages, each once those before it are done, so that DVC's run cache has them."""

import queue
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Client

from secateur.parallel import cluster, worker
from secateur.parallel.errors import RunError
from secateur.parallel.pipeline import Node
from secateur.parallel.remote import Fetch
from secateur.parallel.schedule import Schedule
from secateur.parallel.variant import Variant, fingerprint
from secateur.parallel.view import View

Json = dict[str, Any]
Key = tuple[int, str]  # of a variant, and of a stage in it
TRIES = 3  # of a stage whose process was killed


@dataclass
class Warming:
    """A run of `warm`; what it has found out."""

    client: Client
    session: worker.Session
    variants: Sequence[Variant]
    view: View
    fetch: Fetch | None
    seconds: dict[str, float]  # that each stage took, as known from earlier runs, by address
    locks: dict[str, dict[str, Json]]  # of what is done, by variant and stage

    def __post_init__(self) -> None:
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.running: dict[Any, tuple[Key, str]] = {}
        self.tries: dict[Key, int] = {}
        self.prints: dict[str, list[Key]] = {}  # what runs, and who else waits for it
        self.finished: dict[str, Json] = {}
        upstream: dict[Key, list[Key]] = {}
        known: dict[Key, float] = {}
        for number, variant in enumerate(self.variants):
            for name in variant.plan.to_run():
                node = variant.plan.nodes[name]
                jobs = [o for o in node.upstream if variant.plan.nodes[o].state == "run"]
                upstream[number, name] = [(number, other) for other in jobs]
                if name in self.seconds:
                    known[number, name] = self.seconds[name]
        self.schedule = Schedule(upstream, known)

    def run(self) -> None:
        """Until nothing is left that can run.

        Raises:
            RunError: the scheduler is gone, or a worker's environment is another one.
        """
        self.client.subscribe_topic(self.session.name, self._on_event)
        threads = cluster.threads_by_host(self.client)
        while True:
            # A stage that waits for a slot here can still be overtaken by a more urgent one.
            while len(self.running) < sum(threads.values()):
                key = self.schedule.next()
                if key is None:
                    break
                self._start(key, threads)
            if not self.running and (threads or not self.schedule.ready):
                return
            self.view.note = "" if threads else "waiting for workers"
            try:
                future = self.events.get(timeout=1)
            except queue.Empty:
                if self.client.status != "running":
                    raise RunError("the Dask scheduler is gone") from None
                threads = cluster.threads_by_host(self.client)
                if self.session.jobs and sum(threads.values()) < self.session.jobs:
                    self.client.cluster.scale(self.session.jobs)  # whoever did not come back
                continue
            if future in self.running:
                self._finish(future)

    def node(self, key: Key) -> Node:
        """The stage."""
        return self.variants[key[0]].plan.nodes[key[1]]

    def label(self, key: Key) -> str:
        """How it is called on the screen."""
        label = self.variants[key[0]].label
        return f"{label}: {key[1]}" if label else key[1]

    def _start(self, key: Key, threads: dict[str, int]) -> None:
        job = self._job(key, threads)
        # Variants have stages in common; whoever comes first runs one for all.
        found = fingerprint(job, self.node(key), self.variants[key[0]].blobs)
        if found in self.finished:
            self._done(key, self.finished[found], twin=True)
            return
        if found in self.prints:
            self.prints[found].append(key)
            return
        self.prints[found] = [key]
        tries = self.tries[key] = self.tries.get(key, 0) + 1
        future = self.client.submit(
            cluster.ByValue(worker.run_stage), self.session.name, job, pure=False,
            key=f"{self.session.name}-{self.label(key)}-{tries}",
            priority=self.schedule.path[key],
        )  # fmt: skip
        self.running[future] = (key, found)
        future.add_done_callback(self.events.put)

    def _job(self, key: Key, threads: dict[str, int]) -> Json:
        variant, node = self.variants[key[0]], self.node(key)
        nodes = variant.plan.nodes
        done = self.locks[variant.label]
        upstream = [(other, done.get(other) or nodes[other].lock or {}) for other in node.upstream]
        outs = [out for name in (key[1], *node.upstream) for out in nodes[name].outs]
        folders = sorted({str(Path(out).parent) for out in outs})
        return {
            "node": self.label(key),
            "snapshot": variant.snapshot,
            "threads": threads,
            "stage": {"file": node.file, "name": node.name},
            "lock": node.lock,
            "upstream": [
                {
                    "file": nodes[o].file,
                    "name": nodes[o].name,
                    "lock": {"outs": lock.get("outs", [])},
                }
                for o, lock in upstream
            ],
            "remote": self.session.remote,
            "folders": {name: variant.plan.needs.folders[name] for name in folders},
            "cacheable": node.cacheable,
        }

    def _finish(self, future: Any) -> None:
        key, found = self.running.pop(future)
        twins = self.prints.pop(found)
        if future.status == "finished":
            result = future.result()
        elif future.status == "error":  # workers that die again and again, above all
            result = {"problem": f"{type(future.exception()).__name__}: {future.exception()}"[:500]}
        else:
            raise RunError("the Dask scheduler is gone")
        if "mismatch" in result:
            where = self.view.running.get(self.label(key), ("",))[0]
            raise RunError(f"worker {where} has other versions than this machine: "
                           + result["mismatch"])  # fmt: skip
        if "lost" in result and self.tries[key] < TRIES:
            self.view.say(f"{self.label(key)}: {result['lost']}; it is run again")
            for twin in twins:
                self._start(twin, cluster.threads_by_host(self.client))
            return
        if "lock" in result:
            self.finished[found] = result
        for number, twin in enumerate(twins):
            if "lock" in result:
                self._done(twin, result, twin=number > 0)
            elif "failed" in result:
                lost = [self.label(other) for other in self.schedule.failed(twin)]
                log = f"as {self.label(key)}" if number else result["log"]
                self.view.failed(self.label(twin), result["failed"], log, lost)
            else:
                self._left(twin, result.get("problem") or result["lost"])

    def _done(self, key: Key, result: Json, *, twin: bool) -> None:
        self.locks[self.variants[key[0]].label][key[1]] = result["lock"]
        how = "shared" if twin else "restored" if result["restored"] else "done"
        took = self.view.running.get(self.label(key))
        if how == "done" and took:
            self.seconds[key[1]] = round(time.monotonic() - took[1], 1)
        self.view.done(self.label(key), how, result["log"] if how == "done" else "")
        if self.fetch and not twin:
            self.fetch.get(self.node(key), result["lock"])
        self.schedule.done(key)

    def _left(self, key: Key, why: str) -> None:
        lost = [self.label(other) for other in self.schedule.failed(key)]
        self.view.left(self.label(key), why, lost)

    def _on_event(self, event: tuple[float, Json]) -> None:
        self.view.started(event[1]["node"], event[1]["where"])
