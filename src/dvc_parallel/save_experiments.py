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
from dvc_parallel.git import clean_environment, git
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
    savers: queue.SimpleQueue[tuple[SweepClone, Clone]] = queue.SimpleQueue()

    def one(result: Result) -> tuple[Path, str | None]:
        clone, runner = saver = savers.get()
        try:
            return clone.store.top, _save(clone, runner, result, targets)
        finally:
            savers.put(saver)

    saved = 0
    with contextlib.ExitStack() as stack:
        pool = ThreadPoolExecutor(jobs)
        # An interruption ends the runners first, and so the threads that wait for them.
        stack.callback(pool.shutdown, cancel_futures=True)
        for number in range(min(jobs, len(results))):
            own = folder / f"save-{number}"
            clone = SweepClone.make(first.plan, first.origin, own, first.store)
            runner = _start(clone, own)
            stack.callback(runner.discard)
            savers.put((clone, runner))
        for (experiment, _, _), (top, fault) in zip(results, pool.map(one, results), strict=True):
            if fault:
                print(f"{experiment.name}: failed\n{fault}", file=sys.stderr, flush=True)
                continue
            ref = f"+{experiment.ref}:{experiment.ref}"
            git("-C", str(first.origin.top), "fetch", "--quiet", str(top), ref)
            print(f"{experiment.name}: {experiment.values()}", flush=True)
            saved += 1
    return saved


def _start(clone: SweepClone, folder: Path) -> Clone:
    texts = {**scripts(), "preload": "\n".join(internals.PRELOAD_EXPERIMENTS)}
    project = clone.counterpart(clone.plan.project)
    return Clone(folder, "", start_runner(folder, project, texts, [], clean_environment()))


def _save(clone: SweepClone, runner: Clone, result: Result, targets: Sequence[str]) -> str | None:
    experiment, version, locks = result
    clone.check_out(version.snapshot)
    plan = replace(version.plan, project=clone.counterpart(clone.plan.project))
    removed = [clone.store.top / name for name in version.removed]
    answer = runner.run(
        {
            "experiment": experiment.name,
            "targets": list(targets),
            "cwd": str(clone.counterpart(Path.cwd())),
            "packages": str(Path(__file__).parents[1]),
            "results": pickle.dumps((plan, locks, removed)),
        }
    )
    if "saved" in answer:
        return None
    return f"{answer.get('failed') or answer['lost']}\n{answer.get('log', '')}".strip()
