"""The DVC remote between this machine and workers on other machines."""

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dvc_internals as internals
from dvc_parallel import runner
from dvc_parallel.errors import RunError, one_line
from dvc_parallel.plan import Node, Plan

Json = dict[str, Any]
PATIENCE = 60.0  # seconds; DVC itself waits half an hour for a silent SSH server


def find_remote(project: Path, name: str | None) -> Json:
    """The remote of this name, or the default one.

    Raises:
        RunError: there is none, it cannot be used, or it does not answer.
    """
    with internals.open_repo(project) as repo:
        remotes = internals.remote_urls(repo)
        chosen = name or internals.default_remote(repo)
        if not chosen:
            raise RunError(
                "workers on other machines get data through a DVC remote, and there is no default "
                "one: `dvc remote add --default NAME URL`, or --remote NAME"
            )
        if chosen not in remotes:
            known = ", ".join(remotes) or "none"
            raise RunError(f"--remote {chosen}: DVC has no such remote; known: {known}")
        try:
            internals.check_remote(repo, chosen)
        except internals.DvcException as error:
            raise RunError(f"remote {chosen}: {one_line(error)}") from None
    _reach(project, chosen)
    return {"name": chosen, "url": remotes[chosen], "waits": list(runner.WAITS)}


def _reach(project: Path, name: str) -> None:
    """Have the remote answer before a run that could not do without it.

    Raises:
        RunError: it does not answer in time, or refuses this machine.
    """
    errors: list[Exception] = []

    def ask() -> None:
        try:
            with internals.open_repo(project) as repo:
                internals.reach_remote(repo, name)
        except Exception as error:
            errors.append(error)

    # What hangs in a library can only be left behind.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if thread.is_alive():
        raise RunError(f"remote {name} cannot be reached: silent for {PATIENCE:g} s")
    for error in errors:
        why = one_line(error) or type(error).__name__
        raise RunError(f"remote {name} cannot be reached: {why}")


def push_known_outputs(plans: Sequence[Plan], remote: Json) -> None:
    """Push outputs that are up to date here and that stages on workers read.

    Raises:
        RunError: they cannot be pushed.
    """
    wanted: dict[str, Node] = {}
    for plan in plans:
        for name in plan.to_run():
            nodes = {other: plan.nodes[other] for other in plan.nodes[name].upstream}
            wanted.update({n: node for n, node in nodes.items() if node.state == "unchanged"})
    with internals.open_repo(plans[0].project) as repo:
        files = internals.StageFiles(repo)
        try:
            stages = [files.filled(n.file, n.name, n.lock or {}) for n in wanted.values()]
            runner.push(repo, stages, remote)
        except Exception as error:
            raise RunError(f"remote {remote['name']}: {error}") from None


class Fetch:
    """Brings what workers pushed into this machine's cache while the run goes on."""

    def __init__(self, project: Path, remote: Json) -> None:
        self.project, self.remote = project, remote
        self.pool = ThreadPoolExecutor(max_workers=1)
        self.waiting: list[tuple[str, Future[None]]] = []

    def get(self, node: Node, lock: Json) -> None:
        """Fetch a stage's outputs later; `finish` waits for it."""
        future = self.pool.submit(self._get, node, lock)
        self.waiting.append((f"{node.file}:{node.name}", future))

    def finish(self) -> list[str]:
        """Wait for all; return which stages' outputs could not be fetched, and why."""
        faults = []
        for name, future in self.waiting:
            error = future.exception()
            if error:
                faults.append(f"{name}: {error}")
        self.pool.shutdown()
        return faults

    def stop(self) -> None:
        """Fetch nothing more."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _get(self, node: Node, lock: Json) -> None:
        # Without DVC's progress bars: this run's table uses the terminal.
        with internals.log_level(logging.CRITICAL), internals.open_repo(self.project) as repo:
            stage = internals.StageFiles(repo).filled(node.file, node.name, lock)
            # DVC keeps the bytes of a metric, too, with the run.
            runner.pull(repo, internals.outputs_to_cache(stage), self.remote)
            if node.cacheable:
                internals.write_run(repo, lock)
