"""Has DVC make an experiment of each parameter set whose stages are done, several at once.

All results are in the cache by then. What remains of `dvc exp run` is to open the project, compare
hashes and commit: half a second, and as much again for a process that imports DVC anew.
"""

import contextlib
import pickle
import queue
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import dvc_internals as internals
from dvc_parallel.clone import Clone, start_runner
from dvc_parallel.cluster_run import scripts
from dvc_parallel.git import clean_environment, git, succeeds
from dvc_parallel.sweep_clone import Experiment, SweepClone
from dvc_parallel.version import PipelineVersion

Json = dict[str, Any]
Result = tuple[Experiment, PipelineVersion, dict[str, Json]]  # and the entries of what is done


def save(
    first: SweepClone, folder: Path, results: Sequence[Result], targets: Sequence[str], jobs: int
) -> int:
    """Make the experiments in the workspace's repository; print how it went, and count them.

    `first` is the clone that made the snapshots; `folder` is for further ones. `jobs` is how many
    run at once.
    """
    savers: queue.SimpleQueue[Saver] = queue.SimpleQueue()

    def one(result: Result) -> str | None:
        saver = savers.get()
        try:
            return saver.save(result)
        finally:
            savers.put(saver)

    saved = 0
    with contextlib.ExitStack() as stack:
        pool = ThreadPoolExecutor(jobs)
        # An interruption ends the runners first, and so the threads that wait for them.
        stack.callback(pool.shutdown, cancel_futures=True)
        for number in range(min(jobs, len(results))):
            saver = Saver(first, folder / f"save-{number}", targets)
            savers.put(stack.enter_context(saver))
        for (experiment, _, _), fault in zip(results, pool.map(one, results), strict=True):
            if fault:
                print(fault, file=sys.stderr, flush=True)
                continue
            print(f"{experiment.name}: {experiment.values()}", flush=True)
            saved += 1
    return saved


class Saver:
    """A clone in which DVC makes experiments, one after the other; its process ends with a block.

    `first` is the clone that made the snapshots.
    """

    def __init__(self, first: SweepClone, folder: Path, targets: Sequence[str]) -> None:
        self.first, self.targets = first, list(targets)
        self.clone = SweepClone.make(first.plan, first.origin, folder, first.store)
        texts = {**scripts(), "preload": "\n".join(internals.PRELOAD_EXPERIMENTS)}
        project = self.clone.counterpart(self.clone.plan.project)
        process = start_runner(folder, project, texts, [], clean_environment())
        self.runner = Clone(folder, "", process)

    def __enter__(self) -> "Saver":
        return self

    def __exit__(self, *_: object) -> None:
        self.runner.discard()

    def save(self, result: Result) -> str | None:
        """Make an experiment in the workspace's repository; return what went wrong, if it did."""
        experiment, version, locks = result
        clone, top = self.clone, self.clone.store.top
        clone.check_out(version.snapshot, version.files)
        if succeeds("-C", str(top), "rev-parse", "--verify", "-q", experiment.ref):
            git("-C", str(top), "update-ref", "-d", experiment.ref)  # DVC would refuse its name
        plan = replace(version.plan, project=clone.counterpart(clone.plan.project))
        removed = [top / name for name in version.removed]
        answer = self.runner.run(
            {
                "experiment": experiment.name,
                "targets": self.targets,
                "cwd": str(clone.counterpart(Path.cwd())),
                "packages": str(Path(__file__).parents[1]),
                "results": pickle.dumps((plan, locks, removed)),
            }
        )
        if "saved" not in answer:
            why = answer.get("failed") or answer["lost"]
            return f"{experiment.name}: failed\n{why}\n{answer.get('log', '')}".strip()
        ref = f"+{experiment.ref}:{experiment.ref}"
        git("-C", str(self.first.origin.top), "fetch", "--quiet", str(top), ref)
        return None
