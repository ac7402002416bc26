"""This end of the DVC remote that data go through to workers on other machines."""

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from secateur import files
from secateur.parallel import runner
from secateur.parallel.errors import RunError
from secateur.parallel.pipeline import Node, Plan

Json = dict[str, Any]


def find_remote(project: Path, name: str | None) -> Json:
    """The DVC remote that data go through.

    Raises:
        RunError: there is none, or it cannot be used.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    with Repo(str(project)) as repo:
        chosen = name or repo.config["core"].get("remote")
        if not chosen:
            raise RunError(
                "workers on other machines get data through a DVC remote, and there is no default "
                "one: `dvc remote add --default NAME URL`, or --remote NAME"
            )
        if chosen not in repo.config["remote"]:
            known = ", ".join(repo.config["remote"]) or "none"
            raise RunError(f"--remote {chosen}: DVC has no such remote; known: {known}")
        try:
            repo.cloud.get_remote_odb(chosen, "push")
        except DvcException as error:
            raise RunError(f"remote {chosen}: {error}") from None
        url = repo.config["remote"][chosen]["url"]
    return {"name": chosen, "url": url, "waits": list(runner.WAITS)}


def push_what_is_known(plans: Sequence[Plan], remote: Json) -> None:
    """Outputs that are up to date here, and that stages which run elsewhere read."""
    from dvc.repo import Repo

    with Repo(str(plans[0].project)) as repo:
        stages = runner.Stages(repo)
        wanted = {}
        for plan in plans:
            for name in plan.to_run():
                wanted.update({other: plan.nodes[other] for other in plan.nodes[name].upstream
                               if plan.nodes[other].state == "unchanged"})  # fmt: skip
        entries = [{"file": n.file, "name": n.name, "lock": n.lock} for n in wanted.values()]
        try:
            runner.push(repo, [stages.filled(entry) for entry in entries], remote)
        except Exception as error:
            raise RunError(f"remote {remote['name']}: {error}") from None


class Fetch:
    """Brings what workers pushed to the remote into this machine's cache, beside the run."""

    def __init__(self, project: Path, remote: Json) -> None:
        self.project, self.remote = project, remote
        self.pool = ThreadPoolExecutor(max_workers=1)
        self.waiting: list[tuple[str, Future[None]]] = []

    def get(self, node: Node, lock: Json) -> None:
        """In time; `finish` waits for it."""
        future = self.pool.submit(self._get, node, lock)
        self.waiting.append((f"{node.file}:{node.name}", future))

    def finish(self) -> list[str]:
        """Wait for all; what could not be had, and why: `dvc repro` then runs those stages."""
        faults = []
        for name, future in self.waiting:
            error = future.exception()
            if error:
                faults.append(f"{name}: {error}")
        self.pool.shutdown()
        return faults

    def stop(self) -> None:
        """Wait for nothing."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _get(self, node: Node, lock: Json) -> None:
        from dvc.logger import set_loggers_level
        from dvc.repo import Repo
        from dvc.utils.serialize import dump_yaml

        # Without DVC's progress bars, which the live view would have to share the terminal with.
        with set_loggers_level(logging.CRITICAL), Repo(str(self.project)) as repo:
            stage = runner.Stages(repo).filled({"file": node.file, "name": node.name, "lock": lock})
            for out in stage.outs:
                out.use_cache = True  # a metric's bytes, which DVC keeps with its run
            runner.pull(repo, stage.outs, self.remote)
            if not node.cacheable:
                return
            path = Path(repo.stage_cache.cache_dir, *runner.run_cache_path(lock))
            with files.replacing(path) as partial:
                dump_yaml(str(partial), lock)
